//! Access and refresh tokens, by digest, and the three transactions that create them.

use super::StoreError;
use super::clients::ClientUse;
use crate::domain::clock::Timestamp;
use crate::domain::grant::Grant;
use crate::domain::key_ring::KeyId;
use crate::domain::secret::SecretDigest;
use crate::domain::token::{AccessTokenRecord, RefreshTokenRecord};

/// Exchanging a code: consume it, activate its grant, store the first tokens, note that its client was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redemption {
    /// The code to consume.
    pub code: SecretDigest,
    /// The moment of the exchange.
    pub at: Timestamp,
    /// The first access token. Its grant is the one to activate.
    pub access_token: AccessTokenRecord,
    /// The first refresh token, if the client gets one.
    pub refresh_token: Option<RefreshTokenRecord>,
    /// What the client's registration is kept for.
    pub client_use: ClientUse,
}

/// What became of a [`Redemption`]. In every case but the first nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedemptionOutcome {
    /// This caller consumed the code, and the tokens are stored.
    Redeemed,
    /// The code was consumed before.
    AlreadyConsumed,
    /// The code is gone, has expired or was used up.
    CodeExpired,
    /// The grant is not pending any more.
    GrantEnded,
}

/// Exchanging a refresh token: mark it rotated, store its successors, note that its client was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// The token that was presented.
    pub presented: SecretDigest,
    /// The moment of the exchange.
    pub at: Timestamp,
    /// The key that the successors were derived with.
    pub key: KeyId,
    /// The successor access token.
    pub access_token: AccessTokenRecord,
    /// The successor refresh token.
    pub refresh_token: RefreshTokenRecord,
    /// What the client's registration is kept for.
    pub client_use: ClientUse,
}

/// What became of a [`Rotation`]. In every case but the first nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RotationOutcome {
    /// This caller rotated the token, and the successors are stored.
    Rotated,
    /// The token is gone or was rotated before.
    AlreadyRotated,
    /// The grant is not active any more.
    GrantEnded,
}

/// Issuing an access token without a code: its grant is active from the beginning, and ends with it.
#[derive(Clone, Debug, PartialEq)]
pub struct DirectIssue {
    /// The grant: active, without upstream tokens.
    pub grant: Grant,
    /// Its only token.
    pub access_token: AccessTokenRecord,
    /// How many such grants one client may hold for one user.
    pub most: u32,
    /// What the client's registration is kept for.
    pub client_use: ClientUse,
}

/// Keeps tokens.
pub trait TokenRepository: Send + Sync {
    /// Stores a grant and its access token, all of it or nothing; false if the grant's identifier is taken. What the client
    /// then holds too many of for this user is deleted, the oldest first: live grants without upstream tokens.
    fn issue_directly(&self, issue: &DirectIssue) -> Result<bool, StoreError>;

    /// Exchanges a code, all of it or nothing. Among any number of callers one is told
    /// [`RedemptionOutcome::Redeemed`].
    fn redeem_code(&self, redemption: &Redemption) -> Result<RedemptionOutcome, StoreError>;

    /// Exchanges a refresh token, all of it or nothing. Among any number of callers one is told
    /// [`RotationOutcome::Rotated`].
    fn rotate(&self, rotation: &Rotation) -> Result<RotationOutcome, StoreError>;

    /// The access token with this digest, and its grant, each in whatever state.
    fn find_access_token(
        &self,
        digest: &SecretDigest,
    ) -> Result<Option<(AccessTokenRecord, Grant)>, StoreError>;

    /// The refresh token with this digest, and its grant, each in whatever state.
    fn find_refresh_token(
        &self,
        digest: &SecretDigest,
    ) -> Result<Option<(RefreshTokenRecord, Grant)>, StoreError>;

    /// Notes the first use of an access token, there and on the refresh token of the same pair. True for the one
    /// caller who noted it; the first moment stays.
    fn record_first_use(&self, digest: &SecretDigest, at: Timestamp) -> Result<bool, StoreError>;

    /// Revokes one access token and nothing else. True for the one caller who revoked it.
    fn revoke_access_token(&self, digest: &SecretDigest, at: Timestamp) -> Result<bool, StoreError>;

    /// Deletes up to `most` tokens of each kind that ended at or before this moment, and says how many.
    fn delete_tokens_expired_before(&self, moment: Timestamp, most: u32) -> Result<u64, StoreError>;
}
