//! What users ask of the store of tokens about what they have allowed.

use crate::domain::client::ClientId;
use crate::domain::clock::Timestamp;
use crate::domain::grant::{Grant, GrantEnd};
use crate::domain::user::UserKey;
use crate::store::StoreError;

/// A user wants to see which clients may act for them. Answered by [`ListGrantsOfUserReply`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListGrantsOfUser {
    /// Whose grants.
    pub user: UserKey,
}

/// The grants from which tokens were issued and that have not ended, oldest first.
pub type ListGrantsOfUserReply = Result<Vec<UsedGrant>, StoreError>;

/// A grant, and when it was used.
#[derive(Clone, Debug, PartialEq)]
pub struct UsedGrant {
    /// The grant.
    pub grant: Grant,
    /// When its client last got tokens, or called for the first time with the latest of them: its last call may have been
    /// later by the lifetime of an access token.
    pub last_used_at: Timestamp,
}

/// A user takes back what a client may do, or signs out everywhere; or the operator locks a user out. Answered by
/// [`RevokeGrantsOfUserReply`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevokeGrantsOfUser {
    /// Whose grants end.
    pub user: UserKey,
    /// Only those of this client; `None` for all.
    pub client: Option<ClientId>,
    /// Why.
    pub reason: GrantEnd,
}

/// The grants that this message ended, as they were: their upstream tokens are to be revoked by whoever gets this.
pub type RevokeGrantsOfUserReply = Result<Vec<Grant>, StoreError>;
