//! What the executor did and does, in numbers, for metrics and for operators.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::engine::error::QueryError;
use super::messages::QueryOutcome;
use super::queue::Queue;
use crate::domain::call_context::CallContext;
use crate::domain::cancel::CancelReason;
use crate::handle::Reply;
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
            | QueryError::Untyped { .. }
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
    written_off: AtomicU64,
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

    pub(super) fn wrote_off(&self) {
        self.written_off.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn written_off(&self) -> u64 {
        self.written_off.load(Ordering::Relaxed)
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
    pub(super) endpoint: Arc<str>,
    pub(super) waited: Duration,
    pub(super) since: Instant,
    /// The way to the caller. Whoever takes the query from its place answers it.
    pub(super) reply: Reply<QueryOutcome>,
}

/// A query that was told to stop, did not, and runs on. Its caller is answered.
pub(super) struct WrittenOff {
    pub(super) request_id: Arc<str>,
    pub(super) share: Arc<str>,
    pub(super) endpoint: Arc<str>,
    pub(super) since: Instant,
    pub(super) at: Instant,
}

/// A running query as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunningQuery {
    /// The request that it belongs to.
    pub request_id: Arc<str>,
    /// Whose share of the workers it uses.
    pub share: Arc<str>,
    /// What was called.
    pub endpoint: Arc<str>,
    /// How long it has been running.
    pub running: Duration,
    /// How long ago it was written off, because it did not stop when it was told to.
    pub written_off: Option<Duration>,
}

impl From<&OnWorker> for WrittenOff {
    fn from(query: &OnWorker) -> Self {
        Self {
            request_id: Arc::clone(&query.context.request_id),
            share: Arc::clone(&query.context.share),
            endpoint: Arc::clone(&query.endpoint),
            since: query.since,
            at: Instant::now(),
        }
    }
}

impl From<&OnWorker> for RunningQuery {
    fn from(query: &OnWorker) -> Self {
        Self {
            request_id: Arc::clone(&query.context.request_id),
            share: Arc::clone(&query.context.share),
            endpoint: Arc::clone(&query.endpoint),
            running: query.since.elapsed(),
            written_off: None,
        }
    }
}

impl From<&WrittenOff> for RunningQuery {
    fn from(query: &WrittenOff) -> Self {
        Self {
            request_id: Arc::clone(&query.request_id),
            share: Arc::clone(&query.share),
            endpoint: Arc::clone(&query.endpoint),
            running: query.since.elapsed(),
            written_off: Some(query.at.elapsed()),
        }
    }
}

/// Queries that did not stop when they were told to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteOffStatus {
    /// Those that run on.
    pub running: Vec<RunningQuery>,
    /// How many of them have somebody in their worker's place.
    pub stand_ins: usize,
    /// How many may have.
    pub most_stand_ins: usize,
    /// So far, those that have ended included.
    pub ever: u64,
}

/// What is left of the workers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Staffing {
    /// Every query that does not stop has somebody in its worker's place, and the next one will.
    Whole,
    /// The next query that does not stop costs a worker, or some have.
    Exhausted,
    /// No worker is left: nothing runs until one comes back, if ever.
    NobodyLeft,
}

/// The executor at one moment.
#[derive(Debug, Clone)]
pub struct SqlStatus {
    /// Queries that can run at once.
    pub workers: usize,
    /// Workers that are there for queries: fewer than `workers` once no more of those that do not come back are replaced.
    pub staffed: usize,
    /// Queries that wait.
    pub waiting: usize,
    /// Queries that may wait.
    pub most_waiting: usize,
    /// Queries that run.
    pub running: Vec<RunningQuery>,
    /// Queries that were given up.
    pub written_off: WriteOffStatus,
    /// Whether the executor takes no more queries.
    pub is_closed: bool,
    /// Queries so far, by their end.
    pub ends: Vec<(QueryEnd, u64)>,
    /// How long queries waited for a worker.
    pub waited: HistogramStatus,
    /// How long queries ran.
    pub ran: HistogramStatus,
}

impl SqlStatus {
    /// What is left of the workers.
    pub fn staffing(&self) -> Staffing {
        let written_off = &self.written_off;
        match self.staffed {
            0 if !self.is_closed => Staffing::NobodyLeft,
            staffed if staffed < self.workers || written_off.stand_ins >= written_off.most_stand_ins => {
                Staffing::Exhausted
            }
            _ => Staffing::Whole,
        }
    }
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
