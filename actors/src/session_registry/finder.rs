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

/// A session, or that there is none, or why nobody knows.
pub type Finding = Result<Result<Option<Arc<McpSession>>, StoreError>, CallError>;

impl SessionRegistryHandle {
    pub(super) const fn new(
        handle: Handle<SessionRegistry>,
        found: Arc<FoundSessions>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { handle, found, clock }
    }

    /// The session, if it exists and belongs to this owner: as found less than a second ago, or as the actor finds now.
    pub async fn find(&self, id: SecretDigest, owner: &SessionOwner) -> Finding {
        let is_theirs = |session: &Arc<McpSession>| session.owner == *owner;
        let now = self.clock.now();
        if let Some(session) = self.found.find(&id, now) {
            return Ok(Ok(Some(session).filter(is_theirs)));
        }
        let epoch = self.found.epoch();
        let found = match self.handle.ask(FindSession { id }).await? {
            Ok(found) => found,
            Err(error) => return Ok(Err(error)),
        };
        if let Some(session) = &found {
            self.found.keep(Arc::clone(session), epoch, now);
        }
        Ok(Ok(found.filter(is_theirs)))
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
