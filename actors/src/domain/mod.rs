//! Plain types and rules that every part of the server shares.
//!
//! No framework lives here: no actors, no database, no SQL engine, nothing asynchronous. Time and randomness come in as
//! parameters.

pub mod call_context;
pub mod cancel;
