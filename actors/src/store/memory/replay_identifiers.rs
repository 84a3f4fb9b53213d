//! Replay identifiers in memory.

use super::{MemoryStore, remove_up_to};
use crate::domain::clock::Timestamp;
use crate::domain::secret::SecretDigest;
use crate::store::{ReplayIdentifierRepository, StoreError};

impl ReplayIdentifierRepository for MemoryStore {
    fn remember_identifier(
        &self,
        identifier: &SecretDigest,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut state = self.lock("remember identifier")?;
        if state
            .identifiers
            .get(identifier)
            .is_some_and(|until| *until > now)
        {
            return Ok(false);
        }
        state.identifiers.insert(*identifier, expires_at);
        Ok(true)
    }

    fn delete_expired_identifiers(&self, now: Timestamp, most: u32) -> Result<u64, StoreError> {
        let mut state = self.lock("delete expired identifiers")?;
        Ok(remove_up_to(&mut state.identifiers, most, |until| *until <= now))
    }
}
