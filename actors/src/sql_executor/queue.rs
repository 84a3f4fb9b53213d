//! The queue between the actor and its workers: fair admission behind a lock.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::admission::{Admission, AdmissionLimits, Refused};
use super::engine::DuckdbErrorKind;
use super::engine::error::QueryError;
use super::engine::session::EncodedResult;
use super::messages::{QueryOutcome, RunQuery};
use super::places::{Ended, Places, RunId, StandIn};
use super::status::{Counts, OnWorker, QueryEnd, RunningQuery, SqlStatus, WriteOffStatus, WrittenOff};
use crate::domain::cancel::{CancelReason, CancelToken};
use crate::error::CallError;
use crate::handle::Reply;

/// What a caller that finds the queue full is told to wait.
pub(super) const RETRY_AFTER: Duration = Duration::from_secs(1);

/// How the executor treats queries that do not stop when they are told to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriteOffRule {
    /// How long a query may take to stop.
    pub grace: Duration,
    /// How many of their workers may be replaced at once.
    pub most_stand_ins: usize,
    /// Whether such a query counts among those that its caller runs. It should, unless everybody is the same caller.
    pub burdens_caller: bool,
}

/// A query that waits.
struct Job {
    query: RunQuery,
    reply: Reply<QueryOutcome>,
    arrived: Instant,
}

impl Job {
    fn refuse(self, error: CallError) {
        self.reply.answer(Err(error));
    }

    /// Nobody waits any more, or somebody said stop.
    fn is_abandoned(&self) -> bool {
        !self.reply.is_awaited() || self.query.context.cancel.reason().is_some()
    }

    /// Takes the job apart: what the worker needs, and what is known of it while it runs.
    fn begin(self) -> (RunQuery, OnWorker) {
        let Self {
            query,
            reply,
            arrived,
        } = self;
        let on_worker = OnWorker {
            context: query.context.clone(),
            endpoint: Arc::clone(&query.endpoint),
            waited: arrived.elapsed(),
            since: Instant::now(),
            reply,
        };
        (query, on_worker)
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

/// What a worker is to do.
pub(super) struct Taken {
    pub(super) run: RunId,
    pub(super) query: RunQuery,
}

/// What a query was that has ended, to its worker.
pub(super) enum Finished {
    /// The worker's to answer.
    InTime(OnWorker),
    /// Answered: it was given up. The worker goes on in the place that is named, or ends.
    Late(Option<usize>),
}

struct State {
    admission: Admission<Job>,
    closed: bool,
    places: Places<OnWorker, WrittenOff>,
    /// The workers that sleep. The one that fell asleep last is woken first: what it needs is still in the processor's caches,
    /// and with workers that take turns nothing ever is.
    asleep: Vec<usize>,
}

/// Shared by the actor, which fills it, and the workers, which empty it.
pub(super) struct Queue {
    state: Mutex<State>,
    /// What wakes each worker.
    bells: Vec<Condvar>,
    /// Tells that a worker has ended, or will not come back.
    ended: Condvar,
    most_waiting: usize,
    write_off: WriteOffRule,
    /// Whether the database has given itself up.
    lost: watch::Sender<bool>,
    pub(super) counts: Counts,
}

impl Queue {
    pub(super) fn new(limits: AdmissionLimits, workers: usize, write_off: WriteOffRule) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                admission: Admission::new(limits),
                closed: false,
                places: Places::new(workers, write_off.most_stand_ins),
                asleep: Vec::with_capacity(workers),
            }),
            ended: Condvar::new(),
            bells: std::iter::repeat_with(Condvar::new).take(workers).collect(),
            most_waiting: limits.max_waiting,
            write_off,
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

    /// The next query for the worker in `place`; waits for one. `None` once the queue is closed and empty.
    pub(super) fn take(&self, place: usize) -> Option<Taken> {
        let bell = self.bells.get(place)?;
        let mut state = self.lock();
        loop {
            match state.admission.take() {
                Some((share, job)) if job.is_abandoned() => {
                    state.admission.finished(&share);
                    job.abandon(&self.counts);
                }
                Some((_, job)) => {
                    let (query, on_worker) = job.begin();
                    self.counts.waited(on_worker.waited);
                    let run = state.places.begin(place, on_worker);
                    return Some(Taken { run, query });
                }
                None if state.closed => return None,
                None => {
                    state.asleep.push(place);
                    state = bell.wait(state).unwrap_or_else(PoisonError::into_inner);
                    // A thread may also wake by itself.
                    state.asleep.retain(|sleeper| *sleeper != place);
                }
            }
        }
    }

