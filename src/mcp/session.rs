//! Sessions of the legacy era: which client negotiated which version, and which of its requests are running.
//!
//! A session is not a proof of anything. It belongs to the user who opened it, and every request proves anew who asks;
//! with another user's token the session does not exist. The number of sessions is bounded: beyond it the one that was
//! idle longest makes room, and its client starts over, as after any 404.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mxcp_actors::domain::cancel::{CancelReason, CancelToken};
use mxcp_actors::domain::clock::{Clock, Timestamp};
use mxcp_actors::domain::randomness::{Randomness, RandomnessUnavailable};
use mxcp_actors::domain::user::UserKey;

use super::wire::{ProtocolVersion, RequestId};

/// Sessions kept at most, each a few hundred bytes.
const MOST_SESSIONS: usize = 10_000;

/// Whose session it is: a user, or anybody while authentication is off.
pub type Owner = Option<UserKey>;

/// One client's session.
pub struct Session {
    owner: Owner,
    version: ProtocolVersion,
    running: Mutex<HashMap<RequestId, CancelToken>>,
}

impl fmt::Debug for Session {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Session")
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// A session that nobody looks up: that of a connection.
    pub(super) fn of_connection() -> Arc<Self> {
        Arc::new(Self {
            owner: None,
            version: ProtocolVersion::MODERN,
            running: Mutex::default(),
        })
    }

    /// The version that was negotiated.
    pub fn version(&self) -> ProtocolVersion {
        self.version
    }

    /// From now until the answer is dropped, `notifications/cancelled` with this id stops the request.
    pub fn begin(self: &Arc<Self>, id: &RequestId, cancel: &CancelToken) -> Running {
        self.running().insert(id.clone(), cancel.clone());
        Running {
            session: Arc::clone(self),
            id: id.clone(),
        }
    }

    /// The client does not want the answer any more. Unknown and finished requests are ignored, as the protocol asks.
    pub fn cancel(&self, id: &RequestId) {
        let token = self.running().get(id).cloned();
        if let Some(token) = token {
            token.cancel(CancelReason::ClientCancelled);
        }
    }

    /// Stops everything that runs.
    pub(super) fn cancel_all(&self, reason: CancelReason) {
        let running: Vec<CancelToken> = self.running().values().cloned().collect();
        for token in running {
            token.cancel(reason);
        }
    }

    fn running(&self) -> MutexGuard<'_, HashMap<RequestId, CancelToken>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that runs within a session.
pub struct Running {
    session: Arc<Session>,
    id: RequestId,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.session.running().remove(&self.id);
    }
}

struct Entry {
    session: Arc<Session>,
    last_used: Timestamp,
}

/// All sessions of this process.
pub struct Sessions {
    entries: Mutex<HashMap<String, Entry>>,
    clock: Arc<dyn Clock>,
    randomness: Arc<dyn Randomness>,
}

impl Sessions {
    /// No session yet.
    pub fn new(clock: Arc<dyn Clock>, randomness: Arc<dyn Randomness>) -> Self {
        Self {
            entries: Mutex::default(),
            clock,
            randomness,
        }
    }

    /// Opens a session and answers its id: 256 random bits in hexadecimal digits.
    pub fn open(&self, owner: Owner, version: ProtocolVersion) -> Result<String, RandomnessUnavailable> {
        let [high, low] = [self.randomness.bytes::<16>()?, self.randomness.bytes::<16>()?];
        let id = format!(
            "{:032x}{:032x}",
            u128::from_be_bytes(high),
            u128::from_be_bytes(low)
        );
        let session = Arc::new(Session {
            owner,
            version,
            running: Mutex::default(),
        });
        let last_used = self.clock.now();
        let mut entries = self.entries();
        if entries.len() >= MOST_SESSIONS {
            make_room(&mut entries);
        }
        entries.insert(id.clone(), Entry { session, last_used });
        Ok(id)
    }

    /// The session, if it exists and belongs to `owner`.
    pub fn find(&self, id: &str, owner: &Owner) -> Option<Arc<Session>> {
        let now = self.clock.now();
        let mut entries = self.entries();
        let entry = entries
            .get_mut(id)
            .filter(|entry| entry.session.owner == *owner)?;
        entry.last_used = now;
        Some(Arc::clone(&entry.session))
    }

