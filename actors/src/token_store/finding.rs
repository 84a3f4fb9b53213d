//! Finding a grant without changing it, so that records can name whose it is.

use super::rules::TokenRules;
use crate::domain::grant::{Grant, GrantId};
use crate::domain::opaque_token::RefreshToken;
use crate::domain::secret::Secret;
use crate::handle::Request;
use crate::store::StoreError;

/// Somebody wants to record what happened to a grant. Answered by [`FindGrantReply`].
#[derive(Clone, Debug)]
pub struct FindGrant(pub GrantReference);

/// What a grant is found by.
#[derive(Clone, Debug)]
pub enum GrantReference {
    /// Its identifier.
    Id(GrantId),
    /// A refresh token that was issued for it, in whatever state.
    RefreshToken(Secret),
}

/// The grant in whatever state, or nothing if it never was or is forgotten.
pub type FindGrantReply = Result<Option<Grant>, StoreError>;

impl Request for FindGrant {
    type Answer = FindGrantReply;
}

impl TokenRules {
    /// The grant.
    pub fn find_grant(&self, FindGrant(reference): &FindGrant) -> FindGrantReply {
        match reference {
            GrantReference::Id(id) => self.grants.find_grant(*id),
            GrantReference::RefreshToken(token) => {
                let Ok(value) = RefreshToken::parse(token.expose()) else {
                    return Ok(None);
                };
                Ok(self.find_refresh_token(&value)?.map(|(_, grant)| grant))
            }
        }
    }
}
