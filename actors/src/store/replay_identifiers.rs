//! Identifiers that may be seen once, such as the `jti` of a client assertion (RFC 7523 section 3).

use super::StoreError;
use crate::domain::clock::Timestamp;
use crate::domain::secret::SecretDigest;

/// Remembers identifiers by digest for as long as they could be replayed.
pub trait ReplayIdentifierRepository: Send + Sync {
    /// Remembers an identifier until it ends. True for the one caller who brought it first; an identifier that
    /// ended at or before `now` may come again.
    fn remember_identifier(
        &self,
        identifier: &SecretDigest,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Forgets up to `most` identifiers that ended at or before this moment, and says how many.
    fn delete_expired_identifiers(&self, now: Timestamp, most: u32) -> Result<u64, StoreError>;
}
