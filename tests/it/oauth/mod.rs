//! The authorization server from outside: a test app with the real actors and the store in memory, a browser that keeps
//! cookies, and clients that do what clients do.
//!
//! One module per subject; `server` and `browser` are what they stand on.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails here"
)]

mod account;
mod assertions;
mod audit;
mod authorization;
mod bearer;
pub(crate) mod browser;
mod client;
mod client_credentials;
mod configured;
mod consent;
mod discovery;
mod documents;
mod dpop;
mod identity_assertions;
mod introspection;
mod kept;
mod login;
mod outside;
mod pages;
mod refresh;
mod registration;
mod replicas;
mod revocation;
mod server;
mod signed_tokens;
mod step_up;
mod token;
