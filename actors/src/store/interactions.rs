//! Login and consent pages that wait for their users.

use super::StoreError;
use crate::domain::clock::Timestamp;
use crate::domain::interaction::{Interaction, InteractionStage};
use crate::domain::secret::SecretDigest;

/// Keeps interactions. The answer to a page may reach another replica than the one that showed it.
pub trait InteractionRepository: Send + Sync {
    /// Stores an interaction. False if there is one with the same identifier.
    fn insert_interaction(&self, interaction: &Interaction) -> Result<bool, StoreError>;

    /// The interaction with this identifier, expired or not.
    fn find_interaction(&self, id: &SecretDigest) -> Result<Option<Interaction>, StoreError>;

    /// Moves an interaction on if it still is at `expected`: of any number of callers one does it.
    fn advance_interaction(
        &self,
        id: &SecretDigest,
        expected: &InteractionStage,
        next: &InteractionStage,
    ) -> Result<bool, StoreError>;

    /// Deletes up to `most` interactions that ended at or before this moment, and says how many.
    fn delete_expired_interactions(&self, now: Timestamp, most: u32) -> Result<u64, StoreError>;
}
