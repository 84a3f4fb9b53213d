//! Authorization codes in memory.

use super::{MemoryStore, insert_new, remove_up_to};
use crate::domain::authorization_code::{AuthorizationCode, CodeState};
use crate::domain::clock::Timestamp;
use crate::domain::secret::SecretDigest;
use crate::store::clients::ClientNeed;
use crate::store::{AuthorizationCodeRepository, StoreError};

impl AuthorizationCodeRepository for MemoryStore {
    fn insert_code(&self, code: &AuthorizationCode) -> Result<bool, StoreError> {
        let mut state = self.lock("insert code")?;
        let is_new = insert_new(&mut state.codes, code.digest, code.clone());
        if is_new {
            state.keep_client(ClientNeed::waiting(&code.binding.client, code.expires_at));
        }
        Ok(is_new)
    }

    fn find_code(&self, digest: &SecretDigest) -> Result<Option<AuthorizationCode>, StoreError> {
        Ok(self.lock("find code")?.codes.get(digest).cloned())
    }

    fn record_failed_verification(&self, digest: &SecretDigest) -> Result<Option<CodeState>, StoreError> {
        let mut state = self.lock("record failed verification")?;
        let Some(code) = state.codes.get_mut(digest) else {
            return Ok(None);
        };
        let Ok(next) = code.state.fail_verification() else {
            return Ok(None);
        };
        code.state = next;
        Ok(Some(next))
    }

    fn delete_codes_expired_before(&self, moment: Timestamp, most: u32) -> Result<u64, StoreError> {
        let mut state = self.lock("delete expired codes")?;
        Ok(remove_up_to(&mut state.codes, most, |code| {
            code.expires_at <= moment
        }))
    }
}
