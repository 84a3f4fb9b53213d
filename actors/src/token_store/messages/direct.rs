//! What is asked of the store of tokens where no user is sent through a browser.

use std::collections::HashMap;

use crate::domain::client::ClientId;
use crate::domain::dpop::KeyThumbprint;
use crate::domain::grant::{Grant, GrantId};
use crate::domain::randomness::RandomnessUnavailable;
use crate::domain::resource::ResourceIndicator;
use crate::domain::scope::ScopeSet;
use crate::domain::token::TokenPair;
use crate::domain::user::{UserIdentity, UserKey};
use crate::store::StoreError;
use crate::token_store::signing::SigningKeyError;

/// A client may have an access token without a code: in its own name (RFC 6749 section 4.4). Answered by
/// [`IssueAccessTokenReply`].
#[derive(Clone, Debug)]
pub struct IssueAccessToken {
    /// The client, after it was authenticated.
    pub client: ClientId,
    /// Whose calls the token makes.
    pub identity: UserIdentity,
    /// What client, request and user together allow.
    pub scopes: ScopeSet,
    /// What the token is for.
    pub resource: ResourceIndicator,
    /// What a signed token names as its issuer.
    pub issuer: String,
    /// The key that the client has proven to have, which the token is bound to (RFC 9449).
    pub bound_to: Option<KeyThumbprint>,
}

/// The grant, which ends with its one token, and the token. There is no refresh token: the client asks again.
pub type IssueAccessTokenReply = Result<(GrantId, TokenPair), IssueAccessTokenError>;

/// Why no token was issued.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssueAccessTokenError {
    /// No token could be minted (500).
    #[error(transparent)]
    Randomness(#[from] RandomnessUnavailable),
    /// No token could be signed (503 or 500).
    #[error(transparent)]
    Signing(#[from] SigningKeyError),
    /// The store failed (503 or 500).
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The server starts, and the users of one issuer are those that it is told of: what others hold ends, and what was given
/// to one of these when it was something else. Answered by [`RetainUsersReply`].
#[derive(Clone, Debug)]
pub struct RetainUsers {
    /// The issuer.
    pub issuer: String,
    /// Its users, by key.
    pub users: HashMap<UserKey, UserIdentity>,
}

/// The grants that this message ended, as they were.
pub type RetainUsersReply = Result<Vec<Grant>, StoreError>;
