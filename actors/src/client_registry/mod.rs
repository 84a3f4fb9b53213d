//! The registry of clients: who may ask for tokens, and how each proves who it is.
//!
//! * `messages.rs`: what can be asked of it, and what it answers.
//! * `rules.rs`: how each message is answered; plain functions over a repository, a clock and randomness.
//!   `document_rules.rs`: the same for clients that a document describes.
//!   `assertion_rules.rs`: the same for clients that prove with keys who they are.
//! * `documents`: reading such documents from their servers. `key_sets`: reading keys. `reading_bounds.rs`: how much of both.
//! * `servers.rs`: what is asked of the servers of clients before a message can be answered.
//! * `actor.rs`: lets each message be answered on a thread that may wait for the store.
//!
//! | part | state | class |
//! |---|---|---|
//! | store | registered clients, and clients as their documents describe them | durable |
//! | rules | configured clients | derivable: from the configuration at every start |
//! | pool | calls to the store under way | ephemeral: answered on stop |
//! | readings | documents and keys under way, at most 32, and how many of late, by network and by host | ephemeral: read again |
//! | key sets | at most 256, for at most an hour | derivable: read again |
//!
//! The handle admits 256 calls: an authorization needs one and a token request one. Of these at most 128 wait for a document
//! or for keys, which may take seconds; the others take no longer than the store.

pub mod actor;
mod assertion_rules;
mod document_rules;
pub mod documents;
pub mod key_sets;
pub mod messages;
mod reading_bounds;
pub mod rules;
pub mod servers;
mod surplus;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::time::Duration;

use crate::domain::client::{AuthenticationMethod, Client, ClientId, DocumentPolicy, MetadataRules};
use crate::domain::scope::ScopeSet;

pub use messages::{
    AuthenticateByAssertion, AuthenticateClient, CountClients, FindClient, RegisterClient, ResolveClient,
    SweepClients,
};
pub use reading_bounds::TooManyReadings;
pub use rules::ClientRules;
pub use surplus::StoredClients;

/// What the operator can set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientRegistrySettings {
    /// What clients that register themselves may have.
    pub metadata: MetadataRules,
    /// How long a registration lasts that is never used.
    pub unused_lifetime: Duration,
    /// So many clients may wait for their first use, which is that tokens are issued to them. More push out the oldest of these, never a used one, and one
    /// whose login is under way only beyond ten times as many. It is looked at after
    /// each sixty-fourth part of so many.
    pub most_unused_clients: u64,
    /// Whose metadata documents describe clients; `None` if none do.
    pub documents: Option<DocumentPolicy>,
}

impl ClientRegistrySettings {
    /// The defaults: public clients and clients with a secret, the default scopes and no others, no metadata documents.
    #[must_use]
    pub fn with_scopes(default_scopes: ScopeSet) -> Self {
        Self {
            metadata: MetadataRules {
                allowed_scopes: default_scopes.clone(),
                default_scopes,
                authentication_methods: vec![
                    AuthenticationMethod::None,
                    AuthenticationMethod::ClientSecretBasic,
                    AuthenticationMethod::ClientSecretPost,
                    AuthenticationMethod::PrivateKeyJwt,
                ],
                allows_loopback_keys: false,
            },
            unused_lifetime: Duration::from_hours(24),
            most_unused_clients: 10_000,
            documents: None,
        }
    }
}

/// The clients of the configuration, by identifier.
pub type ConfiguredClients = HashMap<ClientId, Client>;
