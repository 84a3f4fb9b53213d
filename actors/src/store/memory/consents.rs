//! Consents in memory.

use super::{MemoryStore, remove_up_to};
use crate::domain::client::ClientId;
use crate::domain::clock::Timestamp;
use crate::domain::consent::Consent;
use crate::domain::user::UserKey;
use crate::store::{ConsentRepository, StoreError};

impl ConsentRepository for MemoryStore {
    fn put_consent(&self, consent: &Consent) -> Result<(), StoreError> {
        let key = (
            consent.user.clone(),
            consent.client.clone(),
            consent.receiver.clone(),
        );
        self.lock("put consent")?.consents.insert(key, consent.clone());
        Ok(())
    }

    fn find_consent(
        &self,
        user: &UserKey,
        client: &ClientId,
        receiver: &str,
    ) -> Result<Option<Consent>, StoreError> {
        let key = (user.clone(), client.clone(), receiver.to_owned());
        Ok(self.lock("find consent")?.consents.get(&key).cloned())
    }

    fn delete_consents(&self, user: &UserKey, client: &ClientId) -> Result<u64, StoreError> {
        let mut state = self.lock("delete consents")?;
        let is_meant = |consent: &Consent| consent.user == *user && consent.client == *client;
        Ok(remove_up_to(&mut state.consents, u32::MAX, is_meant))
    }

    fn delete_expired_consents(&self, now: Timestamp, most: u32) -> Result<u64, StoreError> {
        let mut state = self.lock("delete expired consents")?;
        Ok(remove_up_to(&mut state.consents, most, |consent| {
            consent.expires_at <= now
        }))
    }
}
