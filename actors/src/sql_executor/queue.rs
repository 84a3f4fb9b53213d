//! The queue between the actor and its workers: fair admission behind a lock.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::admission::{Admission, AdmissionLimits, Refused};
use super::engine::DuckdbErrorKind;
use super::engine::error::QueryError;
use super::engine::session::EncodedResult;
use super::messages::{QueryOutcome, RunQuery};
use super::status::{Counts, OnWorker, QueryEnd, RunningQuery, SqlStatus};
use crate::domain::cancel::{CancelReason, CancelToken};
use crate::error::CallError;
use crate::handle::Reply;

/// What a caller that finds the queue full is told to wait.
pub(super) const RETRY_AFTER: Duration = Duration::from_secs(1);

/// A query that waits or runs.
pub(super) struct Job {
    pub(super) query: RunQuery,
    pub(super) reply: Reply<QueryOutcome>,
    pub(super) arrived: Instant,
}

impl Job {
    fn refuse(self, error: CallError) {
        self.reply.answer(Err(error));
    }

    /// Nobody waits any more, or somebody said stop.
    fn is_abandoned(&self) -> bool {
        !self.reply.is_awaited() || self.query.context.cancel.reason().is_some()
    }

    fn abandon(self, counts: &Counts) {
        let waited = self.arrived.elapsed();
        counts.waited(waited);
        let reason = self.query.context.cancel.reason();
        counts.ended(reason.map_or(QueryEnd::ClientGone, QueryEnd::from));
        let Some(reason) = reason else {
            return;
        };
        let result = Err(reason.into());
        self.reply.answer(Ok(QueryOutcome {
            result,
            waited,
            ran: Duration::ZERO,
        }));
    }
}

struct State {
    admission: Admission<Job>,
    closed: bool,
    /// The running queries, by the worker that runs them.
    running: Vec<Option<OnWorker>>,
    /// The workers that sleep. The one that fell asleep last is woken first: what it needs is still in the processor's caches,
    /// and with workers that take turns nothing ever is.
    asleep: Vec<usize>,
    /// Workers whose threads have not ended.
    alive: usize,
}

/// Shared by the actor, which fills it, and the workers, which empty it.
pub(super) struct Queue {
    state: Mutex<State>,
    /// What wakes each worker.
    bells: Vec<Condvar>,
    /// Tells that a worker has ended.
    ended: Condvar,
    most_waiting: usize,
    /// Whether the database has given itself up.
    lost: watch::Sender<bool>,
    pub(super) counts: Counts,
}

