//! Scopes (RFC 6749 section 3.3) and the rule that decides what a grant may do.
//!
//! Which scope a tool needs, and what a role may have, is decided elsewhere; here are only the sets.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The most scopes that one set may have.
pub const MOST_SCOPES: usize = 100;
/// The longest single scope, in bytes.
pub const LONGEST_SCOPE: usize = 256;

/// A set of scope tokens, kept in alphabetical order so that equal sets are written alike.
///
/// Written and read by serde as the space-separated text of the protocol.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ScopeSet(BTreeSet<String>);

impl ScopeSet {
    /// No scope at all.
    #[must_use]
    pub const fn empty() -> Self {
        Self(BTreeSet::new())
    }

    /// Reads scope tokens separated by spaces. Repeated and surrounding spaces are accepted, since clients send them.
    pub fn parse(text: &str) -> Result<Self, InvalidScope> {
        Self::from_tokens(text.split(' ').filter(|token| !token.is_empty()))
    }

    /// Builds a set from single scope tokens, as configuration lists them.
    pub fn from_tokens<'a>(tokens: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidScope> {
        let mut scopes = BTreeSet::new();
        for token in tokens {
            check_token(token)?;
            scopes.insert(token.to_owned());
            if scopes.len() > MOST_SCOPES {
                return Err(InvalidScope::TooMany);
            }
        }
        Ok(Self(scopes))
    }

    /// Whether the set has no scope.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the set has this scope.
    #[must_use]
    pub fn contains(&self, scope: &str) -> bool {
        self.0.contains(scope)
    }

    /// The scopes in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// What both sets have.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self(self.0.intersection(&other.0).cloned().collect())
    }

    /// What either set has.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0).cloned().collect())
    }

    /// What this set has and `other` lacks: the scopes that a challenge asks for.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        Self(self.0.difference(&other.0).cloned().collect())
    }

    /// Whether `other` has every scope of this set.
    #[must_use]
    pub fn is_subset_of(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }
}

/// What the three parties to a grant allow, from which its scopes follow.
#[derive(Clone, Copy, Debug)]
pub struct ScopeRequest<'a> {
    /// What the client may have at most.
    pub client: &'a ScopeSet,
    /// What the client asked for; `None` if the request had no `scope` or an empty one.
    pub asked: Option<&'a ScopeSet>,
    /// What the user may have at most.
    pub user: &'a ScopeSet,
    /// What a request without `scope` means.
    pub default: &'a ScopeSet,
}

impl ScopeRequest<'_> {
    /// The scopes of the grant: never more than any of the three allows.
    #[must_use]
    pub fn effective(&self) -> ScopeSet {
        let asked = self
            .asked
            .filter(|asked| !asked.is_empty())
            .unwrap_or(self.default);
        asked.intersection(self.client).intersection(self.user)
    }
}

/// The text is no scope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidScope {
    /// A character that a scope cannot have.
    #[error(
        "a scope contains a character that is not allowed; accepted are printable ASCII characters except space, quotation mark and backslash"
    )]
    IllegalCharacter,
    /// One scope token is empty or too long.
    #[error("a scope must have 1 to {LONGEST_SCOPE} characters")]
    WrongLength,
    /// More than [`MOST_SCOPES`] scopes.
    #[error("there are more than {MOST_SCOPES} scopes")]
    TooMany,
}

fn check_token(token: &str) -> Result<(), InvalidScope> {
    if token.is_empty() || token.len() > LONGEST_SCOPE {
        return Err(InvalidScope::WrongLength);
    }
    let is_allowed = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    if token.bytes().all(is_allowed) {
        Ok(())
    } else {
        Err(InvalidScope::IllegalCharacter)
    }
}

impl fmt::Display for ScopeSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, scope) in self.iter().enumerate() {
            if position > 0 {
                formatter.write_str(" ")?;
            }
            formatter.write_str(scope)?;
        }
        Ok(())
    }
}

impl From<ScopeSet> for String {
    fn from(scopes: ScopeSet) -> Self {
        scopes.to_string()
    }
}

impl TryFrom<String> for ScopeSet {
    type Error = InvalidScope;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn scopes(text: &str) -> ScopeSet {
        ScopeSet::parse(text).unwrap()
    }

