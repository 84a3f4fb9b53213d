//! What can be asked of the store of tokens. Each message names the outside act that it stands for.
//!
//! - `account`: what users see and end of what they allowed. `upstream`: what concerns the provider's tokens in a grant.
//!   `direct`: tokens that no user is sent through a browser for.

mod account;
mod direct;
mod upstream;

pub use account::*;
pub use direct::*;
pub use upstream::*;

use crate::domain::authorization_code::VerifiedCode;
use crate::domain::client::{ClientId, SingleUse};
use crate::domain::dpop::KeyThumbprint;
use crate::domain::grant::{Grant, GrantEnd, GrantId};
use crate::domain::randomness::RandomnessUnavailable;
use crate::domain::resource::{ResourceIndicator, WrongResource};
use crate::domain::scope::ScopeSet;
use crate::domain::sealing::{SealError, UnsealError};
use crate::domain::secret::Secret;
use crate::domain::token::{AccessTokenRefusal, TokenPair};
use crate::domain::upstream_tokens::UpstreamTokens;
use crate::domain::user::{Principal, UserAccount};
use crate::handle::requests;
use crate::store::StoreError;
use crate::token_store::signing::SigningKeyError;

/// A user came back from the identity provider, or typed the right password, to log in to a client. Answered by
/// [`OpenGrantReply`].
#[derive(Clone, Debug)]
pub struct OpenGrant {
    /// The client that asked for the login.
    pub client: ClientId,
    /// The user.
    pub user: UserAccount,
    /// What client, request and user together allow.
    pub scopes: ScopeSet,
    /// What the tokens will be for.
    pub resource: ResourceIndicator,
    /// The provider's tokens; `None` for local users.
    pub upstream_tokens: Option<UpstreamTokens>,
}

/// The new grant, pending until its code is exchanged.
pub type OpenGrantReply = Result<GrantId, OpenGrantError>;

