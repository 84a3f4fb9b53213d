//! A session of the legacy era as far as it lives in this process: which of its requests are running here.
//!
//! Whose session it is, and whether it still exists, is known to the store (`sessions`), which all replicas share. Running
//! requests stay with the replica that runs them; what ends them elsewhere is heard over the replica bus.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use mxcp_actors::domain::cancel::{CancelReason, CancelToken};
use mxcp_actors::domain::secret::{Secret, SecretDigest};
use mxcp_actors::replica_bus::{Announcement, ReplicaListener};

use super::wire::{ProtocolVersion, RequestId};

/// One client's session, for as long as one of its requests is under way here.
pub struct Session {
    /// The digest of its identifier and where it is found; a connection has neither.
    place: Option<(SecretDigest, Arc<LiveSessions>)>,
    version: ProtocolVersion,
    running: Mutex<UnderWay>,
}

/// Requests under way, in the order in which they began. A client may give two of them the same identifier, against the
/// rules: then both are meant by it.
#[derive(Default)]
struct UnderWay {
    begun: u64,
    requests: BTreeMap<u64, (RequestId, CancelToken)>,
}

impl UnderWay {
    /// The tokens of the requests with such an identifier.
    fn tokens(&self, is_meant: impl Fn(&RequestId) -> bool) -> Vec<CancelToken> {
        let requests = self.requests.values();
        let meant = requests.filter(|(id, _)| is_meant(id));
        meant.map(|(_, token)| token.clone()).collect()
    }
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
            place: None,
            version: ProtocolVersion::MODERN,
            running: Mutex::default(),
        })
    }

    /// The version that was negotiated.
    pub fn version(&self) -> ProtocolVersion {
        self.version
    }

    /// The digest of its identifier, unless it is that of a connection.
    pub(super) fn id(&self) -> Option<SecretDigest> {
        self.place.as_ref().map(|(id, _)| *id)
    }

    /// From now until the answer is dropped, `notifications/cancelled` with this id stops the request.
    pub fn begin(self: &Arc<Self>, id: &RequestId, cancel: &CancelToken) -> Running {
        let mut running = self.running();
        running.begun += 1;
        let number = running.begun;
        running.requests.insert(number, (id.clone(), cancel.clone()));
        Running {
            session: Arc::clone(self),
            number,
        }
    }

    /// The client does not want the answer any more. Says whether the request runs here; unknown and finished requests are
    /// ignored, as the protocol asks.
    pub fn cancel(&self, id: &RequestId) -> bool {
        self.cancel_those(CancelReason::ClientCancelled, |running| running == id)
    }

    /// Stops everything that runs.
    pub(super) fn cancel_all(&self, reason: CancelReason) {
        self.cancel_those(reason, |_| true);
    }

    fn cancel_digested(&self, request: &SecretDigest) {
        self.cancel_those(CancelReason::ClientCancelled, |running| {
            digest(running) == *request
        });
    }

    /// Stops the requests that are meant, and says whether there are any. Nothing is told anything under the lock.
    fn cancel_those(&self, reason: CancelReason, is_meant: impl Fn(&RequestId) -> bool) -> bool {
        let tokens = self.running().tokens(is_meant);
        for token in &tokens {
            token.cancel(reason);
        }
        !tokens.is_empty()
    }

    fn running(&self) -> MutexGuard<'_, UnderWay> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The last request of a session has ended here.
impl Drop for Session {
    fn drop(&mut self) {
        if let Some((id, live)) = &self.place {
            live.leave(id);
        }
    }
}

/// What other replicas are told of a request, whose own identifier may be any text of any length.
pub(super) fn digest(request: &RequestId) -> SecretDigest {
    let mut written = Vec::new();
    request.write(&mut written);
    SecretDigest::plain(&Secret::new(String::from_utf8_lossy(&written)))
}

/// A request that runs within a session.
pub struct Running {
    session: Arc<Session>,
    number: u64,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.session.running().requests.remove(&self.number);
    }
}

/// The sessions with requests under way in this process, by the digests of their identifiers.
#[derive(Default)]
pub(super) struct LiveSessions(Mutex<HashMap<SecretDigest, Weak<Session>>>);

impl LiveSessions {
    /// The session of this identifier, with the requests that run in it already.
    pub(super) fn join(self: &Arc<Self>, id: SecretDigest, version: ProtocolVersion) -> Arc<Session> {
        let mut sessions = self.lock();
        if let Some(session) = sessions.get(&id).and_then(Weak::upgrade) {
            return session;
        }
        let session = Arc::new(Session {
            place: Some((id, Arc::clone(self))),
            version,
            running: Mutex::default(),
        });
        sessions.insert(id, Arc::downgrade(&session));
        session
    }

