//! What the executor did and does, in numbers, for metrics and for operators.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::engine::error::QueryError;
use super::queue::Queue;
use crate::domain::call_context::CallContext;
use crate::domain::cancel::CancelReason;
use crate::measure::{Histogram, HistogramStatus};

/// How a query ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryEnd {
    /// With an answer.
    Succeeded,
    /// The database, or the checks on its answer, said no.
    Failed,
    /// The answer grew beyond a limit.
    SizeLimit,
    /// It took longer than it may.
    TimeLimit,
    /// The client went away.
    ClientGone,
    /// The client cancelled it.
    ClientCancelled,
    /// An operator stopped it.
    Operator,
    /// The server stopped.
    Shutdown,
    /// It panicked.
    Crashed,
    /// There was no place in the queue.
    Refused,
}

impl QueryEnd {
    /// Every end, in the order of the enum.
    pub const ALL: [Self; 10] = [
        Self::Succeeded,
        Self::Failed,
        Self::SizeLimit,
        Self::TimeLimit,
        Self::ClientGone,
        Self::ClientCancelled,
        Self::Operator,
        Self::Shutdown,
        Self::Crashed,
        Self::Refused,
    ];

    /// The word for it in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "success",
            Self::Failed => "error",
            Self::SizeLimit => "size_limit",
            Self::TimeLimit => "time_limit",
            Self::ClientGone => "client_gone",
            Self::ClientCancelled => "client_cancelled",
            Self::Operator => "operator",
            Self::Shutdown => "shutdown",
            Self::Crashed => "crash",
            Self::Refused => "refused",
        }
    }
}

impl From<&QueryError> for QueryEnd {
    fn from(error: &QueryError) -> Self {
        match error {
            QueryError::Limit(_) => Self::SizeLimit,
            QueryError::Cancelled(reason) => (*reason).into(),
            QueryError::Duckdb(_)
            | QueryError::StatementCount(_)
            | QueryError::PivotWithoutValues
            | QueryError::Refused(_)
            | QueryError::Parameter { .. }
            | QueryError::Shape(_)
            | QueryError::Ambiguous(_)
            | QueryError::Encode { .. } => Self::Failed,
        }
    }
}

impl From<CancelReason> for QueryEnd {
    fn from(reason: CancelReason) -> Self {
        match reason {
            CancelReason::TimeLimit(_) => Self::TimeLimit,
            CancelReason::ClientGone => Self::ClientGone,
            CancelReason::ClientCancelled => Self::ClientCancelled,
            CancelReason::Operator => Self::Operator,
            CancelReason::Shutdown => Self::Shutdown,
        }
    }
}

/// Counters of the queue and its workers.
#[derive(Debug, Default)]
pub(super) struct Counts {
    ends: [AtomicU64; QueryEnd::ALL.len()],
    waited: Histogram,
    ran: Histogram,
}

impl Counts {
    pub(super) fn ended(&self, end: QueryEnd) {
        if let Some(count) = self.ends.get(end as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn waited(&self, duration: Duration) {
        self.waited.record(duration);
    }

    pub(super) fn ran(&self, duration: Duration) {
        self.ran.record(duration);
    }

    pub(super) fn status(&self) -> (Vec<(QueryEnd, u64)>, HistogramStatus, HistogramStatus) {
        let ends = QueryEnd::ALL.iter().zip(&self.ends);
        let ends = ends.map(|(end, count)| (*end, count.load(Ordering::Relaxed)));
        (ends.collect(), self.waited.status(), self.ran.status())
    }
}

/// A query that a worker runs.
pub(super) struct OnWorker {
    pub(super) context: CallContext,
    pub(super) since: Instant,
}

/// A running query as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunningQuery {
    /// The request that it belongs to.
    pub request_id: Arc<str>,
    /// Whose share of the workers it uses.
    pub share: Arc<str>,
    /// How long it has been running.
    pub running: Duration,
}

/// The executor at one moment.
#[derive(Debug, Clone)]
pub struct SqlStatus {
    /// Worker threads.
    pub workers: usize,
    /// Queries that wait.
    pub waiting: usize,
    /// Queries that may wait.
    pub most_waiting: usize,
    /// Queries that run.
    pub running: Vec<RunningQuery>,
    /// Whether the executor takes no more queries.
    pub is_closed: bool,
    /// Queries so far, by their end.
    pub ends: Vec<(QueryEnd, u64)>,
    /// How long queries waited for a worker.
    pub waited: HistogramStatus,
    /// How long queries ran.
    pub ran: HistogramStatus,
}

/// Looks at the executor. Cheap to clone.
#[derive(Clone)]
pub struct SqlMonitor(pub(super) Arc<Queue>);

impl SqlMonitor {
    /// The numbers now.
    pub fn status(&self) -> SqlStatus {
        self.0.status()
    }

    /// Waits until the database has given itself up, after a failure of its own: no query succeeds from then on.
    pub async fn lost(&self) {
        self.0.lost().await;
    }
}
