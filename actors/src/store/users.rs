//! Users who have logged in.

use super::StoreError;
use crate::domain::clock::Timestamp;
use crate::domain::user::{UserAccount, UserIdentity, UserKey};

/// Keeps what was learnt about users at their latest login.
pub trait UserRepository: Send + Sync {
    /// Notes a login: creates the account, or replaces its identity and moves its latest login forward.
    fn record_login(&self, identity: &UserIdentity, now: Timestamp) -> Result<UserAccount, StoreError>;

    /// The account of a user.
    fn find_user(&self, key: &UserKey) -> Result<Option<UserAccount>, StoreError>;
}
