//! Signing keys in memory.

use super::{MemoryStore, insert_new};
use crate::domain::signing_key::SigningKeyRecord;
use crate::store::{SigningKeyRepository, StoreError};

impl SigningKeyRepository for MemoryStore {
    fn insert_signing_key(&self, key: &SigningKeyRecord) -> Result<bool, StoreError> {
        let mut state = self.lock("insert signing key")?;
        Ok(insert_new(&mut state.signing_keys, key.generation, key.clone()))
    }

    fn signing_keys(&self) -> Result<Vec<SigningKeyRecord>, StoreError> {
        let state = self.lock("list signing keys")?;
        let mut keys: Vec<_> = state.signing_keys.values().cloned().collect();
        keys.sort_by_key(|key| key.generation);
        Ok(keys)
    }

    fn delete_signing_keys_before(&self, generation: i64) -> Result<u64, StoreError> {
        let mut state = self.lock("delete signing keys")?;
        let before = state.signing_keys.len();
        state.signing_keys.retain(|kept, _| *kept >= generation);
        Ok((before - state.signing_keys.len()) as u64)
    }
}
