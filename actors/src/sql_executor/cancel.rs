//! Time limits: one thread that trips the tokens of queries that run too long.
//!
//! DuckDB has no statement timeout, and an actor's timers starve while its mailbox is full; so the clock of running
//! queries is a thread that does nothing else.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::domain::cancel::{CancelReason, CancelToken};

/// The clock of running queries.
pub(super) struct Deadlines {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// By end and number, so that the first entry is the next to end.
    running: BTreeMap<(Instant, u64), (CancelToken, Duration)>,
    next_number: u64,
    /// When the thread looks again by itself; `None` if only when it is told. It keeps to it when that query has ended
    /// before: most do, and the next one ends later, so that a call wakes nobody.
    alarm: Option<Instant>,
    stopped: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Trips what is due and says when the next one is.
    fn trip_due(state: &mut State, now: Instant) -> Option<Instant> {
        while let Some(entry) = state.running.first_entry() {
            let (end, _) = *entry.key();
            if end > now {
                return Some(end);
            }
            let (token, limit) = entry.remove();
            token.cancel(CancelReason::TimeLimit(limit));
        }
        None
    }

    fn run(&self) {
        let mut state = self.lock();
        while !state.stopped {
            let now = Instant::now();
            state.alarm = Self::trip_due(&mut state, now);
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
}

impl Deadlines {
    /// Starts the thread.
    pub(super) fn start() -> std::io::Result<Self> {
        let shared = Arc::<Shared>::default();
        let of_thread = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("sql-deadlines".to_owned())
            .spawn(move || of_thread.run())?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// From now on the query may take `limit`, until the answer is dropped.
    pub(super) fn watch(&self, token: &CancelToken, limit: Duration) -> Watched {
        let end = Instant::now().checked_add(limit);
        let mut state = self.shared.lock();
        state.next_number += 1;
        let key = end.map(|end| (end, state.next_number));
        if let Some(key) = key {
            state.running.insert(key, (token.clone(), limit));
            if state.alarm.is_none_or(|alarm| key.0 < alarm) {
                state.alarm = Some(key.0);
                self.shared.changed.notify_one();
            }
        }
        drop(state);
        Watched {
            shared: Arc::clone(&self.shared),
            key,
        }
    }
}

impl Drop for Deadlines {
    fn drop(&mut self) {
        self.shared.lock().stopped = true;
        self.shared.changed.notify_one();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            log::error!("the thread of query time limits had panicked");
        }
    }
}

/// A query whose time is running.
pub(super) struct Watched {
    shared: Arc<Shared>,
    key: Option<(Instant, u64)>,
}

impl Drop for Watched {
    fn drop(&mut self) {
        if let Some(key) = &self.key {
            self.shared.lock().running.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::domain::cancel::Interrupt;

    struct Tell(Mutex<mpsc::Sender<()>>);

    impl Interrupt for Tell {
        fn interrupt(&self) {
            self.0.lock().unwrap().send(()).unwrap();
        }
    }

    #[test]
    fn a_query_beyond_its_limit_is_told_and_others_are_not() {
        let deadlines = Deadlines::start().unwrap();
        let (long, short) = (CancelToken::new(), CancelToken::new());
        let (sender, told) = mpsc::channel();
        let attached = short.attach(Arc::new(Tell(Mutex::new(sender))));
        let watched = deadlines.watch(&long, Duration::from_hours(1));
        let limit = Duration::from_millis(5);
        let limited = deadlines.watch(&short, limit);
        told.recv_timeout(Duration::from_mins(1)).unwrap();
        assert_eq!(short.reason(), Some(CancelReason::TimeLimit(limit)));
        assert_eq!(long.reason(), None);
        drop((attached, watched, limited));
    }

    #[test]
    fn a_query_that_has_ended_is_told_nothing_when_its_time_comes() {
        let deadlines = Deadlines::start().unwrap();
        let (done, running) = (CancelToken::new(), CancelToken::new());
        let limit = Duration::from_hours(1);
        drop(deadlines.watch(&done, limit));
        let watched = deadlines.watch(&running, limit);
        let then = Instant::now() + limit;
        assert_eq!(Shared::trip_due(&mut deadlines.shared.lock(), then), None);
        assert_eq!(done.reason(), None);
        assert_eq!(running.reason(), Some(CancelReason::TimeLimit(limit)));
        drop(watched);
    }
}
