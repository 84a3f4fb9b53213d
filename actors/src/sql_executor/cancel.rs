//! Time limits: one thread that trips the tokens of queries that run too long, and gives up those that do not stop when
//! they are told to.
//!
//! DuckDB has no statement timeout, and an actor's timers starve while its mailbox is full; so the clock of running
//! queries is a thread that does nothing else. It also learns who was told to stop by somebody else, and looks again when
//! the grace is over: DuckDB heeds an interrupt between batches of rows, and some expressions take minutes for one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::places::RunId;
use crate::domain::cancel::{Attached, CancelReason, CancelToken, Interrupt};

/// The clock of running queries. Clones are the same one.
#[derive(Clone)]
pub(super) struct Deadlines(Arc<Shared>);

/// The thread of the clock.
pub(super) struct RunningDeadlines {
    shared: Arc<Shared>,
    thread: JoinHandle<()>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    /// How long a query may take to stop.
    grace: Duration,
}

#[derive(Default)]
struct State {
    /// By end and run, so that the first entry is the next to end.
    running: BTreeMap<(Instant, RunId), (CancelToken, Duration)>,
    /// Runs that were told to stop, and when they should have. One that did is given up by nobody, as it is not there.
    told: BTreeSet<(Instant, RunId)>,
    /// When the thread looks again by itself; `None` if only when it is told. It keeps to it when that query has ended
    /// before: most do, and the next one ends later, so that a call wakes nobody.
    alarm: Option<Instant>,
    stopped: bool,
}

/// What is to be done.
enum Due {
    /// Its time is over.
    Limit(CancelToken, Duration),
    /// It was told to stop and had its grace.
    GiveUp(RunId),
}

impl State {
    /// Takes out what is due next.
    fn take_due(&mut self, now: Instant) -> Option<Due> {
        if let Some(entry) = self.running.first_entry()
            && entry.key().0 <= now
        {
            let (token, limit) = entry.remove();
            return Some(Due::Limit(token, limit));
        }
        let (end, run) = self.told.first().copied()?;
        (end <= now).then(|| {
            self.told.pop_first();
            Due::GiveUp(run)
        })
    }

