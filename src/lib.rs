//! mxcp-actor: a production MCP server with OAuth 2.1 and SQL inside.
//!
//! The rooms, from the outside in; each may use those after it, never those before it:
//!
//! - [`cli`]: one file per subcommand.
//! - [`app`]: the composition root and the life of the process.
//! - [`http`]: translation between HTTP and use cases, nothing else.
//!
//! What the server does, independent of how it is asked, lives in the core crate `mxcp-actors`.

pub mod app;
pub mod cli;
pub mod http;