    /// Ends the session and what runs in it; says whether there was one of this owner.
    pub fn end(&self, id: &str, owner: &Owner) -> bool {
        let mut entries = self.entries();
        let found = entries.get(id).is_some_and(|entry| entry.session.owner == *owner);
        let ended = if found { entries.remove(id) } else { None };
        drop(entries);
        if let Some(entry) = &ended {
            entry.session.cancel_all(CancelReason::ClientCancelled);
        }
        ended.is_some()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.entries().len()
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn make_room(entries: &mut HashMap<String, Entry>) {
    let idle_longest = entries
        .iter()
        .min_by_key(|(_, entry)| entry.last_used)
        .map(|(id, _)| id.clone());
    if let Some(id) = idle_longest {
        entries.remove(&id);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use mxcp_actors::domain::clock::FixedClock;
    use mxcp_actors::domain::randomness::SeededRandomness;

    use super::*;

    fn user(subject: &str) -> UserKey {
        UserKey {
            issuer: "https://idp.example".to_owned(),
            subject: subject.to_owned(),
        }
    }

    fn sessions() -> (Arc<FixedClock>, Sessions) {
        let clock = Arc::new(FixedClock::at(Timestamp::from_seconds(0)));
        let of_sessions: Arc<dyn Clock> = Arc::<FixedClock>::clone(&clock);
        (
            clock,
            Sessions::new(of_sessions, Arc::new(SeededRandomness::new(1))),
        )
    }

    #[test]
    fn a_session_does_not_exist_for_another_user() {
        let (_, sessions) = sessions();
        let id = sessions
            .open(Some(user("ada")), ProtocolVersion::V2025_06_18)
            .unwrap();
        assert_eq!(id.len(), 64);
        for other in [Some(user("bob")), None] {
            assert!(sessions.find(&id, &other).is_none());
            assert!(!sessions.end(&id, &other));
        }
        assert_eq!(
            sessions.find(&id, &Some(user("ada"))).unwrap().version(),
            ProtocolVersion::V2025_06_18
        );
        assert!(sessions.end(&id, &Some(user("ada"))));
        assert!(sessions.find(&id, &Some(user("ada"))).is_none());
    }

    #[test]
    fn cancelling_stops_the_named_request_and_ending_stops_all() {
        let (_, sessions) = sessions();
        let id = sessions.open(None, ProtocolVersion::V2025_11_25).unwrap();
        let session = sessions.find(&id, &None).unwrap();
        let tokens = [CancelToken::new(), CancelToken::new(), CancelToken::new()];
        let running: Vec<Running> = tokens
            .iter()
            .zip(1..)
            .map(|(token, id)| session.begin(&RequestId::Integer(id), token))
            .collect();
        session.cancel(&RequestId::Integer(1));
        session.cancel(&RequestId::Integer(99));
        let reasons = || tokens.each_ref().map(CancelToken::reason);
        assert_eq!(reasons(), [Some(CancelReason::ClientCancelled), None, None]);
        drop(running.into_iter().next_back());
        assert!(sessions.end(&id, &None));
        assert_eq!(reasons()[2], None, "a finished request is not cancelled");
    }

    #[test]
    fn a_flood_pushes_out_the_session_that_was_idle_longest() {
        let (clock, sessions) = sessions();
        let old = sessions.open(None, ProtocolVersion::V2025_11_25).unwrap();
        let idle = sessions.open(None, ProtocolVersion::V2025_11_25).unwrap();
        clock.advance(Duration::from_secs(1));
        assert!(sessions.find(&old, &None).is_some());
        for _ in 0..MOST_SESSIONS - 1 {
            clock.advance(Duration::from_millis(1));
            sessions.open(None, ProtocolVersion::V2025_11_25).unwrap();
        }
        assert_eq!(sessions.count(), MOST_SESSIONS);
        assert!(sessions.find(&idle, &None).is_none());
        assert!(sessions.find(&old, &None).is_some());
    }
}
