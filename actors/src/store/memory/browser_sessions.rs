//! Browser sessions in memory.

use super::{MemoryStore, insert_new, remove_up_to};
use crate::domain::browser_session::BrowserSession;
use crate::domain::clock::Timestamp;
use crate::domain::secret::SecretDigest;
use crate::domain::user::UserKey;
use crate::store::{BrowserSessionRepository, StoreError};

impl BrowserSessionRepository for MemoryStore {
    fn insert_browser_session(&self, session: &BrowserSession) -> Result<bool, StoreError> {
        Ok(insert_new(
            &mut self.lock("insert browser session")?.browser_sessions,
            session.id,
            session.clone(),
        ))
    }

    fn find_browser_session(&self, id: &SecretDigest) -> Result<Option<BrowserSession>, StoreError> {
        Ok(self
            .lock("find browser session")?
            .browser_sessions
            .get(id)
            .cloned())
    }

    fn delete_browser_session(&self, id: &SecretDigest) -> Result<bool, StoreError> {
        Ok(self
            .lock("delete browser session")?
            .browser_sessions
            .remove(id)
            .is_some())
    }

    fn delete_browser_sessions_of_user(&self, user: &UserKey) -> Result<u64, StoreError> {
        let mut state = self.lock("delete browser sessions of user")?;
        Ok(remove_up_to(&mut state.browser_sessions, u32::MAX, |session| {
            session.user == *user
        }))
    }

    fn delete_expired_browser_sessions(&self, now: Timestamp, most: u32) -> Result<u64, StoreError> {
        let mut state = self.lock("delete expired browser sessions")?;
        Ok(remove_up_to(&mut state.browser_sessions, most, |session| {
            session.is_expired(now)
        }))
    }
}
