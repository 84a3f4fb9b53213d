//! `resources/read`.
//!
//! A resource that declares one row or one value and finds none is not there for this caller: the answer is the same as
//! for a URI that nobody knows, so that it tells nothing about what others have.

use mxcp_actors::domain::audit_event::OperationType;
use mxcp_actors::sql_executor::engine::error::QueryError;
use mxcp_actors::sql_executor::engine::plan::ShapeError;

use super::arguments::Arguments;
use super::call::{self, CallFailure};
use super::recording::Recording;
use super::server::{Asked, McpServer};
use super::wire::params::ReadResourceParams;
use super::wire::result::{CacheHint, CacheScope, ReadResourceResult};
use super::wire::{RpcError, response};

/// What a resource holds depends on the caller and on the moment.
const NEVER_KEPT: CacheHint = CacheHint {
    ttl_milliseconds: 0,
    scope: CacheScope::Private,
};

/// Reads the resource that the URI names.
pub(super) async fn read(
    server: &McpServer,
    asked: &Asked<'_>,
    read: &ReadResourceParams<'_>,
) -> Result<Vec<u8>, RpcError> {
    let catalog = server.catalog();
    let Some(found) = catalog.resource(&read.uri) else {
        Recording::not_offered(
            server,
            asked,
            OperationType::Resource,
            &read.uri,
            "Unknown resource",
        );
        return Err(RpcError::resource_not_found(&read.uri));
    };
    let outcome = call::call(server, asked, found.endpoint, Arguments::Texts(&found.variables)).await;
    let json = outcome.map_err(|failure| match catalog.hides(&failure) {
        true => RpcError::resource_not_found(&read.uri),
        false => refused(&failure, &read.uri, &found.endpoint.name),
    })?;
    let result = ReadResourceResult {
        contents: vec![found.contents.holding(&read.uri, &json)],
        cache: NEVER_KEPT,
    };
    Ok(response::result(asked.id, &result, server.shape(asked.version)))
}

fn refused(failure: &CallFailure, uri: &str, name: &str) -> RpcError {
    match failure {
        CallFailure::Query(QueryError::Shape(ShapeError::NoRow)) => RpcError::resource_not_found(uri),
        other => other.to_error(&format!("reading resource {name}")),
    }
}
