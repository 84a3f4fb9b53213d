//! The Model Context Protocol without HTTP.
//!
//! * [`wire`]: messages, headers, parameters and results as bytes, and nothing that decides.
//! * [`era`]: which of the two protocol eras a message belongs to.
//! * [`admission`]: the ordered checks between a parsed message and the dispatcher.
//! * [`server`]: an admitted request to an encoded response; `tools`, `resources`, `prompts` and `completion` are its features, and
//!   `call` is the one path that calls of all three take, under the policies that `enforcement` holds them to; `visibility`
//!   says who sees what.
//! * [`stdio`]: the conversation over standard input and output, without the streams.
//! * `external_token`: the caller's token at the identity provider, in SQL and not in answers; `upstream_token` renews it,
//!   `secret_text` finds it.
//! * [`direct`]: calls of commands, which take the same path without a message.
//! * `arguments`: what a call brings. [`catalog`]: what is offered; [`caller`]: who asks; [`calls`]: how many there were.
//! * [`sessions`]: legacy sessions, shared by all replicas; [`session`]: what runs in one of them here.
//!
//! Must not live here: an HTTP framework's types, I/O.

pub mod admission;
mod arguments;
mod call;
pub mod caller;
pub mod calls;
pub mod catalog;
mod completion;
pub mod direct;
mod enforcement;
pub mod era;
mod external_token;
mod prompts;
mod recording;
mod resources;
mod secret_text;
mod sensitivity;
pub mod server;
pub mod session;
pub mod sessions;
pub mod stdio;
mod tools;
mod turns;
mod upstream_token;
pub mod visibility;
pub mod wire;
