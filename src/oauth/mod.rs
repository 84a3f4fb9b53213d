//! The authorization server's use cases, without HTTP: one file per act. Each asks the actors, decides and answers;
//! `http::oauth` translates.
//!
//! * [`metadata`], [`register`]: how a client finds the server and becomes known. [`published_keys`]: how a resource server
//!   verifies tokens by itself.
//! * [`authorize`], [`log_in`], [`consent`], [`callback`]: a browser brings a request, its user logs in and agrees, and
//!   goes back with a code. [`browser`] is what these four share, [`authorization_response`] the way back.
//! * [`exchange`], [`refresh`], [`client_credentials`], [`identity_assertion`], [`revoke`], [`introspect`]: what clients do at the endpoints that only they call.
//! * `upstream`: telling the identity provider that its tokens are not needed any more.
//! * [`verify`]: who calls the protected resource, which is a [`ResourceServer`].
//! * [`proof`]: which key a client has proven to have (DPoP).
//! * [`home`], [`sign_in`], [`sign_out`], [`account`]: the server's own pages for those who sign in; [`own_form`] ties their
//!   forms to them.
//!
//! Must not live here: HTTP types, HTML, rules about single values (those are in the core crate's `domain`).

pub mod account;
pub mod addresses;
mod approved;
pub mod audit;
pub mod authorization_response;
pub mod authorize;
pub mod browser;
pub mod callback;
mod client_assertion;
pub mod client_authentication;
pub mod client_credentials;
pub mod consent;
pub mod counts;
mod direct;
pub mod door;
pub mod error_description;
pub mod exchange;
mod grant_code;
pub mod home;
pub mod identity_assertion;
pub mod introspect;
pub mod log_in;
pub mod metadata;
pub mod own_form;
pub mod parameters;
pub mod proof;
pub mod published_keys;
pub mod refresh;
pub mod register;
mod resource_server;
pub mod revoke;
pub mod settings;
pub mod sign_in;
pub mod sign_out;
mod standing;
pub mod token_response;
mod unavailable;
mod upstream;
pub mod verify;

use std::net::IpAddr;
use std::ops::Deref;
use std::sync::Arc;

use mxcp_actors::domain::client::IDENTITY_ASSERTION_PROFILE;
use mxcp_actors::domain::clock::Clock;
use mxcp_actors::domain::randomness::{Randomness, RandomnessUnavailable};
use mxcp_actors::domain::resource::InvalidResource;
use mxcp_actors::identity_assertions::IdentityAssertionsHandle;
use mxcp_actors::system::Actors;

use crate::config::HostRefused;

pub use addresses::Addresses;
pub use audit::AuditSink;
pub use counts::Counts;
pub use resource_server::{ResourceParts, ResourceServer, Tokens};
pub use settings::{LoginKind, Settings};
pub use unavailable::Unavailable;

/// What the use cases of the authorization server need: handles to the actors, and the resource that they are for.
pub struct Services {
    actors: Actors,
    identity_assertions: Option<IdentityAssertionsHandle>,
    resource_server: Arc<ResourceServer>,
}

/// What [`Services`] are made of.
pub struct Parts {
    /// Asks the actors.
    pub actors: Actors,
    /// Says what time it is.
    pub clock: Arc<dyn Clock>,
    /// Names audit records.
    pub randomness: Arc<dyn Randomness>,
    /// Takes audit records.
    pub audit: Arc<dyn AuditSink>,
    /// Checks what trusted identity providers say of users; `None` if none is trusted.
    pub identity_assertions: Option<IdentityAssertionsHandle>,
    /// What the operator set.
    pub settings: Settings,
}

/// Where a request comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The address of the client, behind trusted proxies.
    pub network: IpAddr,
    /// Whether it came straight from a program on this machine, through no proxy.
    pub is_local: bool,
    /// The W3C trace that the request belongs to.
    pub trace_id: Option<String>,
    /// The request's name in logs and records; empty if it has none.
    pub request_id: Arc<str>,
}

/// Why the server has no addresses for a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAddresses {
    /// The request came to a host that is not this server's.
    #[error(transparent)]
    Host(#[from] HostRefused),
    /// The public URL cannot be the beginning of a resource indicator.
    #[error("the public URL cannot be used: {0}")]
    Resource(#[from] InvalidResource),
}

/// Why there are no use cases.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoServices {
    /// The public URL cannot be the beginning of a resource indicator.
    #[error(
        "the public URL cannot be used: {0}; set transport.http.base_url to the address that clients call"
    )]
    Resource(#[from] InvalidResource),
    /// Nothing secret can be made.
    #[error(transparent)]
    Randomness(#[from] RandomnessUnavailable),
}

impl Services {
    /// Fails if the public URL is fixed and cannot be used.
    pub fn new(parts: Parts) -> Result<Self, NoServices> {
        let resource_server = ResourceServer::new(ResourceParts {
            tokens: Tokens::Own(parts.actors.tokens.clone()),
            clock: parts.clock,
            randomness: parts.randomness,
            audit: parts.audit,
            settings: Settings {
                grant_profiles: parts
                    .identity_assertions
                    .iter()
                    .map(|_| IDENTITY_ASSERTION_PROFILE)
                    .collect(),
                ..parts.settings
            },
        })?;
        Ok(Self {
            actors: parts.actors,
            identity_assertions: parts.identity_assertions,
            resource_server: Arc::new(resource_server),
        })
    }

    /// What checks the assertions of trusted identity providers; `None` if none is trusted.
    pub fn identity_assertions(&self) -> Option<&IdentityAssertionsHandle> {
        self.identity_assertions.as_ref()
    }

    /// The resource alone.
    pub fn resource_server(&self) -> &Arc<ResourceServer> {
        &self.resource_server
    }
}

/// An authorization server is asked for what its resource is asked for, too.
impl Deref for Services {
    type Target = ResourceServer;

    fn deref(&self) -> &ResourceServer {
        &self.resource_server
    }
}
