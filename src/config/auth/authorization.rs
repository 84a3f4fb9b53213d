//! `auth.authorization`: what calls need, what those see who may not call, and how often users are asked.

use crate::config::values::scopes;
use crate::yaml::{FromYaml, Item, Located};

/// The section as written.
#[derive(Default)]
pub(super) struct AuthorizationFile {
    pub(super) required_scopes: Option<Located<Vec<String>>>,
    pub(super) hide: Option<Vec<Hidden>>,
    pub(super) remember_consents: Option<bool>,
}

/// Something that callers who may not use it do not see either, whatever the reason is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hidden {
    /// What policies refuse to the caller, whatever the arguments are.
    Denied,
    /// What the caller's token has not the scopes for.
    OutOfScope,
}

impl FromYaml for Hidden {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        item.choice(&[("denied", Self::Denied), ("out_of_scope", Self::OutOfScope)])
    }
}

impl FromYaml for AuthorizationFile {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?;
        let file = Self {
            required_scopes: fields.optional_with("required_scopes", |item| Located::read_with(item, scopes)),
            hide: fields.optional_with("hide", Item::one_or_many),
            remember_consents: fields.optional("remember_consents"),
        };
        fields.finish();
        Some(file)
    }
}
