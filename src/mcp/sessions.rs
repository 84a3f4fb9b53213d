//! The sessions of the legacy era: opened, found and ended in the store that all replicas share.
//!
//! A session is not a proof of anything. It belongs to the user who opened it, and every request proves anew who asks;
//! with another user's token the session does not exist.

use std::sync::Arc;
use std::time::Duration;

use mxcp_actors::domain::cancel::CancelReason;
use mxcp_actors::domain::mcp_session::{McpSessionId, SessionOwner};
use mxcp_actors::domain::secret::SecretDigest;
use mxcp_actors::error::CallError;
use mxcp_actors::handle::HandleStatus;
use mxcp_actors::replica_bus::{Announcement, ReplicaBus};
use mxcp_actors::session_registry::{
    CountSessions, EndSession, FoundSession, OpenSession, SessionRegistryHandle,
};
use mxcp_actors::store::{MintError, StoreError};

use super::session::{self, LiveSessions, Session};
use super::wire::{ProtocolVersion, RequestId};

/// What a client is told to wait where the failed part does not know better.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// Nobody can say at the moment whether the session exists, or open one. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum SessionsUnavailable {
    /// The registry did not answer.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No session could be opened.
    #[error(transparent)]
    Open(#[from] MintError),
}

impl NoSession {
    fn of_another(id: &SecretDigest) -> Self {
        Self::OfAnother {
            recorded: McpSessionId::recorded(id),
        }
    }
}

impl SessionsUnavailable {
    /// When to ask again.
    pub fn retry_after(&self) -> Duration {
        match self {
            Self::Call(CallError::Busy { retry_after }) => *retry_after,
            Self::Call(CallError::Timeout | CallError::Stopped | CallError::Crashed)
            | Self::Store(_)
            | Self::Open(_) => RETRY_AFTER,
        }
    }
}

/// Why a session cannot be used. A client is told the same of both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoSession {
    /// There is none.
    Absent,
    /// It is somebody else's: worth a record.
    OfAnother {
        /// Its name in records.
        recorded: String,
    },
}

/// The way to all sessions, and those with requests under way in this process.
pub struct Sessions {
    registry: SessionRegistryHandle,
    live: Arc<LiveSessions>,
    bus: ReplicaBus,
}

impl Sessions {
    /// Sessions that this registry keeps; what other replicas cancel is heard over the bus.
    pub fn new(registry: SessionRegistryHandle, bus: ReplicaBus) -> Self {
        let live = Arc::<LiveSessions>::default();
        bus.listen(Arc::<LiveSessions>::clone(&live));
        Self { registry, live, bus }
    }

    /// Opens a session and answers its identifier.
    pub async fn open(
        &self,
        owner: SessionOwner,
        version: ProtocolVersion,
    ) -> Result<McpSessionId, SessionsUnavailable> {
        let version = version.as_str().to_owned();
        Ok(self.registry.ask(OpenSession { owner, version }).await??)
    }

    /// The session, if it exists and belongs to `owner`.
    pub async fn find(
        &self,
        id: &str,
        owner: &SessionOwner,
    ) -> Result<Result<Arc<Session>, NoSession>, SessionsUnavailable> {
        let Some(id) = McpSessionId::parse(id).map(|id| id.digest()) else {
            return Ok(Err(NoSession::Absent));
        };
        Ok(match self.registry.find(id, owner).await?? {
            // A revision that only another version of this server speaks is no session here.
            FoundSession::Theirs(session) => ProtocolVersion::parse(&session.version)
                .map(|version| self.live.join(id, version))
                .ok_or(NoSession::Absent),
            FoundSession::OfAnother => Err(NoSession::of_another(&id)),
            FoundSession::Absent => Err(NoSession::Absent),
        })
    }

    /// Ends the session and what runs in it, on every replica, if there is one of this owner.
    pub async fn end(
        &self,
        id: &str,
        owner: &SessionOwner,
    ) -> Result<Result<(), NoSession>, SessionsUnavailable> {
        let Some(id) = McpSessionId::parse(id).map(|id| id.digest()) else {
            return Ok(Err(NoSession::Absent));
        };
        let ended = EndSession {
            id,
            owner: owner.clone(),
        };
        if self.registry.ask(ended).await?? {
            if let Some(session) = self.live.find(&id) {
                session.cancel_all(CancelReason::ClientCancelled);
            }
            return Ok(Ok(()));
        }
        Ok(Err(match self.registry.find(id, owner).await?? {
            FoundSession::OfAnother => NoSession::of_another(&id),
            // Ended by another request in this moment, or never there.
            FoundSession::Theirs(_) | FoundSession::Absent => NoSession::Absent,
        }))
    }

    /// How many are open, on all replicas.
    pub async fn count(&self) -> Result<u64, SessionsUnavailable> {
        Ok(self.registry.ask(CountSessions).await??)
    }

    /// The counters of the registry.
    pub fn status(&self) -> HandleStatus {
        self.registry.status()
    }

    /// Stops a request of the session, wherever it runs.
    pub(super) fn cancel(&self, session: &Session, request: &RequestId) {
        if session.cancel(request) {
            return;
        }
        if let Some(session) = session.id() {
            self.bus.announce(Announcement::CallCancelled {
                session,
                request: session::digest(request),
            });
        }
    }
}