impl Queue {
    pub(super) fn new(limits: AdmissionLimits, workers: usize) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                admission: Admission::new(limits),
                closed: false,
                running: std::iter::repeat_with(|| None).take(workers).collect(),
                asleep: Vec::with_capacity(workers),
                alive: workers,
            }),
            ended: Condvar::new(),
            bells: std::iter::repeat_with(Condvar::new).take(workers).collect(),
            most_waiting: limits.max_waiting,
            lost: watch::Sender::new(false),
            counts: Counts::default(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues the query, or answers it at once: the queue is full, or closed.
    pub(super) fn admit(&self, query: RunQuery, reply: Reply<QueryOutcome>) {
        let share = Arc::clone(&query.context.share);
        let job = Job {
            query,
            reply,
            arrived: Instant::now(),
        };
        let mut state = self.lock();
        if state.closed {
            drop(state);
            self.counts.ended(QueryEnd::Shutdown);
            return job.refuse(CallError::Stopped);
        }
        let outcome = match state.admission.enqueue(&share, job) {
            // Places held by callers who went away are free.
            Err((Refused::Full | Refused::ShareFull, job)) => {
                let abandoned = state.admission.retain(|job| !job.is_abandoned());
                let outcome = state.admission.enqueue(&share, job);
                drop(state);
                for job in abandoned {
                    job.abandon(&self.counts);
                }
                outcome
            }
            outcome => {
                drop(state);
                outcome
            }
        };
        match outcome {
            Ok(()) => self.wake_one(),
            Err((_, job)) => {
                self.counts.ended(QueryEnd::Refused);
                job.refuse(CallError::Busy {
                    retry_after: RETRY_AFTER,
                });
            }
        }
    }

    /// Whoever does not sleep looks here before it does, so that a job which wakes nobody is found.
    fn wake_one(&self) {
        let worker = self.lock().asleep.pop();
        if let Some(bell) = worker.and_then(|worker| self.bells.get(worker)) {
            bell.notify_one();
        }
    }

    /// The next job for `worker`; waits for one. `None` once the queue is closed and empty.
    pub(super) fn take(&self, worker: usize) -> Option<(Arc<str>, Job)> {
        let bell = self.bells.get(worker)?;
        let mut state = self.lock();
        loop {
            match state.admission.take() {
                Some((share, job)) if job.is_abandoned() => {
                    state.admission.finished(&share);
                    job.abandon(&self.counts);
                }
                Some((share, job)) => {
                    if let Some(place) = state.running.get_mut(worker) {
                        *place = Some(OnWorker {
                            context: job.query.context.clone(),
                            since: Instant::now(),
                        });
                    }
                    return Some((share, job));
                }
                None if state.closed => return None,
                None => {
                    state.asleep.push(worker);
                    state = bell.wait(state).unwrap_or_else(PoisonError::into_inner);
                    // A thread may also wake by itself.
                    state.asleep.retain(|sleeper| *sleeper != worker);
                }
            }
        }
    }

    /// The worker's job has ended; a job of the same caller that had to wait for it may run now.
    pub(super) fn finished(&self, worker: usize, share: &Arc<str>) {
        let mut state = self.lock();
        state.admission.finished(share);
        if let Some(place) = state.running.get_mut(worker) {
            *place = None;
        }
        let more = state.admission.waiting() > 0;
        drop(state);
        if more {
            self.wake_one();
        }
    }

    /// A worker does no more work.
    pub(super) fn ended(&self) {
        self.lock().alive -= 1;
        self.ended.notify_all();
    }

    /// Waits until all workers have ended, no longer than `within`. How many have not.
    pub(super) fn wait_for_workers(&self, within: Duration) -> usize {
        let waited = self
            .ended
            .wait_timeout_while(self.lock(), within, |state| state.alive > 0);
        waited.unwrap_or_else(PoisonError::into_inner).0.alive
    }

    /// Looks at how a query ended: after a fatal error no further one will succeed, and of memory that did not suffice the
    /// operator learns what DuckDB says.
    pub(super) fn note(&self, end: &Result<EncodedResult, QueryError>) {
        if let Err(QueryError::Duckdb(error)) = end
            && error.kind() == DuckdbErrorKind::OutOfMemory
        {
            let message = error.message().split_whitespace().collect::<Vec<_>>().join(" ");
            log::warn!("a query did not fit into memory: {message}");
        }
        if let Err(error) = end
            && error.is_fatal()
        {
            // Said first: whoever waits for the loss stops the server.
            self.lost.send_if_modified(|lost| {
                if !*lost {
                    log::error!("the database has given itself up and answers no query any more: {error}");
                }
                !std::mem::replace(lost, true)
            });
        }
    }

    /// Waits until the database has given itself up.
    pub(super) async fn lost(&self) {
        let mut lost = self.lost.subscribe();
        // It cannot be closed while this queue is there.
        lost.wait_for(|lost| *lost).await.ok();
    }

    /// Takes no more work, and answers what waits. Running queries go on.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        let waiting = state.admission.retain(|_| false);
        drop(state);
        for job in waiting {
            self.counts.ended(QueryEnd::Shutdown);
            job.refuse(CallError::Stopped);
        }
        self.bells.iter().for_each(Condvar::notify_all);
    }

    /// Stops what runs.
    pub(super) fn cancel_running(&self) {
        let state = self.lock();
        let running = state.running.iter().flatten();
        let running: Vec<CancelToken> = running.map(|query| query.context.cancel.clone()).collect();
        drop(state);
        for token in running {
            token.cancel(CancelReason::Shutdown);
        }
    }

    /// The numbers now.
    pub(super) fn status(&self) -> SqlStatus {
        let (ends, waited, ran) = self.counts.status();
        let state = self.lock();
        let running = state.running.iter().flatten();
        SqlStatus {
            workers: state.running.len(),
            waiting: state.admission.waiting(),
            most_waiting: self.most_waiting,
            running: running
                .map(|query| RunningQuery {
                    request_id: Arc::clone(&query.context.request_id),
                    share: Arc::clone(&query.context.share),
                    running: query.since.elapsed(),
                })
                .collect(),
            is_closed: state.closed,
            ends,
            waited,
            ran,
        }
    }

    /// Queries that wait, and queries that run.
    pub(super) fn depth(&self) -> (usize, usize) {
        let state = self.lock();
        (state.admission.waiting(), state.admission.running())
    }
}
