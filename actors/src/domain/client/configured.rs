//! Clients that the operator wrote into the configuration: the defaults of the file, and its checks.

use std::collections::BTreeSet;

use serde_json::Map;

use super::{
    Client, ClientCredential, ClientId, ClientKeys, ClientOrigin, GrantType, InvalidClientId, InvalidKeySet,
    SecretPlace,
};
use crate::domain::clock::Timestamp;
use crate::domain::key_ring::{DigestPurpose, KeyRing};
use crate::domain::redirect_uri::{InvalidRedirectUri, RedirectTrust, RedirectUri};
use crate::domain::scope::{InvalidScope, ScopeSet};
use crate::domain::secret::Secret;

/// Where the MCP command line client listens: the redirect URIs of a configured client that names none.
pub const DEFAULT_REDIRECT_URIS: [&str; 2] = [
    "http://127.0.0.1:49153/oauth/callback",
    "http://localhost:49153/oauth/callback",
];

const DEFAULT_SCOPE: &str = "mxcp:access";

/// One entry of `auth.clients`, as it was written. An empty list means that the key was absent.
#[derive(Clone, Debug)]
pub struct ClientConfiguration {
    /// `client_id`
    pub id: String,
    /// `client_secret`; without it and without keys the client is public.
    pub secret: Option<Secret>,
    /// `jwks` or `jwks_uri`; a client that has keys authenticates with them alone.
    pub keys: Option<ClientKeys>,
    /// `name`
    pub name: String,
    /// `redirect_uris`
    pub redirect_uris: Vec<String>,
    /// `grant_types`
    pub grant_types: Vec<String>,
    /// `scopes`
    pub scopes: Vec<String>,
}

/// An entry of `auth.clients` cannot be accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidClientConfiguration {
    /// The identifier.
    #[error(transparent)]
    Id(#[from] InvalidClientId),
    /// The secret is there but empty, which is no secret: most likely a variable that is not set.
    #[error("client_secret is empty; leave the key out for a public client")]
    EmptySecret,
    /// A client proves its identity in one way.
    #[error("client_secret goes without jwks and jwks_uri; a client has a secret, or keys, or neither")]
    SecretAndKeys,
    /// The keys.
    #[error("jwks: {0}")]
    Keys(#[from] InvalidKeySet),
    /// One of the redirect URIs.
    #[error("Invalid redirect_uri: redirect_uris[{index}]: {reason}")]
    RedirectUri {
        /// Which one, counted from 0.
        index: usize,
        /// What is wrong with it.
        reason: InvalidRedirectUri,
    },
    /// One of the grant types.
    #[error(
        "grant_types[{index}] is not supported; accepted are authorization_code, refresh_token, client_credentials and urn:ietf:params:oauth:grant-type:jwt-bearer"
    )]
    GrantType {
        /// Which one, counted from 0.
        index: usize,
    },
    /// Everyone can claim to be a public client, so nobody would know who calls.
    #[error(
        "grant_types: {grant_type} needs a client that proves who it is; give it a client_secret, jwks or jwks_uri"
    )]
    UnprovenClient {
        /// What the client may not have without a proof.
        grant_type: &'static str,
    },
    /// The scopes.
    #[error("scopes: {0}")]
    Scope(#[from] InvalidScope),
}

impl Client {
    /// A client of the configuration. It never expires, and it may send its secret in either place, since the
    /// configuration has no key for that.
    pub fn from_configuration(
        configuration: &ClientConfiguration,
        keys: &KeyRing,
        now: Timestamp,
    ) -> Result<Self, InvalidClientConfiguration> {
        let credential = credential(configuration, keys)?;
        let grant_types: BTreeSet<_> = grant_types(configuration)?.into_iter().collect();
        let unproven = [GrantType::ClientCredentials, GrantType::JwtBearer];
        if let Some(grant_type) = unproven.into_iter().find(|given| grant_types.contains(given))
            && credential == ClientCredential::Public
        {
            let grant_type = grant_type.as_str();
            return Err(InvalidClientConfiguration::UnprovenClient { grant_type });
        }
        Ok(Self {
            id: ClientId::parse(&configuration.id)?,
            origin: ClientOrigin::Configured,
            name: Some(configuration.name.clone()),
            redirect_uris: redirect_uris(configuration, &grant_types)?,
            credential,
            grant_types,
            scopes: scopes(configuration)?,
            created_at: now,
            last_used_at: None,
            expires_at: None,
            metadata: Map::new(),
        })
    }
}

fn credential(
    configuration: &ClientConfiguration,
    keys: &KeyRing,
) -> Result<ClientCredential, InvalidClientConfiguration> {
    match (&configuration.secret, &configuration.keys) {
        (None, None) => Ok(ClientCredential::Public),
        (Some(_), Some(_)) => Err(InvalidClientConfiguration::SecretAndKeys),
        (None, Some(keys)) => {
            if let ClientKeys::Inline(set) = keys {
                ClientKeys::check(set)?;
            }
            Ok(ClientCredential::Keys(keys.clone()))
        }
        (Some(secret), None) if secret.expose().is_empty() => Err(InvalidClientConfiguration::EmptySecret),
        (Some(secret), None) => Ok(ClientCredential::Secret {
            place: SecretPlace::HeaderOrBody,
            digest: keys.digest(DigestPurpose::ClientSecret, secret),
        }),
    }
}

/// Users are sent back to the command line client unless the entry says otherwise; to a client that none logs in to, nowhere.
fn redirect_uris(
    configuration: &ClientConfiguration,
    grant_types: &BTreeSet<GrantType>,
) -> Result<Vec<RedirectUri>, InvalidClientConfiguration> {
    let written: Vec<_> = configuration.redirect_uris.iter().map(String::as_str).collect();
    let texts = if written.is_empty() && grant_types.contains(&GrantType::AuthorizationCode) {
        DEFAULT_REDIRECT_URIS.to_vec()
    } else {
        written
    };
    let parse = |(index, text)| {
        RedirectUri::parse(text, RedirectTrust::Configured)
            .map_err(|reason| InvalidClientConfiguration::RedirectUri { index, reason })
    };
    texts.into_iter().enumerate().map(parse).collect()
}

fn grant_types(configuration: &ClientConfiguration) -> Result<Vec<GrantType>, InvalidClientConfiguration> {
    if configuration.grant_types.is_empty() {
        return Ok(vec![GrantType::AuthorizationCode]);
    }
    let parse = |(index, value): (usize, &String)| {
        GrantType::from_value(value).ok_or(InvalidClientConfiguration::GrantType { index })
    };
    configuration.grant_types.iter().enumerate().map(parse).collect()
}

fn scopes(configuration: &ClientConfiguration) -> Result<ScopeSet, InvalidScope> {
    if configuration.scopes.is_empty() {
        return ScopeSet::parse(DEFAULT_SCOPE);
    }
    ScopeSet::from_tokens(configuration.scopes.iter().map(String::as_str))
}
