//! Signed-in browsers.

use super::StoreError;
use crate::domain::browser_session::BrowserSession;
use crate::domain::clock::Timestamp;
use crate::domain::secret::SecretDigest;
use crate::domain::user::UserKey;

/// Keeps browser sessions.
pub trait BrowserSessionRepository: Send + Sync {
    /// Stores a session. False if there is one with the same identifier.
    fn insert_browser_session(&self, session: &BrowserSession) -> Result<bool, StoreError>;

    /// The session with this identifier, expired or not.
    fn find_browser_session(&self, id: &SecretDigest) -> Result<Option<BrowserSession>, StoreError>;

    /// Ends one session. False if it is gone.
    fn delete_browser_session(&self, id: &SecretDigest) -> Result<bool, StoreError>;

    /// Ends all sessions of a user, and says how many there were.
    fn delete_browser_sessions_of_user(&self, user: &UserKey) -> Result<u64, StoreError>;

    /// Deletes up to `most` sessions that ended at or before this moment, and says how many.
    fn delete_expired_browser_sessions(&self, now: Timestamp, most: u32) -> Result<u64, StoreError>;
}
