//! Grants. Activating one is part of [`super::TokenRepository::redeem_code`].

use std::collections::HashMap;

use super::StoreError;
use crate::domain::clock::Timestamp;
use crate::domain::grant::{Grant, GrantEnd, GrantId};
use crate::domain::sealing::Sealed;
use crate::domain::user::{UserAccount, UserKey};

/// The upstream tokens of a grant that has ended.
#[derive(Clone, Debug, PartialEq)]
pub struct TakenTokens {
    /// The provider that they came from.
    pub provider: String,
    /// The tokens, as the grant held them.
    pub tokens: Sealed,
    /// Whether no other grant of the same user that has not ended holds upstream tokens.
    pub were_last: bool,
}

/// Keeps grants.
pub trait GrantRepository: Send + Sync {
    /// Stores a new grant. False if there is one with the same identifier.
    fn insert_grant(&self, grant: &Grant) -> Result<bool, StoreError>;

    /// The grant with this identifier, in whatever state.
    fn find_grant(&self, id: GrantId) -> Result<Option<Grant>, StoreError>;

    /// The grants of a user that have not ended, oldest first.
    fn live_grants_of_user(&self, user: &UserKey) -> Result<Vec<Grant>, StoreError>;

    /// The users of an issuer who have grants that have not ended, in no order.
    fn live_users_of_issuer(&self, issuer: &str) -> Result<Vec<UserKey>, StoreError>;

    /// When each grant of a user that has not ended was last used, as far as is written down: its client got a pair of
    /// tokens, or came for the first time with an access token. A busy client has been back since, but for no longer than
    /// an access token lives. A grant without tokens is not listed.
    fn last_uses_of_user(&self, user: &UserKey) -> Result<HashMap<GrantId, Timestamp>, StoreError>;

    /// How many grants have not ended.
    fn count_live_grants(&self) -> Result<u64, StoreError>;

    /// Ends a grant and with it all its tokens. True for the one caller who ended it; the first reason stays.
    fn end_grant(&self, id: GrantId, at: Timestamp, reason: GrantEnd) -> Result<bool, StoreError>;

    /// Ends up to `most` grants whose time is over and gives them back as they were, so that their upstream tokens
    /// can be revoked. Each is given to one caller only. Their time is over if they are
    ///
    /// * pending since before `pending_before` ([`GrantEnd::CodeNeverRedeemed`]),
    /// * past their absolute lifetime, or
    /// * active without any token that ends after `now` (both [`GrantEnd::Expired`]).
    fn end_overdue_grants(
        &self,
        pending_before: Timestamp,
        now: Timestamp,
        most: u32,
    ) -> Result<Vec<Grant>, StoreError>;

    /// Replaces the sealed upstream tokens of a grant that has not ended, if they still are what the caller read.
    fn replace_upstream_tokens(
        &self,
        id: GrantId,
        expected: &Sealed,
        replacement: &Sealed,
    ) -> Result<bool, StoreError>;

    /// Takes the sealed upstream tokens out of a grant that has ended: nobody finds them there any more, and one caller has
    /// them. `None` if the grant has not ended, has none, or they were taken before.
    ///
    /// Whether they were the user's last is answered as of the same moment. Of grants that end at once at least one is
    /// told so, because each asks after its own end.
    fn take_upstream_tokens(&self, id: GrantId) -> Result<Option<TakenTokens>, StoreError>;

    /// Whether a grant of this user that has not ended holds upstream tokens.
    fn has_upstream_tokens(&self, user: &UserKey) -> Result<bool, StoreError>;

    /// Replaces what is known of the user of a grant that has not ended. False if it has, never was, or is another
    /// user's.
    fn replace_user(&self, id: GrantId, user: &UserAccount) -> Result<bool, StoreError>;

    /// Deletes up to `most` grants that ended at or before this moment, with their tokens and codes, and says how
    /// many.
    fn delete_grants_ended_before(&self, moment: Timestamp, most: u32) -> Result<u64, StoreError>;
}
