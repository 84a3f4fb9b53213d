//! What a return type marks as sensitive, compiled once.

use std::collections::{BTreeMap, BTreeSet};

use crate::endpoints::model::{TypeDefinition, TypeKind};

/// What of a value of some type is hidden when sensitive parts are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Sensitive {
    /// Nothing.
    #[default]
    Nothing,
    /// The whole value.
    Everything,
    /// Something inside an object.
    Members {
        /// Members with something to hide.
        members: BTreeMap<String, Sensitive>,
        /// The only members that may be shown; `None` shows undeclared ones.
        only: Option<BTreeSet<String>>,
    },
    /// Something inside each element.
    Elements(Box<Sensitive>),
}

impl Sensitive {
    pub(super) fn compile(returns: Option<&TypeDefinition>) -> Self {
        returns.map_or(Self::Nothing, Self::of)
    }

    fn of(definition: &TypeDefinition) -> Self {
        if definition.sensitive {
            return Self::Everything;
        }
        match &definition.kind {
            TypeKind::String(_) | TypeKind::Number(_) | TypeKind::Integer(_) | TypeKind::Boolean => {
                Self::Nothing
            }
            TypeKind::Array(rules) => match Self::compile(rules.items.as_deref()) {
                Self::Nothing => Self::Nothing,
                elements => Self::Elements(Box::new(elements)),
            },
            TypeKind::Object(rules) => {
                let members: BTreeMap<String, Self> = rules
                    .properties
                    .iter()
                    .map(|(name, property)| (name.clone(), Self::of(property)))
                    .filter(|(_, sensitive)| !sensitive.is_nothing())
                    .collect();
                let names = || rules.properties.iter().map(|(name, _)| name.clone()).collect();
                let only = (!rules.additional_properties).then(names);
                match members.is_empty() {
                    true => Self::Nothing,
                    false => Self::Members { members, only },
                }
            }
        }
    }

    pub(super) fn is_nothing(&self) -> bool {
        *self == Self::Nothing
    }

    /// What is hidden in a member of an object; `None` for a member that must not be there.
    pub(super) fn of_member(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Nothing => Some(&Self::Nothing),
            Self::Members { members, only } => match members.get(name) {
                Some(sensitive) => Some(sensitive),
                None if only.as_ref().is_some_and(|only| !only.contains(name)) => None,
                None => Some(&Self::Nothing),
            },
            // No object was declared here.
            Self::Everything | Self::Elements(_) => None,
        }
    }

    /// Columns that are hidden in every row, and whether that is all there is to hide.
    pub(super) fn columns(&self) -> (Vec<&str>, bool) {
        let row = match self {
            Self::Elements(row) => row,
            row => row,
        };
        let Self::Members { members, only } = row else {
            return (Vec::new(), self.is_nothing());
        };
        let hidden: Vec<&str> = members
            .iter()
            .filter(|(_, sensitive)| **sensitive == Self::Everything)
            .map(|(name, _)| name.as_str())
            .collect();
        let is_all = only.is_none() && hidden.len() == members.len();
        (hidden, is_all)
    }
}
