//! Pending logins in memory.

use super::{MemoryStore, insert_new, remove_up_to};
use crate::domain::clock::Timestamp;
use crate::domain::pending_login::PendingLogin;
use crate::domain::secret::SecretDigest;
use crate::store::clients::ClientNeed;
use crate::store::{PendingLoginRepository, StoreError};

impl PendingLoginRepository for MemoryStore {
    fn insert_pending_login(&self, login: &PendingLogin) -> Result<bool, StoreError> {
        let mut state = self.lock("insert pending login")?;
        let is_new = insert_new(&mut state.pending_logins, login.state, login.clone());
        let need = ClientNeed::of_login(&login.purpose, login.expires_at);
        if let Some(need) = need.filter(|_| is_new) {
            state.keep_client(need);
        }
        Ok(is_new)
    }

    fn take_pending_login(&self, state: &SecretDigest) -> Result<Option<PendingLogin>, StoreError> {
        Ok(self.lock("take pending login")?.pending_logins.remove(state))
    }

    fn delete_expired_pending_logins(&self, now: Timestamp, most: u32) -> Result<u64, StoreError> {
        let mut state = self.lock("delete expired pending logins")?;
        Ok(remove_up_to(&mut state.pending_logins, most, |login| {
            login.expires_at <= now
        }))
    }
}
