//! How the registry of sessions answers its messages. Plain functions; the repository decides races.

use std::sync::Arc;

use super::SessionRegistrySettings;
use super::messages::{
    CountSessionsReply, EndSession, EndSessionReply, FindSession, FindSessionReply, OpenSession,
    OpenSessionReply, SweepSessions, SweepSessionsReply,
};
use crate::domain::clock::Clock;
use crate::domain::mcp_session::{McpSession, McpSessionId};
use crate::domain::randomness::Randomness;
use crate::store::{McpSessionRepository, StoreError};

/// Everything that the rules need. Cheap to clone, so that each message can be answered on a thread of its own.
#[derive(Clone)]
pub struct SessionRules {
    /// What is kept, and for how long.
    pub settings: SessionRegistrySettings,
    /// Says what time it is.
    pub clock: Arc<dyn Clock>,
    /// Where identifiers come from.
    pub randomness: Arc<dyn Randomness>,
    /// Where sessions are kept.
    pub repository: Arc<dyn McpSessionRepository>,
}

impl SessionRules {
    /// Opens a session.
    pub fn open(&self, message: OpenSession) -> OpenSessionReply {
        let id = McpSessionId::generate(self.randomness.as_ref())?;
        let now = self.clock.now();
        let most = match &message.owner {
            Some(_) => self.settings.most_of_user,
            None => self.settings.most_of_nobody,
        };
        let session = McpSession {
            id: id.digest(),
            owner: message.owner,
            version: message.version,
            opened_at: now,
            last_used_at: now,
        };
        if !self.repository.insert_mcp_session(&session, most)? {
            let reason = "a freshly drawn session identifier is already there".to_owned();
            return Err(StoreError::Inconsistent {
                operation: "insert MCP session",
                reason,
            }
            .into());
        }
        Ok(id)
    }

    /// Finds a session, and notes its use unless one was noted a moment ago.
    pub fn find(&self, message: FindSession) -> FindSessionReply {
        let now = self.clock.now();
        let found = self.repository.find_mcp_session(&message.id)?;
        let idle = |session: &McpSession| now.duration_since(session.last_used_at);
        let Some(session) = found.filter(|session| idle(session) < self.settings.idle_lifetime) else {
            return Ok(None);
        };
        if idle(&session) >= self.settings.use_precision
            && !self.repository.record_mcp_session_use(&message.id, now)?
        {
            // Ended in this moment.
            return Ok(None);
        }
        Ok(Some(Arc::new(session)))
    }

    /// Ends a session of whoever asks.
    pub fn end(&self, message: &EndSession) -> EndSessionReply {
        self.repository.end_mcp_session(&message.id, &message.owner)
    }

    /// Forgets sessions that were idle for too long.
    pub fn sweep(&self, message: SweepSessions) -> SweepSessionsReply {
        let idle_since = self.clock.now() - self.settings.idle_lifetime;
        self.repository.delete_idle_mcp_sessions(idle_since, message.most)
    }

    /// Counts the sessions.
    pub fn count(&self) -> CountSessionsReply {
        self.repository.count_mcp_sessions()
    }
}
