//! Authorization codes, by digest. Consuming one is part of [`super::TokenRepository::redeem_code`].

use super::StoreError;
use crate::domain::authorization_code::{AuthorizationCode, CodeState};
use crate::domain::clock::Timestamp;
use crate::domain::secret::SecretDigest;

/// Keeps authorization codes, also after their end, so that a replay is recognised.
pub trait AuthorizationCodeRepository: Send + Sync {
    /// Stores a new code. False if there is one with the same digest.
    fn insert_code(&self, code: &AuthorizationCode) -> Result<bool, StoreError>;

    /// The code with this digest, in whatever state.
    fn find_code(&self, digest: &SecretDigest) -> Result<Option<AuthorizationCode>, StoreError>;

    /// Counts a wrong verifier against an issued code and says what state that leaves it in; wrong verifiers that
    /// come at once are all counted. `None` if the code is gone, consumed or used up.
    fn record_failed_verification(&self, digest: &SecretDigest) -> Result<Option<CodeState>, StoreError>;

    /// Deletes up to `most` codes that ended at or before this moment, and says how many.
    fn delete_codes_expired_before(&self, moment: Timestamp, most: u32) -> Result<u64, StoreError>;
}
