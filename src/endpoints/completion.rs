//! What an argument of a prompt, or a variable of a resource's URI, can be completed to while a person types it.
//!
//! Must not live here: how clients ask (`mcp::completion`), the check of the queries (`check::completion`).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::registry::Routine;

/// Where the values for one argument come from.
#[derive(Debug, Clone)]
pub enum Completion {
    /// The accepted values of its type (`enum`), as text.
    Values(Vec<String>),
    /// A query (`complete`) that answers one column, best first. Its parameter of the argument's name is what was typed so far;
    /// the others are what is known of the other arguments, or null.
    Query(Arc<Routine>),
}

/// The arguments that can be completed, by name.
pub type Completions = BTreeMap<String, Completion>;
