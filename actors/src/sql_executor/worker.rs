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

/// What a worker needs for its life.
pub(super) struct Worker<R: Runner> {
    pub(super) number: usize,
    pub(super) queue: Arc<Queue>,
    pub(super) runner: Arc<R>,
}

impl<R: Runner> Worker<R> {
    /// Works until the queue is closed and empty.
    pub(super) fn run(self) {
        let mut session = None;
        while let Some((share, job)) = self.queue.take(self.number) {
            session = self.serve(job, session);
            self.queue.finished(self.number, &share);
        }
    }

    /// Answers one job and hands the session on if the next caller may have it.
    fn serve(&self, job: Job, session: Option<R::Session>) -> Option<R::Session> {
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
            reply.answer(Err(CallError::Crashed));
            return None;
        };
        let ran = started.elapsed();
        counts.ran(ran);
        self.queue.note(&run.result);
        counts.ended(
            run.result
                .as_ref()
                .map_or_else(QueryEnd::from, |_| QueryEnd::Succeeded),
        );
        reply.answer(Ok(QueryOutcome {
            result: run.result,
            waited,
            ran,
        }));
        run.session
    }
}
