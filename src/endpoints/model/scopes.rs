//! `scopes`: what a caller's token must have been granted.

use crate::yaml::{FromYaml, Item};

/// One scope (RFC 6749, section 3.3).
struct Scope(String);

impl FromYaml for Scope {
    fn from_yaml(mut item: Item<'_>) -> Option<Self> {
        let text = item.again().non_empty_string()?;
        let is_allowed = |c: char| matches!(c, '\u{21}' | '\u{23}'..='\u{5B}' | '\u{5D}'..='\u{7E}');
        match text.chars().all(is_allowed) {
            true => Some(Self(text)),
            false => item.refuse(
                "expected one scope: visible ASCII characters without spaces, quotes and backslashes",
            ),
        }
    }
}

/// A list of scopes, or one scope.
pub(super) fn read(item: Item<'_>) -> Option<Vec<String>> {
    let scopes = item.one_or_many::<Scope>()?;
    Some(scopes.into_iter().map(|scope| scope.0).collect())
}
