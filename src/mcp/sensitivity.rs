//! What of a definition's arguments and results nobody may see in the audit: compiled once at load.

use mxcp_actors::audit_logger::redaction::Sensitivity;

use crate::endpoints::model::{Parameter, TypeDefinition, TypeKind};

/// The sensitive parts of one definition.
#[derive(Debug, Clone)]
pub(super) struct EndpointSensitivity {
    /// Of the arguments. What is not declared counts as sensitive: it may be a misspelt secret.
    pub(super) arguments: Sensitivity,
    /// Of the result.
    pub(super) result: Sensitivity,
}

impl EndpointSensitivity {
    pub(super) fn compile(parameters: &[Parameter], returns: Option<&TypeDefinition>) -> Self {
        let named = parameters
            .iter()
            .map(|parameter| (parameter.name.value.clone(), of(&parameter.definition)));
        Self {
            arguments: Sensitivity::Members {
                named: named.collect(),
                others: Box::new(Sensitivity::Sensitive),
            },
            result: returns.map_or(Sensitivity::Open, of),
        }
    }
}

fn of(definition: &TypeDefinition) -> Sensitivity {
    if definition.sensitive {
        return Sensitivity::Sensitive;
    }
    let sensitivity = match &definition.kind {
        TypeKind::Array(rules) => {
            Sensitivity::Items(Box::new(rules.items.as_deref().map_or(Sensitivity::Open, of)))
        }
        TypeKind::Object(rules) => Sensitivity::Members {
            named: rules
                .properties
                .iter()
                .map(|(name, property)| (name.clone(), of(property)))
                .collect(),
            others: Box::new(Sensitivity::Open),
        },
        TypeKind::String(_) | TypeKind::Number(_) | TypeKind::Integer(_) | TypeKind::Boolean => {
            Sensitivity::Open
        }
    };
    match sensitivity.is_open() {
        true => Sensitivity::Open,
        false => sensitivity,
    }
}
