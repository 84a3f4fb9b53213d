//! Names that model providers understand the same way everywhere.

use crate::endpoints::model::{TypeDefinition, TypeKind};
use crate::yaml::Problems;

/// Warns of property names that providers refuse: 1 to 64 letters, digits, `_`, `.` and `-` are accepted everywhere.
pub(crate) fn check_names(definition: &TypeDefinition, problems: &mut Problems) {
    match &definition.kind {
        TypeKind::Object(rules) => {
            for (name, property) in &rules.properties {
                if !is_portable_name(name) {
                    let message = "some model providers refuse this name; \
                                   1 to 64 letters, digits, _, . and - are accepted everywhere";
                    problems.warning(property.location.clone(), property.path.clone(), message);
                }
                check_names(property, problems);
            }
        }
        TypeKind::Array(rules) => {
            if let Some(items) = &rules.items {
                check_names(items, problems);
            }
        }
        TypeKind::String(_) | TypeKind::Number(_) | TypeKind::Integer(_) | TypeKind::Boolean => {}
    }
}

fn is_portable_name(name: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    (1..=64).contains(&name.len()) && name.bytes().all(is_allowed)
}
