//! What a client says about itself (RFC 7591 section 2): checked member by member, bounded, and kept for the echo.
//!
//! Members that mean nothing here are kept if they are small, since clients expect to read them back. Nothing is
//! fetched: addresses are checked for their form only.

mod keys;
mod members;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{AuthenticationMethod, ClientKeys, GrantType, sha256};

use crate::domain::redirect_uri::{InvalidRedirectUri, RedirectUri};
use crate::domain::scope::ScopeSet;
pub use keys::InvalidKeySet;
pub(super) use keys::check_key_set;

/// The most redirect URIs of one client.
const MOST_REDIRECT_URIS: usize = 20;
/// The most members of the document.
const MOST_MEMBERS: usize = 64;
/// The largest document, in bytes of JSON.
const LARGEST_METADATA: usize = 16 * 1024;
/// The deepest nesting, counting the document itself.
const DEEPEST_NESTING: usize = 6;

/// Members that the server sets; what a client sends there is dropped.
const SERVER_MEMBERS: [&str; 6] = [
    "client_id",
    "client_secret",
    "client_id_issued_at",
    "client_secret_expires_at",
    "registration_access_token",
    "registration_client_uri",
];

/// With this member a client says that it wants tokens that are bound to a key, and no others (RFC 9449 section 5.2).
pub(super) const BOUND_TOKENS_ALONE: &str = "dpop_bound_access_tokens";

/// What the operator lets self-registered clients have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetadataRules {
    /// The scopes that such a client may have at most.
    pub allowed_scopes: ScopeSet,
    /// The scopes of a client that asks for none, or for none of the allowed ones.
    pub default_scopes: ScopeSet,
    /// The ways to authenticate that are offered.
    pub authentication_methods: Vec<AuthenticationMethod>,
    /// Whether keys may also lie on this machine, without TLS: for development.
    pub allows_loopback_keys: bool,
}

/// Checked client metadata.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientMetadata {
    /// At least one.
    pub redirect_uris: Vec<RedirectUri>,
    /// The name, free of control and direction characters.
    pub name: Option<String>,
    /// `None` if the client did not say.
    pub authentication: Option<AuthenticationMethod>,
    /// Present if and only if the client authenticates with a key pair.
    pub keys: Option<ClientKeys>,
    /// Contains the authorization code.
    pub grant_types: BTreeSet<GrantType>,
    /// Never more than the rules allow.
    pub scopes: ScopeSet,
    /// All members as they were sent, except those that belong to the server and a name that nobody can see.
    pub members: Map<String, Value>,
}

/// The metadata is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMetadata {
    /// A redirect URI cannot be accepted.
    #[error("Invalid redirect_uri: redirect_uris[{index}]: {reason}")]
    RedirectUri {
        /// Which one, counted from 0.
        index: usize,
        /// What is wrong with it.
        reason: InvalidRedirectUri,
    },
    /// There is no redirect URI at all, or there are too many.
    #[error("redirect_uris must be a list of 1 to {MOST_REDIRECT_URIS} texts")]
    RedirectUris,
    /// Another member cannot be accepted.
    #[error("{member}: {problem}")]
    Member {
        /// Its name.
        member: &'static str,
        /// What is wrong with it.
        problem: MetadataProblem,
    },
}

impl InvalidMetadata {
    /// The error code of RFC 7591 section 3.2.2.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::RedirectUri { .. } | Self::RedirectUris => "invalid_redirect_uri",
            Self::Member { .. } => "invalid_client_metadata",
        }
    }
}

/// What is wrong with a member.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MetadataProblem {
    /// Another JSON type.
    #[error("must be {0}")]
    WrongType(&'static str),
    /// Too long, too many, too deep.
    #[error("is too large; accepted are at most {0}")]
    TooLarge(&'static str),
    /// Control characters, or characters that change the direction of writing or cannot be seen.
    #[error("has invisible or direction-changing characters; take them away")]
    DeceptiveText,
    /// Not an address of the web.
    #[error("must be {0}")]
    Address(&'static str),
    /// Not among what is offered.
    #[error("is not supported; accepted is {0}")]
    Unsupported(String),
    /// It does not go with another member.
    #[error("{0}")]
    Inconsistent(&'static str),
    /// Keys that prove nothing here.
    #[error("has no key for {0}")]
    NoUsableKey(String),
    /// A key that must never have left the client.
    #[error("contains a private or symmetric key; send public keys only, and replace this one")]
    PrivateKey,
}

impl ClientMetadata {
    /// Checks the document that a client sent to `/register` or published under its identifier.
    pub fn validate(mut members: Map<String, Value>, rules: &MetadataRules) -> Result<Self, InvalidMetadata> {
        members.retain(|name, value| !value.is_null() && !SERVER_MEMBERS.contains(&name.as_str()));
        check_size(&members)?;
        members::drop_invisible_name(&mut members);
        let redirect_uris = members::redirect_uris(&members)?;
        let grant_types = members::grant_types(&members)?;
        members::check_response_types(&members)?;
        members::check_application_type(&members, &redirect_uris)?;
        let authentication = members::authentication(&members, rules)?;
        let keys = keys::keys(&members, authentication, rules)?;
        members::check_presentation(&members)?;
        if members
            .get(BOUND_TOKENS_ALONE)
            .is_some_and(|value| !value.is_boolean())
        {
            return Err(problem(
                BOUND_TOKENS_ALONE,
                MetadataProblem::WrongType("true or false"),
            ));
        }
        Ok(Self {
            redirect_uris,
            name: members::text(&members, "client_name")?.map(str::to_owned),
            authentication,
            keys,
            grant_types,
            scopes: members::scopes(&members, rules)?,
            members,
        })
    }

    /// Equal for registrations that ask for the same client. The port of a loopback redirect URI does not count,
    /// since it is free anyway and some clients choose a new one for every registration.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 32] {
        let redirect_uris: BTreeSet<_> = self
            .redirect_uris
            .iter()
            .map(RedirectUri::text_without_loopback_port)
            .collect();
        let others: BTreeSet<_> = self
            .members
            .iter()
            .filter(|(name, _)| *name != "redirect_uris")
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        sha256(redirect_uris.iter().chain(&others).map(String::as_str))
    }
}

const fn problem(member: &'static str, problem: MetadataProblem) -> InvalidMetadata {
    InvalidMetadata::Member { member, problem }
}

fn check_size(members: &Map<String, Value>) -> Result<(), InvalidMetadata> {
    let too_large = |limit| problem("client metadata", MetadataProblem::TooLarge(limit));
    if members.len() > MOST_MEMBERS {
        return Err(too_large("64 members"));
    }
    if members
        .values()
        .any(|value| is_deeper_than(value, DEEPEST_NESTING - 1))
    {
        return Err(too_large("6 levels of nesting"));
    }
    let bytes: usize = members
        .iter()
        .map(|(name, value)| name.len() + value.to_string().len())
        .sum();
    if bytes > LARGEST_METADATA {
        return Err(too_large("16 KiB"));
    }
    Ok(())
}

fn is_deeper_than(value: &Value, levels: usize) -> bool {
    let is_below = |inner: &Value| levels == 0 || is_deeper_than(inner, levels - 1);
    match value {
        Value::Array(items) => levels == 0 || items.iter().any(is_below),
        Value::Object(members) => levels == 0 || members.values().any(is_below),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}
