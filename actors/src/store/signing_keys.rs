//! The keys that access tokens are signed with, sealed. Replicas share them.

use super::StoreError;
use crate::domain::signing_key::SigningKeyRecord;

/// Keeps signing keys.
pub trait SigningKeyRepository: Send + Sync {
    /// Stores a key. True for the one caller whose key has this generation from now on.
    fn insert_signing_key(&self, key: &SigningKeyRecord) -> Result<bool, StoreError>;

    /// All keys, the oldest generation first. There are a few at most.
    fn signing_keys(&self) -> Result<Vec<SigningKeyRecord>, StoreError>;

    /// Deletes the keys of all generations before this one, and says how many.
    fn delete_signing_keys_before(&self, generation: i64) -> Result<u64, StoreError>;
}
