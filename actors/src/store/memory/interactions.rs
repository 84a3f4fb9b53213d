//! Interactions in memory.

use super::{MemoryStore, insert_new, remove_up_to};
use crate::domain::clock::Timestamp;
use crate::domain::interaction::{Interaction, InteractionStage};
use crate::domain::secret::SecretDigest;
use crate::store::clients::ClientNeed;
use crate::store::{InteractionRepository, StoreError};

impl InteractionRepository for MemoryStore {
    fn insert_interaction(&self, interaction: &Interaction) -> Result<bool, StoreError> {
        let mut state = self.lock("insert interaction")?;
        let is_new = insert_new(&mut state.interactions, interaction.id, interaction.clone());
        let need = ClientNeed::of_login(&interaction.purpose, interaction.expires_at);
        if let Some(need) = need.filter(|_| is_new) {
            state.keep_client(need);
        }
        Ok(is_new)
    }

    fn find_interaction(&self, id: &SecretDigest) -> Result<Option<Interaction>, StoreError> {
        Ok(self.lock("find interaction")?.interactions.get(id).cloned())
    }

    fn advance_interaction(
        &self,
        id: &SecretDigest,
        expected: &InteractionStage,
        next: &InteractionStage,
    ) -> Result<bool, StoreError> {
        let mut state = self.lock("advance interaction")?;
        let waiting = state
            .interactions
            .get_mut(id)
            .filter(|interaction| interaction.stage == *expected);
        let is_waiting = waiting.is_some();
        if let Some(interaction) = waiting {
            interaction.stage = next.clone();
        }
        Ok(is_waiting)
    }

    fn delete_expired_interactions(&self, now: Timestamp, most: u32) -> Result<u64, StoreError> {
        let mut state = self.lock("delete expired interactions")?;
        Ok(remove_up_to(&mut state.interactions, most, |interaction| {
            interaction.expires_at <= now
        }))
    }
}
