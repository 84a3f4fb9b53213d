//! What this replica has to say and has not said yet: bounded, so that a database that is down costs no memory, and without
//! repetitions, so that a thousand ended tokens are one message.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::announcement::Announcement;

/// Messages that wait at most. Ended sessions and cancelled calls of some seconds; what finds no place is dropped, and
/// caches expire by themselves.
const MOST_WAITING: usize = 1_024;

/// See the file's documentation.
#[derive(Default)]
pub(super) struct Outbox {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Announcement>,
    is_closed: bool,
}

/// What a wait at the outbox brought.
pub(super) enum Taken {
    /// Something to say, or nothing within the time.
    Waiting(Vec<Announcement>),
    /// The last of it: nothing comes after this.
    Closed(Vec<Announcement>),
}

impl Outbox {
    /// Puts in a message; false if there is no place. Never blocks.
    pub(super) fn put(&self, announcement: Announcement) -> bool {
        let mut state = self.lock();
        if state.waiting.contains(&announcement) {
            return true;
        }
        if state.is_closed || state.waiting.len() >= MOST_WAITING {
            return false;
        }
        state.waiting.push_back(announcement);
        drop(state);
        self.changed.notify_all();
        true
    }

    /// Takes what is there, and waits this long for something if there is nothing.
    pub(super) fn take(&self, patience: Duration) -> Taken {
        let is_idle = |state: &mut State| state.waiting.is_empty() && !state.is_closed;
        let waited = self.changed.wait_timeout_while(self.lock(), patience, is_idle);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let taken = state.waiting.drain(..).collect();
        match state.is_closed {
            true => Taken::Closed(taken),
            false => Taken::Waiting(taken),
        }
    }

    /// Puts back what could not be said, before what came meanwhile.
    pub(super) fn put_back(&self, announcements: Vec<Announcement>) {
        let mut state = self.lock();
        for announcement in announcements.into_iter().rev() {
            if !state.waiting.contains(&announcement) && state.waiting.len() < MOST_WAITING {
                state.waiting.push_front(announcement);
            }
        }
    }

    /// Waits until the outbox is closed, at most this long; says whether it is.
    pub(super) fn is_closed_within(&self, patience: Duration) -> bool {
        let is_open = |state: &mut State| !state.is_closed;
        let waited = self.changed.wait_timeout_while(self.lock(), patience, is_open);
        waited.unwrap_or_else(PoisonError::into_inner).0.is_closed
    }

    /// Takes nothing more.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::secret::SecretDigest;

    fn ended(number: u8) -> Announcement {
        Announcement::SessionEnded {
            session: SecretDigest::from_bytes([number; 32]),
        }
    }

    fn taken(outbox: &Outbox) -> Vec<Announcement> {
        match outbox.take(Duration::ZERO) {
            Taken::Waiting(taken) | Taken::Closed(taken) => taken,
        }
    }

    #[test]
    fn equal_messages_wait_once_and_what_was_put_back_comes_first() {
        let outbox = Outbox::default();
        for said in [Announcement::TokensEnded, ended(1), Announcement::TokensEnded] {
            assert!(outbox.put(said));
        }
        let first = taken(&outbox);
        assert_eq!(first, [Announcement::TokensEnded, ended(1)]);
        outbox.put(ended(2));
        outbox.put_back(first);
        assert_eq!(taken(&outbox), [Announcement::TokensEnded, ended(1), ended(2)]);
    }

    #[test]
    fn a_full_outbox_takes_nothing_more() {
        let outbox = Outbox::default();
        let call = |number: usize| {
            let mut bytes = [0; 32];
            bytes[..8].copy_from_slice(&number.to_be_bytes());
            Announcement::SessionEnded {
                session: SecretDigest::from_bytes(bytes),
            }
        };
        assert!((0..MOST_WAITING).all(|number| outbox.put(call(number))));
        assert!(!outbox.put(call(MOST_WAITING)));
        assert!(outbox.put(call(0)), "it waits already");
        assert_eq!(taken(&outbox).len(), MOST_WAITING);
        assert!(outbox.put(call(MOST_WAITING)));
    }

    #[test]
    fn a_closed_outbox_gives_what_it_has_and_takes_nothing() {
        let outbox = Outbox::default();
        outbox.put(ended(1));
        outbox.close();
        assert!(!outbox.put(ended(2)));
        assert!(outbox.is_closed_within(Duration::ZERO));
        assert!(matches!(outbox.take(Duration::from_mins(1)), Taken::Closed(last) if last == [ended(1)]));
    }
}
