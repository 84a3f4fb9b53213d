//! Interactions in memory.

use super::{MemoryStore, insert_new, remove_up_to};
use crate::domain::clock::Timestamp;
use crate::domain::interaction::{Interaction, InteractionStage};
use crate::domain::secret::SecretDigest;
use crate::store::{InteractionRepository, StoreError};

impl InteractionRepository for MemoryStore {
    fn insert_interaction(&self, interaction: &Interaction) -> Result<bool, StoreError> {
        Ok(insert_new(
            &mut self.lock("insert interaction")?.interactions,
            interaction.id,
            interaction.clone(),
        ))
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
