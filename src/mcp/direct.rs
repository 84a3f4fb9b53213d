//! Calls without the protocol around them, for commands: the path of every client's call, and its result as JSON.

use serde_json::value::RawValue;

use super::arguments::Arguments;
use super::call;
use super::caller::Caller;
use super::catalog::{Catalog, Endpoint};
use super::server::{Asked, McpServer};
use crate::endpoints::model::Kind;

/// What is called, and how.
#[derive(Clone, Copy, Debug)]
pub struct DirectCall<'a> {
    /// A tool, a resource or a prompt.
    pub kind: Kind,
    /// Its name; a resource's URI as its definition has it.
    pub name: &'a str,
    /// The arguments: an object.
    pub arguments: &'a RawValue,
}

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum DirectCallError {
    /// Nothing of that kind has this name.
    #[error("Endpoint '{name}' not found in {kind}s")]
    NotFound {
        /// The kind.
        kind: Kind,
        /// The name.
        name: String,
    },
    /// The call failed.
    #[error("{0}")]
    Failed(String),
}

impl DirectCallError {
    /// There is nothing to call.
    pub fn not_found(call: DirectCall<'_>) -> Self {
        Self::NotFound {
            kind: call.kind,
            name: call.name.to_owned(),
        }
    }
}

/// Calls an endpoint as a client would, and answers the JSON of its result; the messages of a prompt are a list.
pub async fn call(
    server: &McpServer,
    caller: &Caller,
    call: DirectCall<'_>,
) -> Result<Vec<u8>, DirectCallError> {
    let catalog = server.catalog();
    let endpoint = find(&catalog, call).ok_or_else(|| DirectCallError::not_found(call))?;
    let asked = Asked::directly(caller);
    let outcome = call::call(server, &asked, endpoint, Arguments::Json(Some(call.arguments))).await;
    outcome.map_err(|failure| DirectCallError::Failed(failure.to_string()))
}

fn find<'a>(catalog: &'a Catalog, call: DirectCall<'_>) -> Option<&'a Endpoint> {
    match call.kind {
        Kind::Tool => catalog.tool(call.name).map(|tool| &tool.endpoint),
        Kind::Prompt => catalog.prompt(call.name).map(|prompt| &prompt.endpoint),
        Kind::Resource => catalog.resource_as_written(call.name),
    }
}
