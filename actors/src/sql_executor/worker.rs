//! A worker: a plain thread with one session, which runs one query at a time.
//!
//! Not a sync actor: those share one unbounded first-in-first-out queue, and a panic ends the thread for good.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use super::messages::QueryOutcome;
use super::queue::{Job, Queue};
use super::runner::Runner;
use super::status::QueryEnd;
use crate::error::CallError;
use crate::handle::Reply;

/// What a worker needs for its life.
pub(super) struct Worker<R: Runner> {
    pub(super) number: usize,
    pub(super) queue: Arc<Queue>,
    pub(super) runner: Arc<R>,
}

/// What a job has come to.
type Served<S> = (Reply<QueryOutcome>, Result<QueryOutcome, CallError>, Option<S>);

impl<R: Runner> Worker<R> {
    /// Works until the queue is closed and empty.
    pub(super) fn run(self) {
        let mut session = None;
        while let Some((share, job)) = self.queue.take(self.number) {
            let (reply, answer, next) = self.serve(job, session);
            session = next;
            // First, so that who has the answer finds its query among the running ones no more.
            self.queue.finished(self.number, &share);
            reply.answer(answer);
        }
        drop(session);
        self.queue.ended();
    }

    /// Does one job: the answer, for whom it is, and the session if the next caller may have it.
    fn serve(&self, job: Job, session: Option<R::Session>) -> Served<R::Session> {
        let Job {
            query,
            reply,
            arrived,
        } = job;
        let waited = arrived.elapsed();
        let started = Instant::now();
        let counts = &self.queue.counts;
        counts.waited(waited);
        // A panicking query costs one call: its session, in whatever state it is, is dropped inside.
        let Ok(run) = catch_unwind(AssertUnwindSafe(|| self.runner.run(&query, session))) else {
            counts.ended(QueryEnd::Crashed);
            return (reply, Err(CallError::Crashed), None);
        };
        let ran = started.elapsed();
        counts.ran(ran);
        self.queue.note(&run.result);
        counts.ended(
            run.result
                .as_ref()
                .map_or_else(QueryEnd::from, |_| QueryEnd::Succeeded),
        );
        let outcome = QueryOutcome {
            result: run.result,
            waited,
            ran,
        };
        (reply, Ok(outcome), run.session)
    }
}
