//! mxcp-actor: a production MCP server with OAuth 2.1 and SQL inside.
//!
//! The rooms, from the outside in; each may use those after it, never those before it:
//!
//! - [`cli`]: one file per subcommand.
//! - [`app`]: the composition root and the life of the process.
//! - [`config`]: what the files, the environment and the flags say; read by `app` alone.
//! - [`yaml`]: YAML with the place of every value, for `config` and for definitions.
//! - [`http`]: translation between HTTP and use cases, nothing else.
//! - [`mcp`]: the Model Context Protocol without HTTP. [`oauth`]: the authorization server without HTTP.
//! - [`admin`]: what an operator sees and does, without HTTP.
//! - [`doctor`]: another server examined from outside, as its clients see it.
//! - [`endpoints`]: tools, resources and prompts, from YAML to a snapshot that answers calls. [`policy`]: who may make these
//!   calls and what they see of the answers; a part of each definition, in a room of its own.
//! - `json`: objects taken apart, for every room that judges JSON.
//!
//! What the server does, independent of how it is asked, lives in the core crate `mxcp-actors`.

pub mod admin;
pub mod app;
pub mod cli;
pub mod config;
pub mod doctor;
pub mod endpoints;
pub mod http;
mod json;
pub mod mcp;
pub mod oauth;
pub mod policy;
pub mod yaml;