    /// When something is due next.
    fn next_due(&self) -> Option<Instant> {
        let limit = self.running.first_key_value().map(|((end, _), _)| *end);
        let grace = self.told.first().map(|(end, _)| *end);
        limit.into_iter().chain(grace).min()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, give_up: impl Fn(RunId)) {
        let mut state = self.lock();
        while !state.stopped {
            let now = Instant::now();
            if let Some(due) = state.take_due(now) {
                // Whoever is told may have something to say here.
                drop(state);
                match due {
                    Due::Limit(token, limit) => token.cancel(CancelReason::TimeLimit(limit)),
                    Due::GiveUp(run) => give_up(run),
                }
                state = self.lock();
                continue;
            }
            state.alarm = state.next_due();
            state = match state.alarm {
                Some(alarm) => {
                    self.changed
                        .wait_timeout(state, alarm - now)
                        .unwrap_or_else(PoisonError::into_inner)
                        .0
                }
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    /// Wakes the thread for something that is due before it would look.
    fn set_alarm(&self, state: &mut State, end: Instant) {
        if state.alarm.is_none_or(|alarm| end < alarm) {
            state.alarm = Some(end);
            self.changed.notify_one();
        }
    }
}

impl Deadlines {
    /// A clock that nobody winds yet. Queries have `grace` to stop when they are told to.
    pub(super) fn new(grace: Duration) -> Self {
        Self(Arc::new(Shared {
            state: Mutex::default(),
            changed: Condvar::new(),
            grace,
        }))
    }

    /// Starts the thread, which hands what does not stop to `give_up`.
    pub(super) fn start(
        &self,
        give_up: impl Fn(RunId) + Send + 'static,
    ) -> std::io::Result<RunningDeadlines> {
        let shared = Arc::clone(&self.0);
        let thread = thread::Builder::new().name("sql-deadlines".to_owned());
        Ok(RunningDeadlines {
            shared: Arc::clone(&self.0),
            thread: thread.spawn(move || shared.run(give_up))?,
        })
    }

    /// From now on the query may take `limit`, until the answer is dropped; and when somebody tells it to stop, it is noticed.
    pub(super) fn watch(&self, run: RunId, token: &CancelToken, limit: Duration) -> Watched {
        let shared = Arc::clone(&self.0);
        let key = Instant::now().checked_add(limit).map(|end| (end, run));
        if let Some(key) = key {
            let mut state = shared.lock();
            state.running.insert(key, (token.clone(), limit));
            shared.set_alarm(&mut state, key.0);
        }
        let told = Told {
            shared: Arc::clone(&shared),
            run,
        };
        Watched {
            _attached: token.attach(Arc::new(told)),
            shared,
            key,
        }
    }
}

impl RunningDeadlines {
    /// Ends the thread.
    pub(super) fn stop(self) {
        self.shared.lock().stopped = true;
        self.shared.changed.notify_one();
        if self.thread.join().is_err() {
            log::error!("the thread of query time limits had panicked");
        }
    }
}

/// A query whose time is running.
pub(super) struct Watched {
    _attached: Attached,
    shared: Arc<Shared>,
    key: Option<(Instant, RunId)>,
}

impl Drop for Watched {
    fn drop(&mut self) {
        if let Some(key) = &self.key {
            self.shared.lock().running.remove(key);
        }
    }
}

/// Notices that a query is told to stop.
struct Told {
    shared: Arc<Shared>,
    run: RunId,
}

impl Interrupt for Told {
    fn interrupt(&self) {
        let Some(end) = Instant::now().checked_add(self.shared.grace) else {
            return;
        };
        let mut state = self.shared.lock();
        state.told.insert((end, self.run));
        self.shared.set_alarm(&mut state, end);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::sql_executor::places::Places;

    /// Longer than any of these tests needs; reached only when one fails.
    const PATIENCE: Duration = Duration::from_mins(1);
    const NEVER: Duration = Duration::from_hours(1);

    struct Tell(Mutex<mpsc::Sender<()>>);

    impl Interrupt for Tell {
        fn interrupt(&self) {
            self.0.lock().unwrap().send(()).unwrap();
        }
    }

    fn runs<const COUNT: usize>() -> [RunId; COUNT] {
        let mut places = Places::<(), ()>::new(COUNT, 0);
        std::array::from_fn(|place| places.begin(place, ()))
    }

    #[test]
    fn a_query_beyond_its_limit_is_told_and_others_are_not() {
        let deadlines = Deadlines::new(NEVER);
        let thread = deadlines.start(|_run| {}).unwrap();
        let [one, other] = runs();
        let (long, short) = (CancelToken::new(), CancelToken::new());
        let (sender, told) = mpsc::channel();
        let attached = short.attach(Arc::new(Tell(Mutex::new(sender))));
        let watched = deadlines.watch(one, &long, NEVER);
        let limit = Duration::from_millis(5);
        let limited = deadlines.watch(other, &short, limit);
        told.recv_timeout(PATIENCE).unwrap();
        assert_eq!(short.reason(), Some(CancelReason::TimeLimit(limit)));
        assert_eq!(long.reason(), None);
        drop((attached, watched, limited));
        thread.stop();
    }

    #[test]
    fn a_query_that_has_ended_is_told_nothing_when_its_time_comes() {
        let deadlines = Deadlines::new(NEVER);
        let [one, other] = runs();
        let (done, running) = (CancelToken::new(), CancelToken::new());
        drop(deadlines.watch(one, &done, NEVER));
        let watched = deadlines.watch(other, &running, NEVER);
        let then = Instant::now() + NEVER;
        let mut state = deadlines.0.lock();
        let Some(Due::Limit(token, NEVER)) = state.take_due(then) else {
            panic!("nothing is due");
        };
        assert!(state.take_due(then).is_none());
        drop(state);
        token.cancel(CancelReason::Operator);
        assert_eq!((done.reason(), running.reason()), (None, token.reason()));
        drop(watched);
    }

    #[test]
    fn who_does_not_stop_when_anybody_tells_it_to_is_given_up() {
        let deadlines = Deadlines::new(Duration::ZERO);
        let (sender, given_up) = mpsc::channel();
        let thread = deadlines.start(move |run| sender.send(run).unwrap()).unwrap();
        let [gone, late, good] = runs();
        let tokens = [(); 3].map(|()| CancelToken::new());
        let watched = [
            deadlines.watch(gone, &tokens[0], NEVER),
            deadlines.watch(late, &tokens[1], Duration::from_millis(5)),
            deadlines.watch(good, &tokens[2], NEVER),
        ];
        tokens[0].cancel(CancelReason::ClientGone);
        let mut both = [(); 2].map(|()| given_up.recv_timeout(PATIENCE).unwrap());
        both.sort();
        assert_eq!(both, [gone, late]);
        drop(watched);
        thread.stop();
    }
}
