//! Which master keys the content of the store was made with: their identifiers, never the keys.
//!
//! A server that is started with a wrong key finds out here, before it answers anybody.

use super::StoreError;
use crate::domain::clock::Timestamp;
use crate::domain::key_ring::KeyId;

/// Remembers identifiers of master keys.
pub trait KeyRepository: Send + Sync {
    /// Notes that things are made with this key. The first moment stays.
    fn record_key(&self, id: KeyId, now: Timestamp) -> Result<(), StoreError>;

    /// All keys that were ever noted and not forgotten, in the order in which they were first noted.
    fn known_keys(&self) -> Result<Vec<KeyId>, StoreError>;

    /// Forgets a key of which nothing is left. False if it is not known.
    fn forget_key(&self, id: KeyId) -> Result<bool, StoreError>;
}
