//! The keys that the providers' blocks have in common.

use std::collections::BTreeMap;

use crate::config::Secret;
use crate::yaml::{Fields, Item};

/// Claim path → claim value → the capabilities that it grants.
pub type ClaimMappings = BTreeMap<String, BTreeMap<String, Vec<String>>>;

/// What this server is to a provider: an OAuth client of its own.
#[derive(Clone, Debug)]
pub struct UpstreamClient {
    /// The client id that the provider issued.
    pub client_id: String,
    /// The client secret that the provider issued.
    pub client_secret: Secret,
    /// The scopes to ask for, separated by spaces.
    pub scope: String,
    /// The path that the provider sends browsers back to.
    pub callback_path: String,
    /// What the user's claims grant.
    pub claim_mappings: ClaimMappings,
}

impl UpstreamClient {
    /// Reads the keys that every provider's block has. `scope` without a default is required.
    pub(super) fn read(
        fields: &mut Fields<'_>,
        default_callback: &str,
        default_scope: Option<&str>,
    ) -> Option<Self> {
        let client_id = fields.required_string("client_id");
        let client_secret = fields.required("client_secret");
        let scope = match default_scope {
            Some(default) => Some(
                fields
                    .optional_string("scope")
                    .unwrap_or_else(|| default.to_owned()),
            ),
            None => fields.required_string("scope"),
        };
        let path = fields.optional_with("callback_path", callback_path);
        let claim_mappings = fields.optional("claim_mappings");
        Some(Self {
            client_id: client_id?,
            client_secret: client_secret?,
            scope: scope?,
            callback_path: path.unwrap_or_else(|| default_callback.to_owned()),
            claim_mappings: claim_mappings.unwrap_or_default(),
        })
    }

    /// Whether this scope is among those to ask for.
    pub(super) fn asks_for(&self, scope: &str) -> bool {
        scope_names(&self.scope).any(|name| name == scope)
    }
}

/// The scopes in a list, in the order in which they are written, with spaces or commas between them.
pub fn scope_names(scope: &str) -> impl Iterator<Item = &str> {
    let names = scope.split(|c: char| c == ',' || c.is_whitespace());
    names.filter(|name| !name.is_empty())
}

/// A path on this server.
pub(super) fn callback_path(mut item: Item<'_>) -> Option<String> {
    let path = item.again().non_empty_string()?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/-._~".contains(c);
    let is_path = path.starts_with('/') && path.len() > 1 && !path.contains("//") && !path.contains("/.");
    if is_path && path.chars().all(is_plain) {
        return Some(path);
    }
    item.refuse("expected a path on this server such as /github/callback: a slash, then letters, digits, - . _ ~ and /")
}
