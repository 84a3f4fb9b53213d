//! MCP over standard input and output (specification 2026-07-28 and 2025-11-25, *Transports*, stdio), without the streams:
//! lines come in, answers go to a channel.
//!
//! - [`lines`]: bytes to lines within a limit.
//! - [`conversation`]: what becomes of a line. `caught`: a request that panics costs itself alone.
//!
//! Must not live here: threads, file descriptors, signals, where an identity comes from (`app::stdio`).

mod caught;
pub mod conversation;
pub mod lines;
