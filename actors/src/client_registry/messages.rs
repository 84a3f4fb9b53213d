//! What can be asked of the client registry. Each message names the outside act that it stands for.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use serde_json::{Map, Value};

use super::documents::DocumentRefusal;
use super::key_sets::KeySetRefusal;
use crate::domain::client::{
    AssertionProblem, AuthenticationMethod, Client, ClientId, InvalidMetadata, RegistrationResponse,
    SecretPlace, SingleUse,
};
use crate::domain::randomness::RandomnessUnavailable;
use crate::domain::secret::Secret;
use crate::handle::requests;
use crate::jose::JwsError;
use crate::store::StoreError;

/// A client posted its metadata to `/register` (RFC 7591 section 3.1). Answered by [`RegisterClientReply`].
#[derive(Clone, PartialEq)]
pub struct RegisterClient {
    /// The body of the request.
    pub metadata: Map<String, Value>,
}

/// The registered client with its secret, or why there is none.
pub type RegisterClientReply = Result<RegistrationResponse, RegisterClientError>;

impl fmt::Debug for RegisterClient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "RegisterClient({} members)", self.metadata.len())
    }
}

/// Why a client is not registered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegisterClientError {
    /// What it says about itself is refused (400 with [`InvalidMetadata::code`]).
    #[error(transparent)]
    Metadata(#[from] InvalidMetadata),
    /// No identifier or secret could be minted (500).
    #[error(transparent)]
    Randomness(#[from] RandomnessUnavailable),
    /// The store failed (503 or 500).
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A browser brought an authorization request that names a client. If a document describes the client, it is read where
/// what is known of it is too old. Answered by [`ResolveClientReply`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolveClient {
    /// The `client_id` of the request.
    pub id: ClientId,
    /// Its `redirect_uri`. A document that does not know it may have been changed, and is read again once in a while.
    pub redirect_uri: Option<String>,
    /// The network that the request came from, which may cause so many readings.
    pub network: IpAddr,
}

/// The client, or why there is none.
pub type ResolveClientReply = Result<Client, ResolveClientError>;

/// Why an authorization request has no client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResolveClientError {
    /// Nobody has this identifier, or not any more.
    #[error("unknown client")]
    Unknown,
    /// Its document cannot be relied on.
    #[error(transparent)]
    Document(#[from] DocumentRefusal),
    /// The store failed (503 or 500).
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A request that was accepted a while ago names a client. Answered by [`FindClientReply`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindClient {
    /// The `client_id` of the request.
    pub id: ClientId,
}

/// The client; `None` if there is none or its registration has lapsed.
pub type FindClientReply = Result<Option<Client>, StoreError>;

/// A client called the token, revocation or introspection endpoint. Answered by [`AuthenticateClientReply`].
#[derive(Clone, Debug)]
pub struct AuthenticateClient {
    /// What it presented.
    pub credentials: PresentedCredentials,
}

/// The client that was authenticated, or why none was.
pub type AuthenticateClientReply = Result<Client, AuthenticateClientError>;

/// What a client presented, and where (RFC 6749 section 2.3). An empty secret is no secret. A request with
/// credentials in more than one place is refused before it gets here.
#[derive(Clone, Debug)]
pub enum PresentedCredentials {
    /// `client_id` alone.
    Nothing {
        /// Who it says it is.
        id: ClientId,
    },
    /// `Authorization: Basic`, after percent-decoding both parts.
    Header {
        /// Who it says it is.
        id: ClientId,
        /// The password part.
        secret: Secret,
    },
    /// `client_id` and `client_secret` in the body.
    Body {
        /// Who it says it is.
        id: ClientId,
        /// `client_secret`
        secret: Secret,
    },
}

impl PresentedCredentials {
    /// Who the client says it is.
    #[must_use]
    pub const fn id(&self) -> &ClientId {
        match self {
            Self::Nothing { id } | Self::Header { id, .. } | Self::Body { id, .. } => id,
        }
    }

    /// The secret and where it stood, if there was one.
    #[must_use]
    pub const fn secret(&self) -> Option<(SecretPlace, &Secret)> {
        match self {
            Self::Nothing { .. } => None,
            Self::Header { secret, .. } => Some((SecretPlace::Header, secret)),
            Self::Body { secret, .. } => Some((SecretPlace::Body, secret)),
        }
    }
}

/// Why a client is not authenticated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthenticateClientError {
    /// `invalid_client` (401). One text for all reasons, so that nobody learns which clients exist; the reason is
    /// for the log.
    #[error("Invalid client_id or client authentication; if the registration has lapsed, register again")]
    Refused(ClientRefusal),
    /// The store failed (503 or 500).
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The reason for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientRefusal {
    /// Nobody has this identifier.
    #[error("unknown client")]
    Unknown,
    /// The registration was there once.
    #[error("the client's registration has lapsed")]
    Lapsed,
    /// The secret is another one.
    #[error("wrong client secret")]
    WrongSecret,
    /// It did not authenticate as it is registered.
    #[error("the client must authenticate by {}", .registered.as_str())]
    WrongMethod {
        /// The method that it is registered for.
        registered: AuthenticationMethod,
    },
}

/// A client called one of the endpoints with an assertion that it signed (RFC 7523 section 2.2). Answered by
/// [`AuthenticateByAssertionReply`].
#[derive(Clone, Debug)]
pub struct AuthenticateByAssertion {
    /// `client_id`, which may be left out: the assertion says it too.
    pub client: Option<ClientId>,
    /// `client_assertion`
    pub assertion: Secret,
    /// The names of this server that the assertion may be for.
    pub audiences: Vec<String>,
    /// The network that the request came from, which may cause so many readings of keys.
    pub network: IpAddr,
}

/// The client that made the assertion, or why nobody is believed.
pub type AuthenticateByAssertionReply = Result<AssertedClient, AuthenticateByAssertionError>;

/// A client whose assertion is right, unless it was used before.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "an assertion counts once: ask the store of tokens to remember it"]
pub struct AssertedClient {
    /// The client.
    pub client: Client,
    /// What must be seen for the first time.
    pub single_use: SingleUse,
}

/// Why an assertion authenticates nobody.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthenticateByAssertionError {
    /// It is no assertion that could be anybody's (`invalid_client`, 401). Says nothing about any client.
    #[error("client_assertion: {0}")]
    Unreadable(JwsError),
    /// The client made it, and it is not what it must be (`invalid_client`, 401).
    #[error("{problem}")]
    Wrong {
        /// The client.
        client: ClientId,
        /// What is wrong.
        problem: AssertionProblem,
    },
    /// Nobody proved anything (`invalid_client`, 401). One text for all reasons; the reason is for the log.
    #[error("Invalid client_id or client authentication; if the registration has lapsed, register again")]
    Refused {
        /// Who it was said to be.
        client: Option<ClientId>,
        /// Why not.
        reason: AssertionRefusal,
    },
    /// The client's keys cannot be read now (503).
    #[error("the keys of the client {client} cannot be read now: {reason}")]
    Keys {
        /// The client.
        client: ClientId,
        /// Why not.
        reason: KeySetRefusal,
        /// When to ask again.
        retry_after: Duration,
    },
    /// The store failed (503 or 500).
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why nobody proved anything, for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssertionRefusal {
    /// The client is not one that authenticates like this, or not any more.
    #[error(transparent)]
    Client(#[from] ClientRefusal),
    /// The assertion names no client.
    #[error("client_assertion names no client in sub")]
    Nobody,
    /// The client's keys cannot be had.
    #[error(transparent)]
    Keys(#[from] KeySetRefusal),
    /// None of the client's keys made the signature.
    #[error("client_assertion: {0}")]
    Signature(JwsError),
}

/// An operator wants to know how many clients there are besides those of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountClients;

/// The time has come to forget lapsed registrations. Answered by [`SweepClientsReply`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SweepClients {
    /// The most registrations to delete in one go.
    pub most: u32,
}

/// How many registrations were deleted.
pub type SweepClientsReply = Result<u64, StoreError>;

requests! {
    CountClients => Result<u64, StoreError>;
    RegisterClient => RegisterClientReply;
    ResolveClient => ResolveClientReply;
    FindClient => FindClientReply;
    AuthenticateClient => AuthenticateClientReply;
    AuthenticateByAssertion => AuthenticateByAssertionReply;
    SweepClients => SweepClientsReply;
}
