//! Identifiers of master keys in memory.

use super::MemoryStore;
use crate::domain::clock::Timestamp;
use crate::domain::key_ring::KeyId;
use crate::store::{KeyRepository, StoreError};

impl KeyRepository for MemoryStore {
    fn record_key(&self, id: KeyId, _now: Timestamp) -> Result<(), StoreError> {
        let mut state = self.lock("record key")?;
        if !state.keys.contains(&id) {
            state.keys.push(id);
        }
        Ok(())
    }

    fn known_keys(&self) -> Result<Vec<KeyId>, StoreError> {
        Ok(self.lock("list keys")?.keys.clone())
    }

    fn forget_key(&self, id: KeyId) -> Result<bool, StoreError> {
        let mut state = self.lock("forget key")?;
        let before = state.keys.len();
        state.keys.retain(|known| *known != id);
        Ok(state.keys.len() < before)
    }
}