    /// The session, if a request of it is under way here. The lock is free again when this returns: dropping the last
    /// holder of a session takes it.
    pub(super) fn find(&self, id: &SecretDigest) -> Option<Arc<Session>> {
        self.lock().get(id).and_then(Weak::upgrade)
    }

    /// Takes a session out, unless another request has joined it meanwhile.
    fn leave(&self, id: &SecretDigest) {
        let mut sessions = self.lock();
        if sessions
            .get(id)
            .is_some_and(|session| session.strong_count() == 0)
        {
            sessions.remove(id);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SecretDigest, Weak<Session>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ReplicaListener for LiveSessions {
    fn hear(&self, announcement: &Announcement) {
        match announcement {
            Announcement::CallCancelled { session, request } => {
                if let Some(session) = self.find(session) {
                    session.cancel_digested(request);
                }
            }
            Announcement::SessionEnded { session } => {
                if let Some(session) = self.find(session) {
                    session.cancel_all(CancelReason::ClientCancelled);
                }
            }
            Announcement::TokensEnded => {}
        }
    }

    /// A cancellation that was not heard lets a call run to its end, which harms nobody.
    fn miss(&self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(live: &Arc<LiveSessions>, number: u8) -> Arc<Session> {
        live.join(
            SecretDigest::from_bytes([number; 32]),
            ProtocolVersion::V2025_11_25,
        )
    }

    #[test]
    fn cancelling_stops_the_named_request_and_ending_stops_all() {
        let live = Arc::<LiveSessions>::default();
        let session = session(&live, 1);
        let tokens = [CancelToken::new(), CancelToken::new(), CancelToken::new()];
        let running: Vec<Running> = tokens
            .iter()
            .zip(1..)
            .map(|(token, id)| session.begin(&RequestId::Integer(id), token))
            .collect();
        assert!(session.cancel(&RequestId::Integer(1)));
        assert!(!session.cancel(&RequestId::Integer(99)));
        let reasons = || tokens.each_ref().map(CancelToken::reason);
        assert_eq!(reasons(), [Some(CancelReason::ClientCancelled), None, None]);
        drop(running.into_iter().next_back());
        session.cancel_all(CancelReason::ClientCancelled);
        assert_eq!(reasons()[2], None, "a finished request is not cancelled");
    }

    #[test]
    fn two_requests_with_one_identifier_are_both_meant_by_it() {
        let live = Arc::<LiveSessions>::default();
        let session = session(&live, 1);
        let id = RequestId::Integer(1);
        let tokens = [CancelToken::new(), CancelToken::new(), CancelToken::new()];
        let [first, second, third] = tokens.each_ref().map(|token| session.begin(&id, token));
        drop(second);
        assert!(session.cancel(&id));
        let reasons = tokens.each_ref().map(|token| token.reason().is_some());
        assert_eq!(reasons, [true, false, true]);
        drop((first, third));
        assert!(!session.cancel(&id), "none is left");
    }

    #[test]
    fn what_another_replica_says_reaches_the_request_that_it_means() {
        let live = Arc::<LiveSessions>::default();
        let tokens = [CancelToken::new(), CancelToken::new(), CancelToken::new()];
        let ids = [
            (1, RequestId::Integer(7)),
            (1, RequestId::Text("7".into())),
            (2, RequestId::Integer(7)),
        ];
        let _running: Vec<Running> = tokens
            .iter()
            .zip(&ids)
            .map(|(token, (number, id))| session(&live, *number).begin(id, token))
            .collect();
        let reasons = || tokens.each_ref().map(|token| token.reason().is_some());

        let first = SecretDigest::from_bytes([1; 32]);
        live.hear(&Announcement::CallCancelled {
            session: first,
            request: digest(&RequestId::Text("7".into())),
        });
        assert_eq!(reasons(), [false, true, false]);
        live.hear(&Announcement::SessionEnded { session: first });
        assert_eq!(reasons(), [true, true, false]);
    }

    #[test]
    fn a_session_lives_as_long_as_its_requests() {
        let live = Arc::<LiveSessions>::default();
        let (one, same) = (session(&live, 1), session(&live, 1));
        assert!(Arc::ptr_eq(&one, &same));
        drop(one);
        assert_eq!(live.lock().len(), 1);
        drop(same);
        assert!(live.lock().is_empty());
    }
}
