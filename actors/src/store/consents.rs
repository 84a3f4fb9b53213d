//! Remembered consents.

use super::StoreError;
use crate::domain::client::ClientId;
use crate::domain::clock::Timestamp;
use crate::domain::consent::Consent;
use crate::domain::user::UserKey;

/// Keeps consents: at most one per user, client and receiver.
pub trait ConsentRepository: Send + Sync {
    /// Stores a consent in place of an earlier one for the same user, client and receiver.
    fn put_consent(&self, consent: &Consent) -> Result<(), StoreError>;

    /// The consent of a user for a client and a receiver, expired or not.
    fn find_consent(
        &self,
        user: &UserKey,
        client: &ClientId,
        receiver: &str,
    ) -> Result<Option<Consent>, StoreError>;

    /// Takes back what a user agreed to for a client, for all receivers, and says how many consents that were.
    fn delete_consents(&self, user: &UserKey, client: &ClientId) -> Result<u64, StoreError>;

    /// Deletes up to `most` consents that ended at or before this moment, and says how many.
    fn delete_expired_consents(&self, now: Timestamp, most: u32) -> Result<u64, StoreError>;
}
