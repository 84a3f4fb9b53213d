//! `auth.introspection`: the authorization server that is asked about every token (mode introspection).

use std::time::Duration;

use url::Url;

use super::ClaimMappings;
use crate::config::Secret;
use crate::config::values::{seconds, secret_carrying_address};
use crate::yaml::{FromYaml, Item};

pub(super) const SUBJECT: &str = "Introspection configuration";

/// How long an answer is believed unless the configuration says otherwise.
pub(super) const DEFAULT_CACHE: Duration = Duration::from_secs(30);

/// An authorization server that says what its tokens are worth (RFC 7662).
#[derive(Clone, Debug)]
pub struct Introspection {
    /// Its identifier, which clients are told.
    pub issuer: String,
    /// Where it is asked.
    pub endpoint: Url,
    /// This server's client there.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret,
    /// The audience that tokens must have, if it is not the address of this resource.
    pub audience: Option<String>,
    /// How long an answer is believed.
    pub cache_ttl: Duration,
    /// What the user's claims grant.
    pub claim_mappings: ClaimMappings,
}

impl FromYaml for Introspection {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?.named(SUBJECT);
        let issuer = fields.required_with("issuer", secret_carrying_address);
        let endpoint = fields.optional_with("endpoint", secret_carrying_address);
        let client_id = fields.required_string("client_id");
        let client_secret = fields.required("client_secret");
        let audience = fields.optional_with("audience", Item::non_empty_string);
        let cache_ttl = fields.optional_with("cache_ttl", cache_ttl);
        let claim_mappings = fields.optional("claim_mappings").unwrap_or_default();
        fields.finish();
        let issuer = issuer?.as_str().trim_end_matches('/').to_owned();
        let own = || Url::parse(&format!("{issuer}/introspect")).ok();
        Some(Self {
            endpoint: endpoint.or_else(own)?,
            issuer,
            client_id: client_id?,
            client_secret: client_secret?,
            audience,
            cache_ttl: cache_ttl.unwrap_or(DEFAULT_CACHE),
            claim_mappings,
        })
    }
}

/// Whole seconds; 0 asks every time.
pub(super) fn cache_ttl(item: Item<'_>) -> Option<Duration> {
    seconds(item, 0..=3600)
}
