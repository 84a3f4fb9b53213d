//! One call of a tool, a resource or a prompt: read the arguments, run, check the result, record all of it.
//!
//! Every kind takes this path, so that what protects one protects all. Must not live here: how a result or a failure
//! is told to the client, which differs by kind.

use std::sync::Arc;
use std::time::Duration;

use mxcp_actors::domain::scope::ScopeSet;
use mxcp_actors::error::CallError;
use mxcp_actors::sql_executor::engine::error::QueryError;
use mxcp_actors::sql_executor::engine::identity::SqlIdentity;
use mxcp_actors::sql_executor::engine::plan::OutputPlan;
use mxcp_actors::sql_executor::messages::{QueryText, RunQuery};
use mxcp_actors::sql_executor::value::SqlValue;

use super::arguments::Arguments;
use super::catalog::Endpoint;
use super::recording::Recording;
use super::server::{Asked, McpServer};
use super::upstream_token::UpstreamTokenError;
use super::wire::headers::HeaderMismatch;
use super::wire::{ErrorKind, RpcError};
use crate::endpoints::params::{ArgumentError, ParameterSet};
use crate::endpoints::prompt::{PromptError, PromptTemplates};
use crate::endpoints::registry::Program;
use crate::endpoints::result::OutputError;
use crate::policy::{Denial, UnreadableResult};

