//! `tools/call`. What the tool itself gets wrong is a result with `isError`, so that the model can do better; what the
//! client gets wrong is an error.

use mxcp_actors::domain::audit_event::OperationType;

use super::call::{self, Arguments, CallFailure};
use super::recording::Recording;
use super::server::{Asked, McpServer};
use super::wire::headers::{RequestHeaders, parameter};
use super::wire::params::CallToolParams;
use super::wire::result::CallToolResult;
use super::wire::{Era, RpcError, response};

/// One call: the tool, its arguments, its answer.
pub(super) async fn call<H: RequestHeaders + ?Sized>(
    server: &McpServer,
    asked: &Asked<'_>,
    call: &CallToolParams<'_>,
    headers: Option<&H>,
) -> Result<Vec<u8>, RpcError> {
    let catalog = server.catalog();
    let Some(tool) = catalog.tool(&call.name) else {
        Recording::not_offered(server, asked, OperationType::Tool, &call.name, "Unknown tool");
        return Err(RpcError::invalid_params(&format!("Unknown tool: {}", call.name)));
    };
    if asked.version.era() == Era::Modern
        && let Some(headers) = headers
    {
        parameter::check(headers, &tool.header_parameters, call.arguments)?;
    }
    let outcome = call::call(server, asked, &tool.endpoint, Arguments::Json(call.arguments)).await;
    let result = match &outcome {
        Ok(json) => tool.result(json),
        Err(CallFailure::InsufficientScope(required)) => {
            return Err(RpcError::insufficient_scope(required.clone()));
        }
        // The words that users of MXCP know, and the reason.
        Err(failure) => CallToolResult::error(format!("Error executing tool {}: {failure}", call.name)),
    };
    Ok(response::result(asked.id, &result, server.shape(asked.version)))
}
