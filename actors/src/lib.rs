//! The core of mxcp-actor: domain rules, actors and the SQL engine.
//!
//! The server crate translates HTTP, stdio and command lines into calls of this crate; nothing here knows the server
//! crate, HTTP, YAML or a policy language.
//!
//! - [`domain`]: plain types and rules.
//! - [`handle`]: the only way to ask an actor; [`error`]: why it did not answer.
//! - [`sql_executor`]: DuckDB, with the caller's identity inside SQL.

pub mod audit_logger;
pub mod domain;
pub mod error;
pub mod handle;
pub mod sql_executor;
