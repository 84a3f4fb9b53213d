//! Users in memory.

use super::MemoryStore;
use crate::domain::clock::Timestamp;
use crate::domain::user::{UserAccount, UserIdentity, UserKey};
use crate::store::{StoreError, UserRepository};

impl UserRepository for MemoryStore {
    fn record_login(&self, identity: &UserIdentity, now: Timestamp) -> Result<UserAccount, StoreError> {
        let mut state = self.lock("record login")?;
        let earlier = state.users.get(&identity.key);
        let account = UserAccount {
            identity: identity.clone(),
            created_at: earlier.map_or(now, |account| account.created_at),
            last_login_at: earlier.map_or(now, |account| account.last_login_at.max(now)),
        };
        state.users.insert(identity.key.clone(), account.clone());
        Ok(account)
    }

    fn find_user(&self, key: &UserKey) -> Result<Option<UserAccount>, StoreError> {
        Ok(self.lock("find user")?.users.get(key).cloned())
    }
}
