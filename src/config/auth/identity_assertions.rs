//! `auth.identity_assertions`: the identity providers whose word opens this server without a login here (enterprise-managed
//! authorization). Off unless one is named.

use std::collections::BTreeSet;

use mxcp_actors::provider_broker::providers::oidc::issuer_of;
use mxcp_actors::provider_broker::providers::{google as at_google, keycloak as at_keycloak};
use url::Url;

use super::ClaimMappings;
use super::client::{ClientFile, GrantType, key_address};
use super::google::domains;
use super::oidc::{discovery_address, provider_name};
use crate::config::values::{secret_carrying_address, web_address};
use crate::yaml::{Fields, FromYaml, Item, Located, Problems};

/// What operators' mistakes are said to be in.
const SUBJECT: &str = "Trusted issuer";
/// The keys that say, each in its own way, where an issuer's keys are.
const WAYS: [&str; 3] = ["config_url", "jwks_uri", "server_url"];

/// An identity provider that may say for whom a client acts.
#[derive(Clone, Debug)]
pub struct TrustedIssuer {
    /// What it writes in its own way.
    pub dialect: IssuerDialect,
    /// How its keys are found.
    pub keys: IssuerKeys,
    /// The name that user records carry instead of the dialect's.
    pub provider_name: Option<String>,
    /// What the user's claims grant.
    pub claim_mappings: ClaimMappings,
}

/// What an issuer writes in its own way, as the provider of that name does at a login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IssuerDialect {
    /// Nothing.
    Oidc,
    /// The issuer with and without its scheme, and the domain of Google Workspace.
    Google {
        /// The domains whose users are let in; empty lets everybody in.
        allowed_domains: Vec<String>,
    },
    /// The roles of the realm and of its clients.
    Keycloak,
}

/// How the keys of an issuer are found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IssuerKeys {
    /// By the discovery document, which stands at the issuer's address.
    Discovery(Url),
    /// At an address of their own.
    Published {
        /// The issuer, exactly as it writes it.
        issuer: String,
        /// Its keys.
        jwks_uri: Url,
    },
}

/// The values of `provider`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Name {
    Oidc,
    Google,
    Keycloak,
}

impl FromYaml for TrustedIssuer {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?.named(SUBJECT);
        let name = fields.optional_with("provider", |item| {
            item.choice(&[
                ("oidc", Name::Oidc),
                (at_google::NAME, Name::Google),
                (at_keycloak::NAME, Name::Keycloak),
            ])
        });
        let name = name.unwrap_or(Name::Oidc);
        let keys = keys(&mut fields, name);
        let dialect = dialect(&mut fields, name);
        let provider_name = fields.optional_with("provider_name", provider_name);
        let claim_mappings = fields.optional("claim_mappings").unwrap_or_default();
        fields.finish();
        Some(Self {
            dialect,
            keys: keys?,
            provider_name,
            claim_mappings,
        })
    }
}

impl TrustedIssuer {
    /// What the issuer is called in the address of its document, or by the operator.
    fn issuer(&self) -> Option<String> {
        match &self.keys {
            IssuerKeys::Discovery(config_url) => issuer_of(config_url),
            IssuerKeys::Published { issuer, .. } => Some(issuer.clone()),
        }
    }
}

fn dialect(fields: &mut Fields<'_>, name: Name) -> IssuerDialect {
    let allowed_domains = fields.optional_with("allowed_domains", domains);
    if name != Name::Google && !fields.is_absent("allowed_domains") {
        fields.refuse("allowed_domains", "goes with provider: google alone");
    }
    match name {
        Name::Oidc => IssuerDialect::Oidc,
        Name::Keycloak => IssuerDialect::Keycloak,
        Name::Google => IssuerDialect::Google {
            allowed_domains: allowed_domains.unwrap_or_default(),
        },
    }
}

/// Exactly one way. Every key is read, so that one start shows all mistakes.
fn keys(fields: &mut Fields<'_>, name: Name) -> Option<IssuerKeys> {
    let config_url = fields.optional_with("config_url", discovery_address);
    let realm_url = realm_url(fields, name);
    let ways: Vec<_> = WAYS.into_iter().filter(|key| !fields.is_absent(key)).collect();
    if let [first, second, ..] = ways.as_slice() {
        let message = format!("goes without {first}: the keys of an issuer are found in one way");
        fields.refuse(second, message);
        fields.accept("jwks_uri");
        fields.accept("issuer");
        return None;
    }
    let published = published(fields);
    match ways.first() {
        Some(&"config_url") => config_url.map(IssuerKeys::Discovery),
        Some(&"jwks_uri") => published,
        Some(_) => realm_url.map(IssuerKeys::Discovery),
        None => own_address(fields, name).map(IssuerKeys::Discovery),
    }
}

/// `jwks_uri` with the issuer, of which no document speaks then.
fn published(fields: &mut Fields<'_>) -> Option<IssuerKeys> {
    let jwks_uri = fields.optional_with("jwks_uri", key_address);
    if fields.is_absent("jwks_uri") {
        fields.accept("issuer");
        if !fields.is_absent("issuer") {
            let message =
                "goes with jwks_uri alone: otherwise the issuer follows from the address of its document";
            fields.refuse("issuer", message);
        }
        return None;
    }
    let issuer = fields.required_with("issuer", issuer_name);
    Some(IssuerKeys::Published {
        issuer: issuer?,
        jwks_uri: jwks_uri?,
    })
}

/// Google's own document, where none is named.
fn own_address(fields: &mut Fields<'_>, name: Name) -> Option<Url> {
    let more = match name {
        Name::Google => return Url::parse(at_google::CONFIG_URL).ok(),
        Name::Keycloak => ", or server_url and realm",
        Name::Oidc => "",
    };
    let message = format!(
        "{SUBJECT} is incomplete: config_url is missing; accepted in its place: issuer and jwks_uri{more}"
    );
    fields.refuse_all(message);
    None
}

/// The address of a realm's document, from `server_url` and `realm` as in `auth.keycloak`.
fn realm_url(fields: &mut Fields<'_>, name: Name) -> Option<Url> {
    let server_url = fields.optional_with("server_url", secret_carrying_address);
    let realm = fields.optional_with("realm", Item::non_empty_string);
    for (key, other) in [("server_url", "realm"), ("realm", "server_url")] {
        if fields.is_absent(key) {
            continue;
        }
        if name != Name::Keycloak {
            fields.refuse(key, "goes with provider: keycloak alone");
        } else if fields.is_absent(other) {
            fields.refuse(key, format!("goes with {other}, which is missing"));
        }
    }
    at_keycloak::config_url(&server_url?, &realm?)
}

/// The text as it is written, since it is compared with what the issuer writes.
fn issuer_name(mut item: Item<'_>) -> Option<String> {
    let text = item.again().non_empty_string()?;
    let url = web_address(item.again())?;
    if url.query().is_none() && url.fragment().is_none() && text.trim() == text {
        return Some(text);
    }
    item.refuse("expected what the issuer writes as iss: a URL without query and fragment")
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
    for issuer in &issuers {
        let name = issuer.value.issuer().unwrap_or_default();
        if !seen.insert(name.trim_end_matches('/').to_owned()) {
            return item.refuse_at(issuer, format!("{name} is trusted twice"));
        }
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
