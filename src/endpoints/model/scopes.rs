//! `scopes`: what a caller's token must have been granted.

use mxcp_actors::domain::scope::ScopeSet;

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
pub(super) fn read(mut item: Item<'_>) -> Option<ScopeSet> {
    let scopes = item.again().one_or_many::<Scope>()?;
    match ScopeSet::from_tokens(scopes.iter().map(|scope| scope.0.as_str())) {
        Ok(scopes) => Some(scopes),
        Err(error) => item.refuse(error.to_string()),
    }
}
