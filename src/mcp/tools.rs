//! `tools/call`. What the tool itself gets wrong is a result with `isError`, so that the model can do better; what the
//! client gets wrong is an error.

use mxcp_actors::domain::audit_event::OperationType;

use super::arguments::Arguments;
use super::call::{self, CallFailure};
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
        return Err(unknown(&call.name));
    };
    let headers = headers.filter(|_| asked.version.era() == Era::Modern);
    let repeated = headers.map_or(Ok(()), |headers| {
        parameter::check(headers, &tool.header_parameters, call.arguments)
    });
    let arguments = match &repeated {
        Ok(()) => Arguments::Json(call.arguments),
        Err(mismatch) => Arguments::Mismatched(call.arguments, mismatch),
    };
    let outcome = call::call(server, asked, &tool.endpoint, arguments).await;
    let result = match &outcome {
        Ok(json) => tool.result(json),
        Err(failure) if catalog.hides(failure) => return Err(unknown(&call.name)),
        Err(CallFailure::Headers(mismatch)) => return Err(mismatch.clone().into()),
        Err(CallFailure::InsufficientScope(required)) => {
            return Err(RpcError::insufficient_scope(required.clone()));
        }
        // The words that users of MXCP know, and the reason.
        Err(failure) => CallToolResult::error(format!("Error executing tool {}: {failure}", call.name)),
    };
    Ok(response::result(asked.id, &result, server.shape(asked.version)))
}

/// There is no such tool, as far as the caller may know.
fn unknown(name: &str) -> RpcError {
    RpcError::invalid_params(&format!("Unknown tool: {name}"))
}
