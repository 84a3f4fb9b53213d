//! Sessions of the protocol's legacy revisions in memory.

use super::{MemoryStore, State, insert_new, remove_up_to};
use crate::domain::clock::Timestamp;
use crate::domain::mcp_session::{McpSession, SessionOwner};
use crate::domain::secret::SecretDigest;
use crate::store::{McpSessionRepository, StoreError};

impl McpSessionRepository for MemoryStore {
    fn insert_mcp_session(&self, session: &McpSession, most: u32) -> Result<bool, StoreError> {
        let mut state = self.lock("insert MCP session")?;
        let is_new = insert_new(&mut state.mcp_sessions, session.id, session.clone());
        if is_new {
            make_room(&mut state, session, most);
        }
        Ok(is_new)
    }

    fn find_mcp_session(&self, id: &SecretDigest) -> Result<Option<McpSession>, StoreError> {
        Ok(self.lock("find MCP session")?.mcp_sessions.get(id).cloned())
    }

    fn record_mcp_session_use(&self, id: &SecretDigest, at: Timestamp) -> Result<bool, StoreError> {
        let mut state = self.lock("record use of MCP session")?;
        let session = state.mcp_sessions.get_mut(id);
        Ok(session
            .map(|session| session.last_used_at = session.last_used_at.max(at))
            .is_some())
    }

    fn end_mcp_session(&self, id: &SecretDigest, owner: &SessionOwner) -> Result<bool, StoreError> {
        let mut state = self.lock("end MCP session")?;
        let is_theirs = state
            .mcp_sessions
            .get(id)
            .is_some_and(|session| session.owner == *owner);
        Ok(is_theirs && state.mcp_sessions.remove(id).is_some())
    }

    fn delete_idle_mcp_sessions(&self, idle_since: Timestamp, most: u32) -> Result<u64, StoreError> {
        let mut state = self.lock("delete idle MCP sessions")?;
        Ok(remove_up_to(&mut state.mcp_sessions, most, |session| {
            session.last_used_at <= idle_since
        }))
    }

    fn count_mcp_sessions(&self) -> Result<u64, StoreError> {
        Ok(self.lock("count MCP sessions")?.mcp_sessions.len() as u64)
    }
}

fn make_room(state: &mut State, newest: &McpSession, most: u32) {
    let of_owner = state
        .mcp_sessions
        .values()
        .filter(|session| session.owner == newest.owner && session.id != newest.id);
    let mut others: Vec<_> = of_owner
        .map(|session| (session.last_used_at, session.id))
        .collect();
    let most = usize::try_from(most.saturating_sub(1)).unwrap_or(usize::MAX);
    let surplus = others.len().saturating_sub(most);
    others.sort_by_key(|(last_used_at, _)| *last_used_at);
    for (_, id) in others.into_iter().take(surplus) {
        state.mcp_sessions.remove(&id);
    }
}