    #[test]
    fn order_and_repetition_do_not_matter() {
        assert_eq!(
            scopes(" mcp:write  mcp:read mcp:read "),
            scopes("mcp:read mcp:write")
        );
        assert_eq!(scopes("mcp:write mcp:read").to_string(), "mcp:read mcp:write");
        assert_eq!(scopes(""), ScopeSet::empty());
    }

    #[test]
    fn refuses_what_the_grammar_forbids() {
        for text in [
            "mcp:\"read\"",
            "a\\b",
            "tab\there",
            "caf\u{e9}",
            "line\nbreak",
            "\u{7f}",
        ] {
            assert_eq!(
                ScopeSet::parse(text),
                Err(InvalidScope::IllegalCharacter),
                "{text:?}"
            );
        }
        assert_eq!(
            ScopeSet::parse(&"a".repeat(LONGEST_SCOPE + 1)),
            Err(InvalidScope::WrongLength)
        );
        assert_eq!(ScopeSet::from_tokens([""]), Err(InvalidScope::WrongLength));
        let many: Vec<_> = (0..=MOST_SCOPES).map(|number| number.to_string()).collect();
        assert_eq!(
            ScopeSet::from_tokens(many.iter().map(String::as_str)),
            Err(InvalidScope::TooMany)
        );
    }

    #[test]
    fn a_grant_gets_what_all_three_allow() {
        let (client, user) = (
            scopes("mcp:access mcp:read"),
            scopes("mcp:access mcp:read mcp:write"),
        );
        let default = scopes("mcp:access");
        let effective = |asked: Option<&ScopeSet>| {
            ScopeRequest {
                client: &client,
                asked,
                user: &user,
                default: &default,
            }
            .effective()
        };
        assert_eq!(
            effective(Some(&scopes("mcp:read mcp:write mcp:admin"))),
            scopes("mcp:read")
        );
        assert_eq!(effective(None), scopes("mcp:access"));
        assert_eq!(effective(Some(&ScopeSet::empty())), scopes("mcp:access"));
        assert_eq!(effective(Some(&scopes("mcp:admin"))), ScopeSet::empty());
    }

    #[test]
    fn the_default_never_widens_what_the_user_may() {
        let (client, user) = (scopes("mcp:access mcp:read"), scopes("mcp:read"));
        let default = scopes("mcp:access mcp:read");
        let request = ScopeRequest {
            client: &client,
            asked: None,
            user: &user,
            default: &default,
        };
        assert_eq!(request.effective(), scopes("mcp:read"));
    }

    #[test]
    fn what_is_missing_can_be_named() {
        assert_eq!(scopes("a b c").difference(&scopes("b")), scopes("a c"));
        assert_eq!(scopes("a").union(&scopes("b")), scopes("a b"));
    }

    fn any_scopes() -> impl Strategy<Value = ScopeSet> {
        proptest::collection::btree_set("[a-d]", 0..4).prop_map(ScopeSet)
    }

    proptest! {
        #[test]
        fn text_round_trips(tokens in proptest::collection::btree_set("[!#-\\[\\]-~]{1,12}", 0..8)) {
            let set = ScopeSet::from_tokens(tokens.iter().map(String::as_str)).unwrap();
            prop_assert_eq!(ScopeSet::parse(&set.to_string()), Ok(set));
        }

        #[test]
        fn effective_scopes_never_exceed_any_party(
            client in any_scopes(), asked in any_scopes(), user in any_scopes(), default in any_scopes(), absent in any::<bool>(),
        ) {
            let asked = (!absent).then_some(&asked);
            let effective = ScopeRequest { client: &client, asked, user: &user, default: &default }.effective();
            prop_assert!(effective.is_subset_of(&client));
            prop_assert!(effective.is_subset_of(&user));
            let meant = asked.filter(|asked| !asked.is_empty()).unwrap_or(&default);
            prop_assert!(effective.is_subset_of(meant));
            for scope in meant.iter() {
                prop_assert_eq!(effective.contains(scope), client.contains(scope) && user.contains(scope));
            }
        }
    }
}
