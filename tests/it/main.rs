//! The integration tests of the server: one binary, one module per subject.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on fails here"
)]

mod admin;
mod audit;
mod canary;
mod demo;
mod failures;
mod logging;
mod login;
mod mcp;
mod oauth;
mod persistence;
mod policies;
mod server;
mod start;
mod stdio;
mod stopping;
mod tidy;