    /// The query has ended; a job of the same caller that had to wait for it may run now.
    pub(super) fn finished(&self, run: RunId) -> Finished {
        let mut state = self.lock();
        let ended = state.places.end(run);
        let freed = match &ended {
            Ended::InTime(query) => Some(&query.context.share),
            Ended::Late { written_off, .. } => {
                Some(&written_off.share).filter(|_| self.write_off.burdens_caller)
            }
            Ended::Unknown => None,
        };
        if let Some(share) = freed {
            state.admission.finished(share);
        }
        let more = state.admission.waiting() > 0;
        drop(state);
        if more {
            self.wake_one();
        }
        match ended {
            Ended::InTime(query) => Finished::InTime(query),
            Ended::Late {
                written_off,
                goes_on_in,
            } => {
                log::info!(
                    "the query of {} that was written off {} ms ago has ended request={}",
                    written_off.endpoint,
                    written_off.at.elapsed().as_millis(),
                    written_off.request_id,
                );
                Finished::Late(goes_on_in)
            }
            Ended::Unknown => Finished::Late(None),
        }
    }

    /// Gives up a query that did not stop when it was told to: answers its caller, and says which place needs a worker.
    pub(super) fn write_off(&self, run: RunId) -> Option<usize> {
        let mut given_up = None;
        let mut state = self.lock();
        let stand_in = state.places.write_off(run, |query| {
            let written_off = WrittenOff::from(&query);
            given_up = Some(query);
            written_off
        })?;
        let query = given_up?;
        if !self.write_off.burdens_caller {
            state.admission.finished(&query.context.share);
        }
        let count = state.places.written_off().len();
        let more = state.admission.waiting() > 0;
        drop(state);
        self.ended.notify_all();
        if more {
            self.wake_one();
        }
        self.counts.wrote_off();
        self.answer_given_up(query, stand_in, count);
        match stand_in {
            StandIn::Wanted(place) => Some(place),
            StandIn::TooMany => None,
        }
    }

    fn answer_given_up(&self, query: OnWorker, stand_in: StandIn, count: usize) {
        // Nothing else gives up a query than that its token was tripped.
        let reason = query.context.cancel.reason().unwrap_or(CancelReason::Operator);
        log::warn!(
            "{} did not stop within {} ms when its query was told to ({reason}): the query is written off and runs on{}; {count} such \
             queries run request={}",
            query.endpoint,
            self.write_off.grace.as_millis(),
            match stand_in {
                StandIn::Wanted(_) => ", and a new worker takes its place",
                StandIn::TooMany => ", and nobody takes the place of its worker",
            },
            query.context.request_id,
        );
        let ran = query.since.elapsed();
        self.counts.ran(ran);
        self.counts.ended(reason.into());
        query.reply.answer(Ok(QueryOutcome {
            result: Err(reason.into()),
            waited: query.waited,
            ran,
        }));
    }

    /// No worker could be started for the place.
    pub(super) fn hold(&self, place: usize) {
        self.lock().places.hold(place);
        self.ended.notify_all();
    }

    /// The worker in `place` does no more work.
    pub(super) fn left(&self, place: usize) {
        self.lock().places.leave(place);
        self.ended.notify_all();
    }

    /// Waits until all workers have ended that come back at all, no longer than `within`. How many have not.
    pub(super) fn wait_for_workers(&self, within: Duration) -> usize {
        let waited = self
            .ended
            .wait_timeout_while(self.lock(), within, |state| state.places.staffed() > 0);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.places.staffed()
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
        state.places.close();
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
        let running = state.places.running();
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
        let places = &state.places;
        SqlStatus {
            workers: places.count(),
            staffed: places.staffed(),
            waiting: state.admission.waiting(),
            most_waiting: self.most_waiting,
            running: places.running().map(RunningQuery::from).collect(),
            written_off: WriteOffStatus {
                running: places.written_off().map(RunningQuery::from).collect(),
                stand_ins: places.stand_ins(),
                most_stand_ins: self.write_off.most_stand_ins,
                ever: self.counts.written_off(),
            },
            is_closed: state.closed,
            ends,
            waited,
            ran,
        }
    }

    /// Queries that wait, and queries that run in their places.
    pub(super) fn depth(&self) -> (usize, usize) {
        let state = self.lock();
        (state.admission.waiting(), state.places.running().count())
    }
}
