//! `auth.identity_assertions`: the identity providers whose word opens this server without a login here (enterprise-managed
//! authorization). Off unless one is named.

use std::collections::BTreeSet;

use url::Url;

use super::ClaimMappings;
use super::client::{ClientFile, GrantType};
use super::oidc::{discovery_address, provider_name};
use crate::yaml::{FromYaml, Item, Located, Problems};

/// What operators' mistakes are said to be in.
const SUBJECT: &str = "Trusted issuer";

/// An identity provider that may say for whom a client acts.
#[derive(Clone, Debug)]
pub struct TrustedIssuer {
    /// The discovery document, which stands at the issuer's address.
    pub config_url: Url,
    /// The name that user records carry instead of `oidc`.
    pub provider_name: Option<String>,
    /// What the user's claims grant.
    pub claim_mappings: ClaimMappings,
}

impl FromYaml for TrustedIssuer {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?.named(SUBJECT);
        let config_url = fields.required_with("config_url", discovery_address);
        let provider_name = fields.optional_with("provider_name", provider_name);
        let claim_mappings = fields.optional("claim_mappings").unwrap_or_default();
        fields.finish();
        Some(Self {
            config_url: config_url?,
            provider_name,
            claim_mappings,
        })
    }
}

/// The block: `trusted_issuers`, each once.
pub(super) fn read(item: Item<'_>) -> Option<Vec<TrustedIssuer>> {
    let mut fields = item.fields()?;
    let trusted = fields.required_with("trusted_issuers", trusted_issuers);
    fields.finish();
    trusted
}

fn trusted_issuers(mut item: Item<'_>) -> Option<Vec<TrustedIssuer>> {
    let issuers = item.again().list_with(Located::<TrustedIssuer>::from_yaml)?;
    if issuers.is_empty() {
        return item.refuse("expected at least one issuer; leave the block out to trust none");
    }
    let mut seen = BTreeSet::new();
    let twice = issuers
        .iter()
        .find(|issuer| !seen.insert(issuer.value.config_url.as_str()));
    if let Some(issuer) = twice {
        let message = format!("{} is trusted twice", issuer.value.config_url);
        return item.refuse_at(issuer, message);
    }
    Some(issuers.into_iter().map(|issuer| issuer.value).collect())
}

/// Looks across the section: a client that may bring assertions where nobody's are believed.
pub(super) fn check(client: &ClientFile, is_any_trusted: bool, problems: &mut Problems) {
    if client.grant_types.contains(&GrantType::JwtBearer) && !is_any_trusted {
        let message = "has the grant type urn:ietf:params:oauth:grant-type:jwt-bearer, and no identity provider is trusted; name \
                       them in auth.identity_assertions.trusted_issuers";
        client.id.refuse::<()>(problems, message);
    }
}