/// Why a call has no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallFailure {
    /// The caller's token was not granted what the definition asks for.
    #[error("this needs the scopes {0}")]
    InsufficientScope(ScopeSet),
    /// The headers of the message do not repeat its arguments as they must.
    #[error("{0}")]
    Headers(HeaderMismatch),
    /// The caller's arguments are wrong.
    #[error("{}", lines(.0))]
    Arguments(Vec<ArgumentError>),
    /// The query has no answer.
    #[error("{0}")]
    Query(#[from] QueryError),
    /// A message of a prompt cannot be rendered.
    #[error("{0}")]
    Prompt(#[from] PromptError),
    /// The answer is not what the definition declares.
    #[error("{0}")]
    Output(#[from] OutputError),
    /// The identity provider's token that the query asks for cannot be had.
    #[error("{0}")]
    UpstreamToken(#[from] UpstreamTokenError),
    /// Any of these, with the caller's token taken out of what it said.
    #[error("{0}")]
    Redacted(String),
    /// There was no one to run it.
    #[error("{0}")]
    Actor(#[from] CallError),
    /// No worker was free: those that this caller may use are held by queries that DuckDB does not stop.
    #[error("no answer came within the limit of {} ms (query_timeout_ms): the query, or others before it, did not stop when they were told to", .0.as_millis())]
    Overrun(Duration),
    /// The policies refuse the call or its answer.
    #[error("{0}")]
    Denied(#[from] Denial),
    /// The policies hide something of an answer that cannot be read.
    #[error("{0}")]
    Unreadable(#[from] UnreadableResult),
    /// The query failed, and its message may quote what policies hide from this caller.
    #[error("the query failed; the reason is withheld because policies hide parts of the result")]
    Withheld,
    /// The answer cannot be written.
    #[error("the answer cannot be written: {0}")]
    Encoding(#[from] serde_json::Error),
}

/// One line for each wrong argument.
fn lines(errors: &[ArgumentError]) -> String {
    errors
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

impl CallFailure {
    /// The failure as an error of the protocol, for methods whose results cannot be failures. `act` is what was being done,
    /// such as `reading resource notes://mine`.
    pub(super) fn to_error(&self, act: &str) -> RpcError {
        let told = || format!("Error {act}: {self}");
        match self {
            Self::InsufficientScope(required) => RpcError::insufficient_scope(required.clone()),
            Self::Headers(mismatch) => mismatch.clone().into(),
            Self::Arguments(_) => RpcError::invalid_params(&self.to_string()),
            Self::Denied(_) => RpcError::new(ErrorKind::InvalidParams, told()),
            Self::Query(_)
            | Self::Prompt(_)
            | Self::Output(_)
            | Self::UpstreamToken(_)
            | Self::Redacted(_)
            | Self::Actor(_)
            | Self::Overrun(_)
            | Self::Unreadable(_)
            | Self::Withheld
            | Self::Encoding(_) => RpcError::internal(told()),
        }
    }
}

/// A call that is under way.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    pub(super) server: &'a McpServer,
    pub(super) asked: &'a Asked<'a>,
    pub(super) endpoint: &'a Endpoint,
}

/// Calls an endpoint and answers its result as JSON. Whatever becomes of the call is recorded.
pub(super) async fn call(
    server: &McpServer,
    asked: &Asked<'_>,
    endpoint: &Endpoint,
    arguments: Arguments<'_>,
) -> Result<Vec<u8>, CallFailure> {
    let mut recording = Recording::begin(server, asked, endpoint, arguments.recorded())?;
    let call = Call {
        server,
        asked,
        endpoint,
    };
    let outcome = call.run(arguments, &mut recording).await;
    let outcome = call.without_secrets(outcome, &recording.secrets);
    if let Err(CallFailure::Denied(denial)) = &outcome
        && denial.failure.is_some()
    {
        log::warn!("{}", denial.log_line());
    }
    recording.finish(match &outcome {
        Ok(json) => Ok(json),
        Err(failure) => Err(failure.to_string()),
    });
    outcome
}

impl Call<'_> {
    async fn run(
        &self,
        arguments: Arguments<'_>,
        recording: &mut Recording<'_>,
    ) -> Result<Vec<u8>, CallFailure> {
        let Endpoint { routine, scopes, .. } = self.endpoint;
        if !self.asked.caller.was_granted(scopes) {
            let refusal = CallFailure::InsufficientScope(scopes.clone());
            recording.refused = Some(refusal.to_string());
            return Err(refusal);
        }
        let user = self.policy_user(recording)?;
        let arguments = arguments.read(&routine.parameters)?;
        recording.add_defaults(&routine.parameters, &arguments);
        match user {
            None => self.produce(arguments, &self.endpoint.plan, recording).await,
            Some(user) => self.under_policies(user, arguments, recording).await,
        }
    }

    /// The checked result, in which `plan` leaves out what it leaves out.
    pub(super) async fn produce(
        &self,
        arguments: Vec<(String, SqlValue)>,
        plan: &Arc<OutputPlan>,
        recording: &mut Recording<'_>,
    ) -> Result<Vec<u8>, CallFailure> {
        let routine = &self.endpoint.routine;
        let json = match &routine.program {
            Program::Sql(statement) => {
                let text = QueryText::Owner(statement.clone());
                let query = |identity| self.query((text.clone(), arguments.clone()), identity, plan);
                self.answer_with_token(query, recording).await?
            }
            Program::CallerSql {
                sees_external_token: true,
            } => {
                let text = QueryText::Caller(statement(arguments).into());
                let query = |identity| self.query((text.clone(), Vec::new()), identity, plan);
                self.answer_with_token(query, recording).await?
            }
            Program::CallerSql {
                sees_external_token: false,
            } => {
                let text = QueryText::Caller(statement(arguments).into());
                let identity = self.asked.caller.sql_identity().without_external_token();
                let query = self.query((text, Vec::new()), identity, plan);
                self.answer(query, recording).await?
            }
            Program::Messages(templates) => messages(templates, &routine.parameters, &arguments)?,
        };
        routine.output.check(&json, plan)?;
        Ok(json)
    }

    /// A statement with its values, as somebody.
    fn query(
        &self,
        (statement, parameters): (QueryText, Vec<(String, SqlValue)>),
        identity: SqlIdentity,
        plan: &Arc<OutputPlan>,
    ) -> RunQuery {
        RunQuery {
            context: self.asked.context(),
            endpoint: Arc::clone(&self.endpoint.name),
            statement,
            parameters,
            caller: Arc::new(identity),
            plan: Arc::clone(plan),
            limits: self.endpoint.limits,
        }
    }

    pub(super) async fn answer(
        &self,
        query: RunQuery,
        recording: &mut Recording<'_>,
    ) -> Result<Vec<u8>, CallFailure> {
        let turn = match &self.endpoint.turns {
            Some(turns) => Some(turns.take(query.limits.timeout).await?),
            None => None,
        };
        let limit = query.limits.timeout;
        let outcome = self.server.executor().run(query).await;
        let outcome = outcome.map_err(|error| self.overrun(error, limit))?;
        let waited = turn.map_or(Duration::ZERO, |turn| turn.waited) + outcome.waited;
        recording.times = Some((waited, outcome.ran));
        Ok(outcome.result?.json)
    }

    /// The limit in the place of a wait that was given up, and a line for whoever wonders where the workers are.
    fn overrun(&self, error: CallError, limit: Duration) -> CallFailure {
        if error != CallError::Timeout {
            return error.into();
        }
        log::warn!(
            "{}: no worker answered within query_timeout_ms ({} ms); a query that does not stop holds one (see /status)",
            self.endpoint.name,
            limit.as_millis()
        );
        CallFailure::Overrun(limit)
    }
}

/// The statement of a caller: the only argument that is a text.
fn statement(arguments: Vec<(String, SqlValue)>) -> String {
    let texts = arguments.into_iter().filter_map(|(_, value)| match value {
        SqlValue::Text(text) => Some(text),
        _ => None,
    });
    texts.collect()
}

/// The messages of a prompt as JSON, as policies and records see them.
fn messages(
    templates: &PromptTemplates,
    parameters: &ParameterSet,
    arguments: &[(String, SqlValue)],
) -> Result<Vec<u8>, CallFailure> {
    let messages = templates.render(&parameters.to_json(arguments))?;
    Ok(serde_json::to_vec(&messages)?)
}