/// Why no grant was opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenGrantError {
    /// No identifier could be minted (500).
    #[error(transparent)]
    Randomness(#[from] RandomnessUnavailable),
    /// The upstream tokens could not be sealed (500).
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The store failed (503 or 500).
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A client has proven that it has a key (RFC 9449 section 5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvenKey {
    /// Which one.
    pub thumbprint: KeyThumbprint,
    /// Whether the refresh token is bound to it, too: that of a public client, which nothing else protects.
    pub binds_refresh_token: bool,
}

/// The exchange of a code was found right; tokens are due. Spends the code, activates its grant and stores the
/// tokens in one transaction. Answered by [`IssueTokensReply`].
#[derive(Debug)]
pub struct IssueTokens {
    /// The proof from [`crate::auth_code_store::ConsumeCode`].
    pub code: VerifiedCode,
    /// Whether the client is registered for the grant type `refresh_token`.
    pub with_refresh_token: bool,
    /// The key that the tokens are to be bound to.
    pub key: Option<ProvenKey>,
    /// This server, as signed tokens name it.
    pub issuer: String,
}

/// The first pair of the grant.
pub type IssueTokensReply = Result<TokenPair, IssueTokensError>;

/// Why no tokens were issued.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssueTokensError {
    /// Somebody else spent the code first. The grant has been ended (`invalid_grant`, and an audit event).
    #[error("the code was already exchanged; everything issued from it has been revoked")]
    CodeReplayed {
        /// The grant that was ended.
        grant: GrantId,
    },
    /// The code's time ran out on the way, or its grant was ended (`invalid_grant`).
    #[error("the code has expired")]
    CodeExpired,
    /// No tokens could be minted (500).
    #[error(transparent)]
    Randomness(#[from] RandomnessUnavailable),
    /// No token could be signed (503 or 500); the code is as it was.
    #[error(transparent)]
    Signing(#[from] SigningKeyError),
    /// The store failed (503 or 500); the code is as it was.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Somebody showed an access token. Answered by [`VerifyTokenReply`].
#[derive(Clone, Debug)]
pub struct VerifyToken {
    /// What stands behind `Bearer` or `DPoP`.
    pub token: Secret,
    /// The resource that was called.
    pub resource: ResourceIndicator,
    /// What it was shown for.
    pub purpose: VerifyPurpose,
}

/// What a token is shown for, which says whether that uses it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VerifyPurpose {
    /// A call came with it (RFC 6750, RFC 9449 section 7). It is used if it is bound to this key, or to none where there is none.
    Call {
        /// The key of a good proof that came with it.
        key: Option<KeyThumbprint>,
    },
    /// Somebody asks what it is worth (RFC 7662). That uses nothing.
    Inspection,
}

/// Who may call: whoever has the token, and the key that it is bound to. If this is a use, the first one is written down before
/// this is answered.
pub type VerifyTokenReply = Result<Principal, VerifyTokenError>;

/// Why nobody calls. All but the last are `invalid_token` (401).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyTokenError {
    /// Not an access token of this server, or one that is long over.
    #[error("the token is unknown")]
    Unknown,
    /// It opens nothing, or not this.
    #[error(transparent)]
    Refused(#[from] AccessTokenRefusal),
    /// The provider's tokens in its grant cannot be read (500).
    #[error(transparent)]
    Unseal(#[from] UnsealError),
    /// The keys of signed tokens are not known (503 or 500).
    #[error(transparent)]
    Signing(#[from] SigningKeyError),
    /// The store failed (503 or 500).
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A client came to the token endpoint with `grant_type=refresh_token`. Answered by [`RotateRefreshTokenReply`].
#[derive(Clone, Debug)]
pub struct RotateRefreshToken {
    /// `refresh_token`
    pub token: Secret,
    /// The client, after it was authenticated.
    pub client: ClientId,
    /// `scope`, if it was sent: the same or less.
    pub scopes: Option<ScopeSet>,
    /// What client and user may have now, which may be less than at the login.
    pub allowed: ScopeSet,
    /// `resource`, if it was sent.
    pub resource: Option<String>,
    /// The key that the tokens are to be bound to.
    pub key: Option<ProvenKey>,
    /// This server, as signed tokens name it.
    pub issuer: String,
}

/// The successor pair: a new one, or the same as before if the client repeats itself.
pub type RotateRefreshTokenReply = Result<TokenPair, RotateRefreshTokenError>;

/// Why there is no successor pair.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RotateRefreshTokenError {
    /// Not a refresh token of this server, or one that is long over.
    #[error("the refresh token is unknown")]
    Unknown,
    /// It belongs to another client. It stays as it is.
    #[error("the refresh token was issued to another client")]
    OtherClient,
    /// It is bound to a key, and another one was shown, or none. It stays as it is.
    #[error("the refresh token is bound to another key; send a DPoP proof made with that key")]
    OtherKey,
    /// Its time is over.
    #[error("the refresh token has expired; log in again")]
    Expired,
    /// Its grant has ended.
    #[error("the login has ended: {}; log in again", .0.as_str())]
    GrantEnded(GrantEnd),
    /// It was exchanged before, and its successors were used: one of the two was stolen. The grant has been ended
    /// (an audit event).
    #[error("the refresh token was used again after its successor; the login has been ended for safety")]
    Reused {
        /// The grant that was ended.
        grant: GrantId,
    },
    /// The key that its successors were derived with has left the ring.
    #[error("the key of the refresh token was removed from the server; log in again")]
    KeyRemoved,
    /// More scopes were asked for than the token has (`invalid_scope`).
    #[error("scope is more than the refresh token allows: {missing} is not among {allowed}")]
    ScopeExceeded {
        /// What was too much.
        missing: ScopeSet,
        /// What would have been accepted.
        allowed: ScopeSet,
    },
    /// Client and user may have none of the scopes any more (`invalid_scope`). The token stays as it is.
    #[error("none of the scopes of this login may be granted any more; log in again")]
    NoScope,
    /// Another resource was asked for (`invalid_target`).
    #[error(transparent)]
    OtherResource(#[from] WrongResource),
    /// No token could be signed (503 or 500); nothing was rotated.
    #[error(transparent)]
    Signing(#[from] SigningKeyError),
    /// The store failed (503 or 500); nothing was rotated.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl RotateRefreshTokenError {
    /// The error code of the token endpoint (RFC 6749 section 5.2); `None` if the fault is ours.
    #[must_use]
    pub const fn code(&self) -> Option<&'static str> {
        match self {
            Self::ScopeExceeded { .. } | Self::NoScope => Some("invalid_scope"),
            Self::OtherResource(_) => Some("invalid_target"),
            Self::Unknown
            | Self::OtherClient
            | Self::OtherKey
            | Self::Expired
            | Self::GrantEnded(_)
            | Self::Reused { .. }
            | Self::KeyRemoved => Some("invalid_grant"),
            Self::Signing(_) | Self::Store(_) => None,
        }
    }
}

/// The place where users log in knows something else of a grant's user than the grant does. Answered by
/// [`ReplaceUserReply`].
#[derive(Clone, Debug)]
pub struct ReplaceUser {
    /// Which grant.
    pub grant: GrantId,
    /// What is known now of the same user.
    pub user: UserAccount,
}

/// Whether the grant says so now; false if it has ended or is another user's.
pub type ReplaceUserReply = Result<bool, StoreError>;

/// A grant must end: the user logged out, the operator said so, the provider stopped vouching, a code was
/// replayed. Answered by [`RevokeGrantReply`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevokeGrant {
    /// Which one.
    pub grant: GrantId,
    /// Why.
    pub reason: GrantEnd,
}

/// Whether this message ended it; false if it had ended before or never was.
pub type RevokeGrantReply = Result<bool, StoreError>;

/// A client gave a token back (RFC 7009). Answered by [`RevokeTokenReply`].
#[derive(Clone, Debug)]
pub struct RevokeToken {
    /// `token`, of whichever kind.
    pub token: Secret,
    /// The client, after it was authenticated.
    pub client: ClientId,
}

/// What was revoked; the client is told success in every case (RFC 7009 section 2.2).
pub type RevokeTokenReply = Result<Revocation, SigningKeyError>;

/// What giving a token back did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revocation {
    /// The token is unknown or was revoked before.
    Nothing,
    /// The token is another client's, and stays as it is.
    NotOfClient,
    /// The access token is not valid any more; its grant lives on.
    AccessToken(GrantId),
    /// The refresh token's grant has ended.
    Grant(GrantId),
}

/// A resource server elsewhere wants to verify signed tokens by itself. Answered by [`PublishedKeysReply`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublishedKeys;

/// The public keys as a JWK set (RFC 7517 section 5); `None` where no token is signed.
pub type PublishedKeysReply = Result<Option<String>, SigningKeyError>;

/// An operator wants to know how many grants have not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CountGrants;

/// The time has come to end overdue grants and to forget old tokens. Answered by [`SweepTokensReply`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SweepTokens {
    /// The most of each kind to take in one go.
    pub most: u32,
}

/// What was swept.
pub type SweepTokensReply = Result<Sweep, StoreError>;

/// What was swept.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep {
    /// Grants that were ended, as they were: their upstream tokens are to be revoked by whoever gets this.
    pub ended_grants: Vec<Grant>,
    /// Ended grants that were deleted.
    pub deleted_grants: u64,
    /// Ended tokens that were deleted.
    pub deleted_tokens: u64,
    /// Identifiers that were forgotten, as what they are of has ended.
    pub deleted_identifiers: u64,
}

/// Something that may be used once was used, such as the assertion of a client (RFC 7523 section 3). Answered by
/// [`RememberUseReply`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RememberUse(pub SingleUse);

/// Whether this was the first time, on any replica.
pub type RememberUseReply = Result<bool, StoreError>;

requests! {
    RememberUse => RememberUseReply;
    CountGrants => Result<u64, StoreError>;
    PublishedKeys => PublishedKeysReply;
    BeginUpstreamRefresh => BeginUpstreamRefreshReply;
    EndUpstreamRefresh => EndUpstreamRefreshReply;
    TakeUpstreamTokens => TakeUpstreamTokensReply;
    HasUpstreamTokens => HasUpstreamTokensReply;
    OpenGrant => OpenGrantReply;
    IssueTokens => IssueTokensReply;
    IssueAccessToken => IssueAccessTokenReply;
    RetainUsers => RetainUsersReply;
    VerifyToken => VerifyTokenReply;
    RotateRefreshToken => RotateRefreshTokenReply;
    ReplaceUser => ReplaceUserReply;
    RevokeGrant => RevokeGrantReply;
    ListGrantsOfUser => ListGrantsOfUserReply;
    RevokeGrantsOfUser => RevokeGrantsOfUserReply;
    RevokeToken => RevokeTokenReply;
    SweepTokens => SweepTokensReply;
}
