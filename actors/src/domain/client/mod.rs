//! OAuth clients: what is known about an application that asks for tokens.
//!
//! `metadata.rs` validates what clients say about themselves (RFC 7591), `registration.rs` writes the answer,
//! `configured.rs` and `metadata_document.rs` are the two other ways to become a client (`document_policy.rs`: whose
//! documents; `document_age.rs`: for how long), `redirect.rs` picks the redirect URI of a request, `assertion.rs` is what a
//! client with keys must sign, `identity_assertion.rs` what an identity provider signs for a client. Looking clients up and checking their secrets is the `client_registry`'s.

mod assertion;
mod configured;
mod document_age;
mod document_policy;
mod identity_assertion;
mod metadata;
mod metadata_document;
mod redirect;
mod registration;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;

use ring::digest;
use serde_json::{Map, Value};

pub use assertion::{ASSERTION_ALGORITHMS, ASSERTION_TYPE, AssertionProblem, ExpectedAssertion, SingleUse};
pub use configured::{ClientConfiguration, DEFAULT_REDIRECT_URIS, InvalidClientConfiguration};
pub use document_age::DocumentAge;
pub use document_policy::{DocumentPolicy, Domain, InvalidDomain, PolicyRefusal};
pub use identity_assertion::{
    ExpectedIdentityAssertion, IDENTITY_ASSERTION_PROFILE, IdentityAssertion, IdentityAssertionProblem,
};
pub use metadata::{ClientMetadata, InvalidKeySet, InvalidMetadata, MetadataProblem, MetadataRules};
pub use metadata_document::{
    InvalidDocumentUrl, InvalidMetadataDocument, LOOPBACK_HOSTS, MetadataDocumentUrl,
};
pub use redirect::{RedirectHint, RedirectRefusal};
pub use registration::RegistrationResponse;

use super::clock::Timestamp;
use super::randomness::{Randomness, RandomnessUnavailable};
use super::redirect_uri::RedirectUri;
use super::scope::ScopeSet;
use super::secret::SecretDigest;
use crate::jose::SignatureAlgorithm;

/// The longest client identifier, in bytes; the URL of a metadata document is one.
pub const LONGEST_CLIENT_ID: usize = 2048;

/// The identifier of a client: public, printable ASCII (RFC 6749 appendix A.1).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientId(String);

impl ClientId {
    /// Accepts 1 to [`LONGEST_CLIENT_ID`] printable ASCII characters.
    pub fn parse(text: &str) -> Result<Self, InvalidClientId> {
        let is_printable = text.bytes().all(|byte| (0x20..=0x7e).contains(&byte));
        if text.is_empty() || text.len() > LONGEST_CLIENT_ID || !is_printable {
            return Err(InvalidClientId);
        }
        Ok(Self(text.to_owned()))
    }

    /// A new identifier for a client that registers.
    pub fn generate(randomness: &dyn Randomness) -> Result<Self, RandomnessUnavailable> {
        Ok(Self(randomness.uuid()?.to_string()))
    }

    /// The identifier as it is sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for ClientId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ClientId({})", self.0)
    }
}

/// The text cannot be a client identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("client_id is malformed; accepted are 1 to {LONGEST_CLIENT_ID} printable ASCII characters")]
pub struct InvalidClientId;

/// How a client became known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClientOrigin {
    /// The operator wrote it into the configuration.
    Configured,
    /// It registered itself (RFC 7591); its name is what it claims.
    Registered,
    /// Its identifier is the URL of a document that describes it; its host is verified.
    MetadataDocument(DocumentAge),
}

/// How a client authenticates at the token endpoint, in the words of RFC 7591 section 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuthenticationMethod {
    /// Not at all: a public client.
    None,
    /// A secret in the `Authorization` header.
    ClientSecretBasic,
    /// A secret in the request body.
    ClientSecretPost,
    /// A signed assertion (RFC 7523).
    PrivateKeyJwt,
}

impl AuthenticationMethod {
    /// All methods that exist here; which of them are offered is a setting.
    pub const ALL: [Self; 4] = [
        Self::None,
        Self::ClientSecretBasic,
        Self::ClientSecretPost,
        Self::PrivateKeyJwt,
    ];

    /// The value of `token_endpoint_auth_method`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
        }
    }

    /// The method with this value.
    #[must_use]
    pub fn from_value(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == value)
    }
}

/// Where a client may put its secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SecretPlace {
    /// The `Authorization` header only.
    Header,
    /// The request body only.
    Body,
    /// Either: the client never named a method.
    HeaderOrBody,
}

/// What a client proves its identity with.
#[derive(Clone, Debug, PartialEq)]
pub enum ClientCredential {
    /// Nothing: everyone can claim to be this client, and only PKCE and the redirect URI protect its users.
    Public,
    /// A shared secret, kept as its digest.
    Secret {
        /// Where it may be sent.
        place: SecretPlace,
        /// Its keyed digest.
        digest: SecretDigest,
    },
    /// The public half of a key pair.
    Keys(ClientKeys),
}

impl ClientCredential {
    /// The value to echo as `token_endpoint_auth_method`. A client that never named a method is told the default
    /// of RFC 7591.
    #[must_use]
    pub const fn method(&self) -> AuthenticationMethod {
        match self {
            Self::Public => AuthenticationMethod::None,
            Self::Secret {
                place: SecretPlace::Header | SecretPlace::HeaderOrBody,
                ..
            } => AuthenticationMethod::ClientSecretBasic,
            Self::Secret {
                place: SecretPlace::Body,
                ..
            } => AuthenticationMethod::ClientSecretPost,
            Self::Keys(_) => AuthenticationMethod::PrivateKeyJwt,
        }
    }
}

