//! What is left to check of a return type, as a tree that mirrors it. Made by `proof`, used by `verify`.

use serde_json::Value;

use crate::endpoints::model::{NumberRules, StringRules, TypeDefinition, TypeKind};

/// One check. Null passes every check: any column may hold it.
#[derive(Debug, Clone)]
pub(super) struct Check {
    pub(super) kind: CheckKind,
    /// The only values that are accepted.
    pub(super) accepted: Option<Vec<Value>>,
}

#[derive(Debug, Clone)]
pub(super) enum CheckKind {
    Text(StringRules),
    Number(NumberRules),
    Integer(NumberRules),
    Boolean,
    List(ListCheck),
    Object(ObjectCheck),
}

#[derive(Debug, Clone)]
pub(super) struct ListCheck {
    /// `None` if elements need no check.
    pub(super) items: Option<Box<Check>>,
    pub(super) min_items: Option<usize>,
    pub(super) max_items: Option<usize>,
    pub(super) unique: bool,
}

#[derive(Debug, Clone)]
pub(super) struct ObjectCheck {
    /// Checks of those properties that need one.
    pub(super) properties: Vec<(String, Check)>,
    /// Names that must be there.
    pub(super) required: Vec<String>,
    /// The only names that may be there.
    pub(super) only: Option<Vec<String>>,
}

impl Check {
    /// The check of everything that a type says.
    pub(super) fn complete(definition: &TypeDefinition) -> Self {
        let kind = match &definition.kind {
            TypeKind::String(rules) => CheckKind::Text(rules.clone()),
            TypeKind::Number(rules) => CheckKind::Number(rules.clone()),
            TypeKind::Integer(rules) => CheckKind::Integer(rules.clone()),
            TypeKind::Boolean => CheckKind::Boolean,
            TypeKind::Array(rules) => CheckKind::List(ListCheck {
                items: rules
                    .items
                    .as_deref()
                    .map(|items| Box::new(Self::complete(items))),
                min_items: rules.min_items,
                max_items: rules.max_items,
                unique: rules.unique_items,
            }),
            TypeKind::Object(rules) => {
                let names = rules.properties.iter().map(|(name, _)| name.clone());
                CheckKind::Object(ObjectCheck {
                    only: (!rules.additional_properties).then(|| names.collect()),
                    properties: rules
                        .properties
                        .iter()
                        .map(|(name, definition)| (name.clone(), Self::complete(definition)))
                        .collect(),
                    required: rules.required.clone(),
                })
            }
        };
        Self {
            kind,
            accepted: definition
                .accepted
                .as_ref()
                .map(|accepted| accepted.value.clone()),
        }
    }
}
