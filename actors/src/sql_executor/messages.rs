//! What the SqlExecutor can be asked.

use std::sync::Arc;
use std::time::Duration;

use super::engine::error::QueryError;
use super::engine::identity::SqlIdentity;
use super::engine::limits::ResultLimits;
use super::engine::plan::OutputPlan;
use super::engine::session::EncodedResult;
use super::engine::statement::Statement;
use super::value::SqlValue;
use crate::domain::call_context::CallContext;
use crate::handle::Request;

/// A tool, resource or built-in runs its statement: one query on behalf of one caller.
pub struct RunQuery {
    /// The call that the query belongs to; its share of the workers, and how it is stopped.
    pub context: CallContext,
    /// What was called, as operators know it: the name of a tool or prompt, the URI of a resource.
    pub endpoint: Arc<str>,
    /// What runs.
    pub statement: QueryText,
    /// Values by parameter name, without `$`.
    pub parameters: Vec<(String, SqlValue)>,
    /// The caller, as SQL sees it.
    pub caller: Arc<SqlIdentity>,
    /// Columns and shape of the answer.
    pub plan: Arc<OutputPlan>,
    /// How large the answer may grow, and how long it may take.
    pub limits: QueryLimits,
}

/// Whose SQL it is.
#[derive(Debug, Clone)]
pub enum QueryText {
    /// The project owner's, checked at load.
    Owner(Statement),
    /// The caller's, run under the guard.
    Caller(Arc<str>),
}

/// Limits of one query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueryLimits {
    /// The longest time from the start of the run to its last row. Waiting for a worker does not count.
    pub timeout: Duration,
    /// Limits of the answer.
    pub result: ResultLimits,
}

impl Default for QueryLimits {
    /// 30 seconds: what the impatient among the clients wait for an answer.
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            result: ResultLimits::default(),
        }
    }
}

/// What became of a query.
#[derive(Debug)]
pub struct QueryOutcome {
    /// The answer, or why there is none.
    pub result: Result<EncodedResult, QueryError>,
    /// How long it waited for a worker.
    pub waited: Duration,
    /// How long it ran.
    pub ran: Duration,
}

impl Request for RunQuery {
    type Answer = QueryOutcome;
}
