//! The Model Context Protocol without HTTP.
//!
//! * [`wire`]: messages, headers, parameters and results as bytes, and nothing that decides.
//! * [`era`]: which of the two protocol eras a message belongs to.
//! * [`admission`]: the ordered checks between a parsed message and the dispatcher.
//!
//! Must not live here: an HTTP framework's types, I/O, tools, sessions' storage.

pub mod admission;
pub mod era;
pub mod wire;
