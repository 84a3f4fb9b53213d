//! Access and refresh tokens as they are stored: by digest, each belonging to a grant.
//!
//! The values themselves are in `opaque_token.rs`. When a refresh token may be exchanged is decided by
//! `token_store::rotation`, whether an access token opens a door by [`AccessTokenRecord::check`].

use super::client::ClientId;
use super::clock::Timestamp;
use super::dpop::KeyThumbprint;
use super::grant::{Grant, GrantEnd, GrantId, GrantState};
use super::key_ring::KeyId;
use super::opaque_token::{AccessToken, RefreshToken};
use super::resource::ResourceIndicator;
use super::scope::ScopeSet;
use super::secret::{Secret, SecretDigest};
use super::user::Principal;

/// An access token as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessTokenRecord {
    /// The digest of its value.
    pub digest: SecretDigest,
    /// The grant that it belongs to; client and user are the grant's.
    pub grant: GrantId,
    /// The refresh token that was issued with it, whose predecessor may not be repeated once this one was used.
    pub refresh_token: Option<SecretDigest>,
    /// What it may do: never more than the grant.
    pub scopes: ScopeSet,
    /// What it is for.
    pub resource: ResourceIndicator,
    /// The only key with whose proofs it may be used (RFC 9449); `None` for whoever has it.
    pub bound_to: Option<KeyThumbprint>,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// The first call that was made with it, written before that call was answered.
    pub first_used_at: Option<Timestamp>,
    /// When the client gave it back, if it did.
    pub revoked_at: Option<Timestamp>,
}

/// Why an access token opens no door. All of these are `invalid_token` (RFC 6750 section 3.1) to the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccessTokenRefusal {
    /// Its time is over.
    #[error("Token expired")]
    Expired,
    /// The client gave it back.
    #[error("the token was revoked")]
    Revoked,
    /// Its grant has ended.
    #[error("the login that the token came from has ended: {}", .0.as_str())]
    GrantEnded(GrantEnd),
    /// It is for another resource.
    #[error("the token is for another resource")]
    OtherResource,
}

impl AccessTokenRecord {
    /// Who calls with this token, if it opens `resource` now. What the grant has sealed stays closed.
    pub fn check(
        &self,
        grant: Grant,
        resource: &ResourceIndicator,
        now: Timestamp,
    ) -> Result<Principal, AccessTokenRefusal> {
        match grant.state {
            GrantState::Active { .. } => {}
            // Tokens and the grant's activation are written together, so this is a store that lost a write.
            GrantState::Pending => return Err(AccessTokenRefusal::Revoked),
            GrantState::Ended { reason, .. } => return Err(AccessTokenRefusal::GrantEnded(reason)),
        }
        if grant.is_expired(now) {
            return Err(AccessTokenRefusal::GrantEnded(GrantEnd::Expired));
        }
        if self.revoked_at.is_some() {
            return Err(AccessTokenRefusal::Revoked);
        }
        if self.expires_at <= now {
            return Err(AccessTokenRefusal::Expired);
        }
        if self.resource != *resource {
            return Err(AccessTokenRefusal::OtherResource);
        }
        Ok(Principal {
            user: grant.user,
            client: grant.client,
            grant: Some(grant.id),
            scopes: self.scopes.clone(),
            resource: self.resource.clone(),
            expires_at: self.expires_at,
            bound_to: self.bound_to.clone(),
            upstream: None,
        })
    }
}

/// A refresh token as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshTokenRecord {
    /// The digest of its value.
    pub digest: SecretDigest,
    /// The grant that it belongs to.
    pub grant: GrantId,
    /// The only client that may present it.
    pub client: ClientId,
    /// What tokens made from it may do.
    pub scopes: ScopeSet,
    /// What tokens made from it are for.
    pub resource: ResourceIndicator,
    /// The only key with whose proofs it may be used (RFC 9449); `None` for whoever has it.
    pub bound_to: Option<KeyThumbprint>,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it ends unless it is exchanged before (the idle lifetime of the login).
    pub expires_at: Timestamp,
    /// The first call with the access token of the same pair.
    pub pair_first_used_at: Option<Timestamp>,
    /// Whether it has been exchanged.
    pub state: RefreshTokenState,
}

/// The life of a refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshTokenState {
    /// Nobody has presented it yet.
    Unused,
    /// It has been exchanged for a successor pair.
    Rotated(Succession),
}

/// What a refresh token was exchanged for. The successors' values are derived again from the presented token and
/// this key, so they need not be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Succession {
    /// The first exchange.
    pub at: Timestamp,
    /// The key that the successors were derived with.
    pub key: KeyId,
    /// The access token of the successor pair.
    pub access_token: SecretDigest,
    /// The refresh token of the successor pair.
    pub refresh_token: SecretDigest,
}

impl RefreshTokenRecord {
    /// Whether anybody has used this token or the access token that was issued with it.
    #[must_use]
    pub const fn is_pair_used(&self) -> bool {
        self.pair_first_used_at.is_some() || matches!(self.state, RefreshTokenState::Rotated(_))
    }
}

/// The text of an access token on its way to the client, in the form that the operator wants.
#[derive(Clone, Debug)]
pub enum AccessTokenText {
    /// The value itself.
    Opaque(AccessToken),
    /// Signed claims that name it (RFC 9068).
    Signed(Secret),
}

impl AccessTokenText {
    /// The text, for the one answer in which it is handed out.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.secret().expose()
    }

    /// The text as a secret.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        match self {
            Self::Opaque(value) => value.secret(),
            Self::Signed(text) => text,
        }
    }
}

/// A pair of values on its way to the client: the only moment in which they exist in plain text.
#[derive(Clone, Debug)]
pub struct TokenPair {
    /// For calls.
    pub access_token: AccessTokenText,
    /// For the next pair; absent if the client is not registered for it.
    pub refresh_token: Option<RefreshToken>,
    /// The key that the access token is bound to, if it is.
    pub bound_to: Option<KeyThumbprint>,
    /// When the access token ends.
    pub expires_at: Timestamp,
    /// What the access token may do.
    pub scopes: ScopeSet,
}
