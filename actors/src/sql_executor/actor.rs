//! The actors: take queries in and hand them to the queue. Also what owns the workers.

use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, Context, Handler};

use super::admission::AdmissionLimits;
use super::cancel::{Deadlines, RunningDeadlines};
use super::engine::generation::Generation;
use super::messages::{QueryOutcome, RunQuery};
use super::places::RunId;
pub use super::queue::WriteOffRule;
use super::queue::{Queue, RETRY_AFTER};
use super::runner::{DuckdbRunner, Runner};
use super::status::SqlMonitor;
use super::worker::Worker;
use crate::error::CallError;
use crate::handle::{Carried, Handle, HandleSettings};

/// What the executor is given.
#[derive(Debug, Clone, Copy)]
pub struct SqlExecutorSettings {
    /// Queries that run at once: one worker thread each.
    pub workers: usize,
    /// What may wait, and what one caller may run.
    pub admission: AdmissionLimits,
    /// What becomes of queries that do not stop when they are told to.
    pub write_off: WriteOffRule,
    /// How long a query may wait for a worker, with the answer's way back, before its caller gives up. How long it may run
    /// is its own limit.
    pub deadline: Duration,
}

/// Runs SQL on behalf of callers, one actor for each thread that asks, all before one queue. See the module's documentation.
pub struct SqlExecutor {
    queue: Arc<Queue>,
}

impl Actor for SqlExecutor {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        // Admission has bounded what can be on its way; the mailbox only has to hold it.
        context.set_mailbox_capacity(MAILBOX);
    }
}

/// How long a stop waits for queries that were told to end and are about to take effect, or to be given up.
const LONGEST_STOP: Duration = Duration::from_secs(5);

/// A message stays in the mailbox for microseconds: handling it is putting it into a queue.
const MAILBOX: usize = 4_096;

impl Handler<Carried<RunQuery>> for SqlExecutor {
    type Result = ();

    fn handle(&mut self, message: Carried<RunQuery>, _context: &mut Self::Context) {
        let (query, reply) = message.split();
        self.queue.admit(query, reply);
    }
}

/// The actors of one queue.
#[derive(Clone)]
pub struct SqlExecutors {
    handle: Handle<SqlExecutor>,
    queue: Arc<Queue>,
}

impl SqlExecutors {
    /// Asks the actor that was started first, from any thread.
    pub fn handle(&self) -> Handle<SqlExecutor> {
        self.handle.clone()
    }

    /// Starts one more actor, on the current arbiter. A thread that asks its own actor need not wake another one to do so,
    /// which is a tenth of what a small query costs; what may wait, and what is counted, is the same.
    pub fn beside_caller(&self) -> Handle<SqlExecutor> {
        let queue = Arc::clone(&self.queue);
        self.handle.at(SqlExecutor { queue }.start())
    }
}

/// The executor from outside: the means to ask it, and to stop it in order.
pub struct RunningSqlExecutor {
    /// The actors.
    pub executors: SqlExecutors,
    deadlines: RunningDeadlines,
}

impl SqlExecutor {
    /// Starts the first actor on the current arbiter, and the workers on threads of their own.
    pub fn launch(
        generation: &Arc<Generation>,
        settings: SqlExecutorSettings,
    ) -> std::io::Result<RunningSqlExecutor> {
        let generation = Arc::clone(generation);
        Self::launch_with(DuckdbRunner { generation }, settings)
    }

    /// The same with anything that runs queries.
    pub(super) fn launch_with<R: Runner>(
        runner: R,
        settings: SqlExecutorSettings,
    ) -> std::io::Result<RunningSqlExecutor> {
        let count = settings.workers.max(1);
        let queue = Queue::new(settings.admission, count, settings.write_off);
        let worker = Worker {
            queue: Arc::clone(&queue),
            runner: Arc::new(runner),
            deadlines: Deadlines::new(settings.write_off.grace),
        };
        for place in 0..count {
            worker.start(place)?;
        }
        let deadlines = worker.deadlines.clone();
        let deadlines = deadlines.start(move |run| replace(&worker, run))?;
        let address = Self {
            queue: Arc::clone(&queue),
        }
        .start();
        let handle = Handle::new(address, handle_settings(settings, count));
        let executors = SqlExecutors { handle, queue };
        Ok(RunningSqlExecutor { executors, deadlines })
    }
}

impl Handle<SqlExecutor> {
    /// Runs a query, and waits for it as long as it may take.
    pub async fn run(&self, query: RunQuery) -> Result<QueryOutcome, CallError> {
        let longest_run = query.limits.timeout;
        self.ask_longer(query, longest_run).await
    }
}

/// Gives up a query that does not stop, and starts a worker in the place of its own.
fn replace<R: Runner>(worker: &Worker<R>, run: RunId) {
    if let Some(place) = worker.queue.write_off(run)
        && let Err(error) = worker.start(place)
    {
        log::error!("no worker can be started in the place of one that does not come back: {error}");
        worker.queue.hold(place);
    }
}

fn handle_settings(settings: SqlExecutorSettings, workers: usize) -> HandleSettings {
    HandleSettings {
        name: "sql_executor",
        // Everything that waits or runs, and as many answers on their way back.
        capacity: settings.admission.max_waiting + 2 * workers,
        deadline: settings.deadline,
        retry_after: RETRY_AFTER,
    }
}

impl RunningSqlExecutor {
    /// Looks at the executor, for metrics and for operators.
    pub fn monitor(&self) -> SqlMonitor {
        SqlMonitor(Arc::clone(&self.executors.queue))
    }

    /// Queries that wait, and queries that run.
    pub fn depth(&self) -> (usize, usize) {
        self.executors.queue.depth()
    }

    /// Takes no more queries, answers those that wait, and lets those that run go on.
    pub fn close(&self) {
        self.executors.queue.close();
    }

    /// Takes no more queries, answers those that wait, and stops those that run; their callers are told why.
    pub fn interrupt(&self) {
        self.executors.queue.close();
        self.executors.queue.cancel_running();
    }

    /// Stops what still runs, and waits for the workers, but not for those whose queries do not stop: they end with the
    /// process.
    pub fn stop(self) {
        self.interrupt();
        let left = self.executors.queue.wait_for_workers(LONGEST_STOP);
        if left > 0 {
            log::error!("{left} SQL workers do not stop, because DuckDB does not; they end with the process");
        }
        self.deadlines.stop();
    }
}
