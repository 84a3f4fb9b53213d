//! Logins that are at the identity provider.

use super::StoreError;
use crate::domain::clock::Timestamp;
use crate::domain::pending_login::PendingLogin;
use crate::domain::secret::SecretDigest;

/// Keeps pending logins. A callback may reach another replica than the one that began the login.
pub trait PendingLoginRepository: Send + Sync {
    /// Stores a login. False if there is one with the same state.
    fn insert_pending_login(&self, login: &PendingLogin) -> Result<bool, StoreError>;

    /// Gives the login away and forgets it: of any number of callers one gets it.
    fn take_pending_login(&self, state: &SecretDigest) -> Result<Option<PendingLogin>, StoreError>;

    /// Deletes up to `most` logins that ended at or before this moment, and says how many.
    fn delete_expired_pending_logins(&self, now: Timestamp, most: u32) -> Result<u64, StoreError>;
}
