//! The way to ask the registry of sessions. Finding is answered from what was found a moment ago, if it was; all else is
//! a message.

use std::sync::Arc;

use super::actor::SessionRegistry;
use super::found_sessions::FoundSessions;
use super::messages::FindSession;
use crate::domain::clock::Clock;
use crate::domain::mcp_session::{McpSession, SessionOwner};
use crate::domain::secret::SecretDigest;
use crate::error::CallError;
use crate::handle::{Answers, Handle, HandleStatus, Request};
use crate::store::StoreError;

/// Asks the registry of sessions. Clones share the actor and the cache.
#[derive(Clone)]
pub struct SessionRegistryHandle {
    handle: Handle<SessionRegistry>,
    found: Arc<FoundSessions>,
    clock: Arc<dyn Clock>,
}

/// What an identifier leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FoundSession {
    /// To a session of whoever asks.
    Theirs(Arc<McpSession>),
    /// To a session of somebody else, which for whoever asks does not exist.
    OfAnother,
    /// To nothing.
    Absent,
}

/// What an identifier leads to, or why nobody knows.
pub type Finding = Result<Result<FoundSession, StoreError>, CallError>;

impl FoundSession {
    fn of(session: Arc<McpSession>, owner: &SessionOwner) -> Self {
        match session.owner == *owner {
            true => Self::Theirs(session),
            false => Self::OfAnother,
        }
    }
}

impl SessionRegistryHandle {
    pub(super) const fn new(
        handle: Handle<SessionRegistry>,
        found: Arc<FoundSessions>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { handle, found, clock }
    }

    /// The session, and whether it belongs to this owner: as found less than a second ago, or as the actor finds now.
    pub async fn find(&self, id: SecretDigest, owner: &SessionOwner) -> Finding {
        let now = self.clock.now();
        if let Some(session) = self.found.find(&id, now) {
            return Ok(Ok(FoundSession::of(session, owner)));
        }
        let epoch = self.found.epoch();
        let session = match self.handle.ask(FindSession { id }).await? {
            Ok(Some(session)) => session,
            Ok(None) => return Ok(Ok(FoundSession::Absent)),
            Err(error) => return Ok(Err(error)),
        };
        self.found.keep(Arc::clone(&session), epoch, now);
        Ok(Ok(FoundSession::of(session, owner)))
    }

    /// Asks anything else.
    pub async fn ask<R>(&self, request: R) -> Result<R::Answer, CallError>
    where
        R: Request,
        SessionRegistry: Answers<R>,
    {
        self.handle.ask(request).await
    }

    /// The counters of the messages; hits are not among them.
    #[must_use]
    pub fn status(&self) -> HandleStatus {
        self.handle.status()
    }

    pub(super) async fn stop(&self) {
        self.handle.stop().await;
    }
}
