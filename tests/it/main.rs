//! The integration tests of the server: one binary, one module per subject.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test that cannot go on fails here, and calls the server with a client that knows no limits"
)]

mod admin;
mod audit;
mod canary;
mod changes;
mod cli;
mod cors;
mod demo;
mod doctor;
mod door;
mod examination;
mod failures;
mod foreign;
mod front_page;
mod github;
mod logging;
mod login;
mod mcp;
mod methods;
mod oauth;
mod oidc;
mod outside;
mod panics;
mod persistence;
mod policies;
mod proof_key;
mod reverse_proxy;
mod scopes;
mod server;
mod service_accounts;
#[path = "../fakes/serving.rs"]
mod serving;
mod start;
mod stdio;
mod stopping;
mod tidy;
mod tls;
mod trusted_issuers;
