//! Grants: one user's permission for one client, from which all of that client's tokens come.
//!
//! A grant is born when the user comes back from the provider, waits for its code to be exchanged, lives as long
//! as its tokens, and ends once. Ending it ends all of them at the same moment. Its tokens are in `token.rs`.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::client::ClientId;
use super::clock::Timestamp;
use super::randomness::{Randomness, RandomnessUnavailable};
use super::resource::ResourceIndicator;
use super::scope::ScopeSet;
use super::sealing::Sealed;
use super::user::UserAccount;

/// The identifier of a grant; not a secret.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct GrantId(Uuid);

impl GrantId {
    /// A new identifier.
    pub fn generate(randomness: &dyn Randomness) -> Result<Self, RandomnessUnavailable> {
        Ok(Self(randomness.uuid()?))
    }

    /// An identifier read back from a store or named by an operator.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().map(Self)
    }
}

/// The text is no identifier of a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the identifier of a grant; expected a UUID")]
pub struct NoGrant;

impl From<GrantId> for String {
    fn from(id: GrantId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for GrantId {
    type Error = NoGrant;

    fn try_from(text: String) -> Result<Self, NoGrant> {
        Self::parse(&text).ok_or(NoGrant)
    }
}

impl fmt::Display for GrantId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, formatter)
    }
}

impl fmt::Debug for GrantId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "GrantId({})", self.0)
    }
}

/// A user's permission for a client.
#[derive(Clone, Debug, PartialEq)]
pub struct Grant {
    /// Its identifier.
    pub id: GrantId,
    /// The client that acts.
    pub client: ClientId,
    /// The user for whom it acts, as learnt at this login or later.
    pub user: UserAccount,
    /// The scopes that its tokens may have at most.
    pub scopes: ScopeSet,
    /// What its tokens are for.
    pub resource: ResourceIndicator,
    /// The provider's tokens for this user, sealed; `None` for local users.
    pub upstream_tokens: Option<Sealed>,
    /// When the user came back from the provider.
    pub created_at: Timestamp,
    /// When the user must log in again however busy the client is; `None` for never.
    pub expires_at: Option<Timestamp>,
    /// Where it is in its life.
    pub state: GrantState,
}

/// The life of a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantState {
    /// Its code has not been exchanged.
    Pending,
    /// It has tokens.
    Active {
        /// When the code was exchanged.
        since: Timestamp,
    },
    /// Nothing that came from it is valid any more.
    Ended {
        /// When.
        at: Timestamp,
        /// Why.
        reason: GrantEnd,
    },
}

/// Why a grant ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GrantEnd {
    /// The client never exchanged the code.
    CodeNeverRedeemed,
    /// The code was presented a second time, so somebody else may have seen it.
    CodeReplayed,
    /// A refresh token came back after its successor had been used: one of the two was stolen.
    RefreshTokenReused,
    /// The client gave its token back (RFC 7009).
    RevokedByClient,
    /// The user logged out.
    RevokedByUser,
    /// The operator ended it.
    RevokedByOperator,
    /// The provider does not vouch for the user any more.
    UpstreamEnded,
    /// The place where users log in knows no such user any more.
    UserRemoved,
    /// Its absolute lifetime is over.
    Expired,
}

impl GrantEnd {
    /// All reasons.
    pub const ALL: [Self; 9] = [
        Self::CodeNeverRedeemed,
        Self::CodeReplayed,
        Self::RefreshTokenReused,
        Self::RevokedByClient,
        Self::RevokedByUser,
        Self::RevokedByOperator,
        Self::UpstreamEnded,
        Self::UserRemoved,
        Self::Expired,
    ];

    /// The word for stores, logs and audit records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CodeNeverRedeemed => "code_never_redeemed",
            Self::CodeReplayed => "code_replayed",
            Self::RefreshTokenReused => "refresh_token_reused",
            Self::RevokedByClient => "revoked_by_client",
            Self::RevokedByUser => "revoked_by_user",
            Self::RevokedByOperator => "revoked_by_operator",
            Self::UpstreamEnded => "upstream_ended",
            Self::UserRemoved => "user_removed",
            Self::Expired => "expired",
        }
    }

    /// The reason that a store wrote down.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}

/// A grant cannot go from where it is to where it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a grant that is {from} cannot be {to}")]
pub struct InvalidGrantTransition {
    from: &'static str,
    to: &'static str,
}

impl GrantState {
    /// The code was exchanged.
    pub fn activate(self, now: Timestamp) -> Result<Self, InvalidGrantTransition> {
        match self {
            Self::Pending => Ok(Self::Active { since: now }),
            Self::Active { .. } | Self::Ended { .. } => Err(self.cannot_be("activated")),
        }
    }

    /// Nothing from the grant is valid after this. The first reason stays.
    pub fn end(self, now: Timestamp, reason: GrantEnd) -> Result<Self, InvalidGrantTransition> {
        match self {
            Self::Pending | Self::Active { .. } => Ok(Self::Ended { at: now, reason }),
            Self::Ended { .. } => Err(self.cannot_be("ended")),
        }
    }

    const fn cannot_be(self, to: &'static str) -> InvalidGrantTransition {
        let from = match self {
            Self::Pending => "pending",
            Self::Active { .. } => "active",
            Self::Ended { .. } => "ended",
        };
        InvalidGrantTransition { from, to }
    }
}

impl Grant {
    /// Whether the absolute lifetime is over.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|expires_at| expires_at <= now)
    }

    /// Whether tokens of this grant may be used now.
    #[must_use]
    pub fn is_usable(&self, now: Timestamp) -> bool {
        matches!(self.state, GrantState::Active { .. }) && !self.is_expired(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::randomness::SeededRandomness;

    const NOON: Timestamp = Timestamp::from_seconds(43_200);

    #[test]
    fn a_grant_is_activated_once_and_ends_once() {
        let active = GrantState::Pending.activate(NOON).unwrap();
        assert_eq!(active, GrantState::Active { since: NOON });
        let refused = active.activate(NOON).unwrap_err();
        assert_eq!(refused.to_string(), "a grant that is active cannot be activated");
        let ended = active.end(NOON, GrantEnd::CodeReplayed).unwrap();
        assert!(ended.end(NOON, GrantEnd::RevokedByUser).is_err());
        assert!(ended.activate(NOON).is_err());
    }

    #[test]
    fn a_grant_whose_code_is_never_exchanged_can_end() {
        let ended = GrantState::Pending.end(NOON, GrantEnd::CodeNeverRedeemed);
        assert_eq!(
            ended,
            Ok(GrantState::Ended {
                at: NOON,
                reason: GrantEnd::CodeNeverRedeemed
            })
        );
    }

    #[test]
    fn words_and_identifiers_round_trip() {
        for reason in GrantEnd::ALL {
            assert_eq!(GrantEnd::from_word(reason.as_str()), Some(reason));
        }
        assert_eq!(GrantEnd::from_word("bored"), None);
        let id = GrantId::generate(&SeededRandomness::new(1)).unwrap();
        assert_eq!(GrantId::parse(&id.to_string()), Some(id));
        assert_eq!(GrantId::parse("1' OR '1'='1"), None);
    }
}
