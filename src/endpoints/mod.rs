//! Tools, resources and prompts: from YAML files to a snapshot that answers calls.
//!
//! The way of a definition: [`load`] finds files and reads them into the [`model`]; [`check`] prepares the SQL, without running
//! any of it, and makes definitions runnable; the [`registry`] is the snapshot that requests look things up in. A call then
//! turns arguments into values ([`params`]), and its result is held against the declared type ([`result`]) or rendered
//! ([`prompt`]). [`completion`] is what arguments can be completed to. After loading, nothing here touches a file.
//!
//! Must not live here: the protocol, the meaning of policies, the execution of SQL.

pub mod built_in;
pub mod check;
pub mod completion;
mod duration;
#[cfg(test)]
mod fixture;
mod format;
pub mod load;
pub mod model;
pub mod number;
pub mod params;
pub mod prompt;
pub mod registry;
pub mod result;
pub mod schema;
mod temporal;
pub mod uri_template;
