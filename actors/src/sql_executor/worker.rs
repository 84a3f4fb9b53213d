//! A worker: a plain thread with one session, which runs one query at a time.
//!
//! Not a sync actor: those share one unbounded first-in-first-out queue, and a panic ends the thread for good. A worker whose
//! query does not stop when it is told to loses its place to a new one; its session is nobody's any more.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use super::cancel::Deadlines;
use super::engine::error::QueryError;
use super::engine::session::EncodedResult;
use super::messages::QueryOutcome;
use super::queue::{Finished, Queue, Taken};
use super::runner::Runner;
use super::status::{OnWorker, QueryEnd};
use crate::error::CallError;

/// What a worker needs for its life.
pub(super) struct Worker<R: Runner> {
    pub(super) queue: Arc<Queue>,
    pub(super) runner: Arc<R>,
    pub(super) deadlines: Deadlines,
}

impl<R: Runner> Clone for Worker<R> {
    fn clone(&self) -> Self {
        Self {
            queue: Arc::clone(&self.queue),
            runner: Arc::clone(&self.runner),
            deadlines: self.deadlines.clone(),
        }
    }
}

/// Tells the queue when the worker of a place has ended, also by a panic.
struct Presence {
    queue: Arc<Queue>,
    /// `None` for one that has no place any more.
    place: Option<usize>,
}

impl Drop for Presence {
    fn drop(&mut self) {
        if thread::panicking() {
            log::error!("a SQL worker has panicked");
        }
        if let Some(place) = self.place {
            self.queue.left(place);
        }
    }
}

impl<R: Runner> Worker<R> {
    /// Starts the thread of a worker like this one.
    pub(super) fn start(&self, place: usize) -> std::io::Result<()> {
        let worker = self.clone();
        let thread = thread::Builder::new().name(format!("sql-worker-{place}"));
        thread.spawn(move || worker.run(place)).map(drop)
    }

    /// Works until the queue is closed and empty, or there is no place for it any more.
    fn run(self, place: usize) {
        // Dropped last: whoever is told that the worker has ended may count on its session being closed.
        let mut presence = Presence {
            queue: Arc::clone(&self.queue),
            place: Some(place),
        };
        let worker = self;
        let mut session = None;
        while let Some(place) = presence.place {
            let Some(Taken { run, query }) = worker.queue.take(place) else {
                break;
            };
            let watched = worker
                .deadlines
                .watch(run, &query.context.cancel, query.limits.timeout);
            // A panicking query costs one call: its session, in whatever state it is, is dropped inside.
            let ran = catch_unwind(AssertUnwindSafe(|| worker.runner.run(&query, session.take())));
            drop(watched);
            let (result, next) = match ran {
                Ok(ran) => (Some(ran.result), ran.session),
                Err(_) => (None, None),
            };
            if let Some(result) = &result {
                worker.queue.note(result);
            }
            // First, so that who has the answer finds its query among the running ones no more.
            match worker.queue.finished(run) {
                Finished::InTime(on_worker) => {
                    session = next;
                    worker.answer(on_worker, result);
                }
                Finished::Late(goes_on_in) => presence.place = goes_on_in,
            }
        }
        drop(session);
    }

    /// Answers the caller. `None` if the query panicked.
    fn answer(&self, on_worker: OnWorker, result: Option<Result<EncodedResult, QueryError>>) {
        let counts = &self.queue.counts;
        let Some(result) = result else {
            counts.ended(QueryEnd::Crashed);
            return on_worker.reply.answer(Err(CallError::Crashed));
        };
        let ran = on_worker.since.elapsed();
        counts.ran(ran);
        counts.ended(
            result
                .as_ref()
                .map_or_else(QueryEnd::from, |_| QueryEnd::Succeeded),
        );
        on_worker.reply.answer(Ok(QueryOutcome {
            result,
            waited: on_worker.waited,
            ran,
        }));
    }
}
