//! What model providers and clients understand the same way everywhere.

use crate::endpoints::model::{TypeDefinition, TypeKind};
use crate::yaml::Problems;

/// A pattern that regular expressions of other languages read the same way. Others are enforced, but not published: a client
/// that cannot compile a pattern refuses the whole tool.
pub(super) fn is_portable_pattern(pattern: &str) -> bool {
    let is_group = |tail: &&str| tail.starts_with(':') || tail.starts_with('<');
    let groups = pattern.split("(?").skip(1).all(|tail| is_group(&tail));
    let has_class =
        pattern.contains("[[:") || pattern.contains("&&") || pattern.contains("--") || pattern.contains("~~");
    let foreign = [
        "\\A", "\\z", "\\p", "\\P", "\\x{", "\\u{", "\\U", "\\a", "\\<", "\\>", "\\b{",
    ];
    groups && !has_class && !foreign.iter().any(|escape| pattern.contains(escape))
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_this_engine_alone_are_recognised() {
        for pattern in [
            "^[A-Z]{2}\\d+$",
            "a|b",
            "(?:a)(?<year>b)",
            "\\bword\\b",
            "\\w+@\\w+",
        ] {
            assert!(is_portable_pattern(pattern), "{pattern}");
        }
        for pattern in [
            "(?i)a",
            "(?P<year>b)",
            "\\Aa\\z",
            "[[:alpha:]]",
            "\\p{L}",
            "[a-z&&[^b]]",
            "\\x{41}",
        ] {
            assert!(!is_portable_pattern(pattern), "{pattern}");
        }
    }
}
