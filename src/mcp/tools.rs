//! `tools/list` and `tools/call`.

use std::sync::Arc;

use mxcp_actors::domain::audit_event::OperationType;
use mxcp_actors::error::CallError;
use mxcp_actors::sql_executor::engine::error::QueryError;
use mxcp_actors::sql_executor::messages::{QueryText, RunQuery};

use super::catalog::Tool;
use super::recording::{Recording, Subject};
use super::server::{Asked, McpServer};
use super::wire::headers::{RequestHeaders, parameter};
use super::wire::params::{CallToolParams, ListParams};
use super::wire::result::CallToolResult;
use super::wire::{Era, RpcError, response};
use crate::endpoints::params::ArgumentError;
use crate::endpoints::registry::Program;
use crate::endpoints::result::OutputError;

/// All tools, in one page. A cursor that was not given out here is wrong.
pub(super) fn list(
    server: &McpServer,
    asked: &Asked<'_>,
    list: &ListParams<'_>,
) -> Result<Vec<u8>, RpcError> {
    if list.cursor.is_some() {
        return Err(RpcError::invalid_params("params.cursor: unknown cursor"));
    }
    let catalog = server.catalog();
    Ok(response::encoded_result(
        asked.id,
        &catalog.tools_list(server.shape(asked.version)),
    ))
}

/// One call: the tool, its arguments, its query, its answer. What the tool itself gets wrong is a result with `isError`,
/// so that the model can do better; what the client gets wrong is an error.
pub(super) async fn call<H: RequestHeaders + ?Sized>(
    server: &McpServer,
    asked: &Asked<'_>,
    call: &CallToolParams<'_>,
    headers: Option<&H>,
) -> Result<Vec<u8>, RpcError> {
    let catalog = server.catalog();
    let tool = catalog.tool(&call.name).ok_or_else(|| unknown(&call.name))?;
    if asked.version.era() == Era::Modern
        && let Some(headers) = headers
    {
        parameter::check(headers, &tool.header_parameters, call.arguments)?;
    }
    let subject = Subject {
        kind: OperationType::Tool,
        name: &tool.definition.definition.name.value,
        sensitivity: &tool.sensitivity,
    };
    let outcome = recorded(server, asked, tool, subject, call).await;
    let result = match &outcome {
        Ok(json) => tool.result(json),
        Err(failure) => CallToolResult::error(failure.told(&call.name)),
    };
    Ok(response::result(asked.id, &result, server.shape(asked.version)))
}

fn unknown(name: &str) -> RpcError {
    RpcError::invalid_params(&format!("Unknown tool: {name}"))
}

/// Why a call has no answer.
#[derive(Debug, thiserror::Error)]
enum CallFailure {
    #[error("{}", lines(.0))]
    Arguments(Vec<ArgumentError>),
    #[error("{0}")]
    Query(#[from] QueryError),
    #[error("{0}")]
    Output(#[from] OutputError),
    #[error("{0}")]
    Actor(#[from] CallError),
}

impl CallFailure {
    /// The words that users of MXCP know, and the reason.
    fn told(&self, tool: &str) -> String {
        format!("Error executing tool {tool}: {self}")
    }
}

/// One line for each wrong argument.
fn lines(errors: &[ArgumentError]) -> String {
    errors
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

/// The call with its record around it.
async fn recorded(
    server: &McpServer,
    asked: &Asked<'_>,
    tool: &Tool,
    subject: Subject<'_>,
    call: &CallToolParams<'_>,
) -> Result<Vec<u8>, CallFailure> {
    let mut recording = Recording::begin(server, asked, subject, call.arguments)?;
    let outcome = run(server, asked, tool, call, &mut recording).await;
    recording.finish(match &outcome {
        Ok(json) => Ok(json),
        Err(failure) => Err(failure.to_string()),
    });
    outcome
}

async fn run(
    server: &McpServer,
    asked: &Asked<'_>,
    tool: &Tool,
    call: &CallToolParams<'_>,
    recording: &mut Recording<'_>,
) -> Result<Vec<u8>, CallFailure> {
    let Program::Sql(statement) = &tool.definition.program;
    let parameters = tool
        .definition
        .parameters
        .read_json(call.arguments)
        .map_err(CallFailure::Arguments)?;
    let query = RunQuery {
        context: asked.context(),
        statement: QueryText::Owner(statement.clone()),
        parameters,
        caller: Arc::new(asked.caller.sql_identity()),
        plan: Arc::clone(&tool.plan),
        limits: tool.limits,
    };
    let outcome = server.executor().ask(query).await?;
    recording.times = Some((outcome.waited, outcome.ran));
    let json = outcome.result?.json;
    tool.check(&json)?;
    Ok(json)
}
