//! Sessions of the protocol's legacy revisions.

use super::StoreError;
use crate::domain::clock::Timestamp;
use crate::domain::mcp_session::{McpSession, SessionOwner};
use crate::domain::secret::SecretDigest;

/// Keeps sessions.
pub trait McpSessionRepository: Send + Sync {
    /// Stores a session, and deletes those of the same owner that were idle longest, so that `most` stay. False if there
    /// is one with the same identifier.
    fn insert_mcp_session(&self, session: &McpSession, most: u32) -> Result<bool, StoreError>;

    /// The session with this identifier, however long it was idle.
    fn find_mcp_session(&self, id: &SecretDigest) -> Result<Option<McpSession>, StoreError>;

    /// Notes a use, and never turns the latest one back. False if the session is gone.
    fn record_mcp_session_use(&self, id: &SecretDigest, at: Timestamp) -> Result<bool, StoreError>;

    /// Ends a session of this owner. False if there is none.
    fn end_mcp_session(&self, id: &SecretDigest, owner: &SessionOwner) -> Result<bool, StoreError>;

    /// Deletes up to `most` sessions that were used at or before this moment for the last time, and says how many.
    fn delete_idle_mcp_sessions(&self, idle_since: Timestamp, most: u32) -> Result<u64, StoreError>;

    /// How many sessions there are.
    fn count_mcp_sessions(&self) -> Result<u64, StoreError>;
}