/// Where the public keys of a client are.
#[derive(Clone, Debug, PartialEq)]
pub enum ClientKeys {
    /// A JWK set (RFC 7517) without private members.
    Inline(Value),
    /// The address of one.
    Address(String),
}

impl ClientKeys {
    /// Whether a JWK set has public keys alone, and one that assertions can be verified with.
    pub fn check(set: &Value) -> Result<(), InvalidKeySet> {
        metadata::check_key_set(set, &ASSERTION_ALGORITHMS)
    }
}

/// A grant type that a client can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GrantType {
    /// Exchanging an authorization code; every client that users log in to has it.
    AuthorizationCode,
    /// Exchanging a refresh token; without it a client gets none.
    RefreshToken,
    /// Asking for a token in the client's own name (RFC 6749 section 4.4). The operator alone gives this.
    ClientCredentials,
    /// Bringing what an identity provider says of a user (RFC 7523 section 2.1). The operator alone gives this.
    JwtBearer,
}

impl GrantType {
    /// All grant types that exist here.
    pub const ALL: [Self; 4] = [
        Self::AuthorizationCode,
        Self::RefreshToken,
        Self::ClientCredentials,
        Self::JwtBearer,
    ];

    /// Those that a client can give itself, by registering or in its metadata document.
    pub const OF_ANY_CLIENT: [Self; 2] = [Self::AuthorizationCode, Self::RefreshToken];

    /// The value of `grant_type`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
            Self::JwtBearer => "urn:ietf:params:oauth:grant-type:jwt-bearer",
        }
    }

    /// The grant type with this value.
    #[must_use]
    pub fn from_value(value: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|grant_type| grant_type.as_str() == value)
    }

    /// The same, if a client can give it to itself.
    #[must_use]
    pub fn of_any_client(value: &str) -> Option<Self> {
        Self::from_value(value).filter(|grant_type| Self::OF_ANY_CLIENT.contains(grant_type))
    }
}

/// A client. Its only response type is `code`, so that is not a field.
#[derive(Clone, Debug, PartialEq)]
pub struct Client {
    /// Its identifier.
    pub id: ClientId,
    /// How it became known.
    pub origin: ClientOrigin,
    /// What it calls itself. Unverified unless it is configured.
    pub name: Option<String>,
    /// How it authenticates.
    pub credential: ClientCredential,
    /// Where responses may be sent.
    pub redirect_uris: Vec<RedirectUri>,
    /// What it may exchange for tokens.
    pub grant_types: BTreeSet<GrantType>,
    /// The scopes that it may have at most.
    pub scopes: ScopeSet,
    /// When it registered, or when its document was read.
    pub created_at: Timestamp,
    /// When it last took part in a login or a refresh, give or take the registry's resolution.
    pub last_used_at: Option<Timestamp>,
    /// When its registration lapses unless it is used; `None` for never.
    pub expires_at: Option<Timestamp>,
    /// What it registered, member by member, to be echoed and shown to the operator.
    pub metadata: Map<String, Value>,
}

impl Client {
    /// Whether it proves nothing of itself when it asks for tokens.
    #[must_use]
    pub const fn is_public(&self) -> bool {
        matches!(self.credential, ClientCredential::Public)
    }

    /// The scopes that a login is for which names none, as far as the client may have them: those that it registered with, or
    /// else all.
    #[must_use]
    pub fn registered_scopes(&self) -> ScopeSet {
        let named = self.metadata.get("scope").and_then(Value::as_str);
        let named = named
            .and_then(|named| ScopeSet::parse(named).ok())
            .unwrap_or_default();
        let registered = named.intersection(&self.scopes);
        if registered.is_empty() {
            return self.scopes.clone();
        }
        registered
    }

    /// Whether it wants tokens that are bound to a key, and no others.
    #[must_use]
    pub fn wants_bound_tokens_alone(&self) -> bool {
        self.metadata.get(metadata::BOUND_TOKENS_ALONE) == Some(&Value::Bool(true))
    }

    /// Whether the registration has lapsed.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|expires_at| expires_at <= now)
    }

    /// Whether the client may exchange this.
    #[must_use]
    pub fn may_use(&self, grant_type: GrantType) -> bool {
        self.grant_types.contains(&grant_type)
    }

    /// The algorithms that the assertions of the client may be signed with: the one that it named, if it named one.
    #[must_use]
    pub fn assertion_algorithms(&self) -> Vec<SignatureAlgorithm> {
        let named = self.metadata.get("token_endpoint_auth_signing_alg");
        let named = named.and_then(Value::as_str);
        let is_named = |algorithm: &SignatureAlgorithm| {
            named.is_none_or(|name| SignatureAlgorithm::from_name(name) == Some(*algorithm))
        };
        ASSERTION_ALGORITHMS.into_iter().filter(is_named).collect()
    }

    /// Changes whenever the set of redirect URIs or the name does, so that a remembered consent can be asked for again.
    #[must_use]
    pub fn consent_fingerprint(&self) -> [u8; 32] {
        let texts: BTreeSet<_> = self.redirect_uris.iter().map(RedirectUri::as_str).collect();
        // No redirect URI is empty, so what follows an empty text is the name.
        let name = self.name.as_deref().map(|name| ["", name]);
        sha256(texts.into_iter().chain(name.into_iter().flatten()))
    }
}

/// SHA-256 over texts, each ended by a byte that none of them contains.
fn sha256<'a>(texts: impl Iterator<Item = &'a str>) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    for text in texts {
        context.update(text.as_bytes());
        context.update(&[0]);
    }
    let mut bytes = [0; 32];
    for (target, source) in bytes.iter_mut().zip(context.finish().as_ref()) {
        *target = *source;
    }
    bytes
}
