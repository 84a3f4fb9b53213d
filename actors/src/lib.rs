//! The core of mxcp-actor: domain rules, actors and the SQL engine.
//!
//! The server crate translates HTTP, stdio and command lines into calls of this crate; nothing here knows the server
//! crate, HTTP, YAML or a policy language.
//!
//! - [`domain`]: plain types and rules.
//! - [`handle`]: the only way to ask an actor; [`error`]: why it did not answer.
//! - [`client_registry`], [`auth_code_store`], [`token_store`], [`provider_broker`]: who may ask for tokens, codes, grants and tokens, logins.
//! - [`session_registry`]: sessions of the protocol's legacy revisions.
//! - [`replica_bus`]: what replicas tell each other.
//! - [`sql_executor`]: DuckDB, with the caller's identity inside SQL. [`audit_logger`]: the record of who did what.
//! - [`jose`]: public keys and signatures of others.
//! - [`outbound`]: calls to other servers, all of them.
//! - [`store`]: what survives a restart. [`system`]: starts every actor and stops them in order. [`blocking`]: bounded blocking work.
//!   `joined`: equal questions become one. [`upstream_renewal`]: what the store of tokens and the broker do together.

pub mod audit_logger;
pub mod auth_code_store;
pub mod blocking;
pub mod client_registry;
pub mod domain;
pub mod error;
pub mod foreign_tokens;
pub mod handle;
pub mod identity_assertions;
mod joined;
pub mod jose;
pub mod measure;
pub mod outbound;
pub mod provider_broker;
pub mod replica_bus;
pub mod session_registry;
pub mod sql_executor;
pub mod store;
pub mod system;
pub mod token_store;
pub mod upstream_renewal;
