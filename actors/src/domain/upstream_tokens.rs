//! The tokens that an identity provider gave us for a user: sealed at rest, bound to their grant.
//!
//! They never reach a client. Getting and refreshing them is `provider_broker`'s.

use std::borrow::Cow;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::clock::Timestamp;
use super::grant::GrantId;
use super::key_ring::KeyRing;
use super::randomness::Randomness;
use super::scope::ScopeSet;
use super::sealing::{SealError, Sealed, SealingContext, UnsealError};
use super::secret::Secret;

/// A provider's answer at its token endpoint.
#[derive(Clone, Debug)]
pub struct UpstreamTokens {
    /// For calls in the user's name.
    pub access_token: Secret,
    /// For a new access token, if the provider gives one.
    pub refresh_token: Option<Secret>,
    /// When the access token ends, if the provider says.
    pub expires_at: Option<Timestamp>,
    /// What the provider granted.
    pub scopes: ScopeSet,
}

/// An access token this close to its end counts as ended, so that it does not end on its way.
const MARGIN: Duration = Duration::from_mins(1);

/// What a call may use in its user's name.
#[derive(Clone, Debug)]
pub struct UpstreamAccess {
    /// The access token.
    pub token: Secret,
    /// When it ends, if the provider says.
    pub expires_at: Option<Timestamp>,
}

impl UpstreamAccess {
    /// Whether the token will not end before a call that begins now can use it.
    #[must_use]
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|expires_at| now + MARGIN < expires_at)
    }

    /// Whether the token has not ended.
    #[must_use]
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|expires_at| now < expires_at)
    }
}

impl PartialEq for UpstreamAccess {
    fn eq(&self, other: &Self) -> bool {
        self.expires_at == other.expires_at && self.token.is_same_as(&other.token)
    }
}

/// The form inside the seal. Private, so that the tokens cannot be written anywhere else.
#[derive(Serialize, Deserialize)]
struct Plain<'a> {
    access_token: Cow<'a, str>,
    refresh_token: Option<Cow<'a, str>>,
    expires_at: Option<Timestamp>,
    scopes: ScopeSet,
    /// Until when somebody is refreshing these tokens, so that nobody else does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refreshing_until: Option<Timestamp>,
}

impl UpstreamTokens {
    /// What a call may use.
    #[must_use]
    pub fn access(&self) -> UpstreamAccess {
        UpstreamAccess {
            token: self.access_token.clone(),
            expires_at: self.expires_at,
        }
    }

    /// Seals the tokens for this grant and no other.
    pub fn seal(
        &self,
        keys: &KeyRing,
        randomness: &dyn Randomness,
        grant: GrantId,
    ) -> Result<Sealed, SealError> {
        self.seal_during(None, keys, randomness, grant)
    }

    /// The same, with a note for others: who sealed this is refreshing the tokens, until then.
    pub fn seal_during(
        &self,
        refreshing_until: Option<Timestamp>,
        keys: &KeyRing,
        randomness: &dyn Randomness,
        grant: GrantId,
    ) -> Result<Sealed, SealError> {
        let plain = Plain {
            access_token: self.access_token.expose().into(),
            refresh_token: self.refresh_token.as_ref().map(|token| token.expose().into()),
            expires_at: self.expires_at,
            scopes: self.scopes.clone(),
            refreshing_until,
        };
        let bytes = serde_json::to_vec(&plain)
            .map(Zeroizing::new)
            .map_err(|_| SealError::Cipher)?;
        keys.seal(randomness, context(&grant.to_string()), &bytes)
    }

    /// Opens what [`UpstreamTokens::seal`] sealed for the same grant.
    pub fn unseal(sealed: &Sealed, keys: &KeyRing, grant: GrantId) -> Result<Self, UnsealError> {
        Self::unseal_with_note(sealed, keys, grant).map(|(tokens, _)| tokens)
    }

    /// The same, and until when somebody is refreshing the tokens, if anybody is.
    pub fn unseal_with_note(
        sealed: &Sealed,
        keys: &KeyRing,
        grant: GrantId,
    ) -> Result<(Self, Option<Timestamp>), UnsealError> {
        let bytes = keys.unseal(context(&grant.to_string()), sealed)?;
        let plain: Plain<'_> = serde_json::from_slice(&bytes).map_err(|_| UnsealError::Damaged)?;
        let tokens = Self {
            access_token: Secret::new(plain.access_token.into_owned()),
            refresh_token: plain.refresh_token.map(|token| Secret::new(token.into_owned())),
            expires_at: plain.expires_at,
            scopes: plain.scopes,
        };
        Ok((tokens, plain.refreshing_until))
    }
}

const fn context(grant: &str) -> SealingContext<'_> {
    SealingContext {
        purpose: "upstream tokens",
        owner: grant,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::key_ring::MasterKey;
    use crate::domain::randomness::SeededRandomness;

    #[test]
    fn a_token_is_fresh_until_a_minute_before_its_end() {
        let seconds = Timestamp::from_seconds;
        let access = |expires_at| UpstreamAccess {
            token: Secret::new("gho_canary"),
            expires_at,
        };
        assert!(access(None).is_fresh(seconds(i64::from(u32::MAX))));
        let ending = access(Some(seconds(1_000)));
        assert!(ending.is_fresh(seconds(939)) && !ending.is_fresh(seconds(940)));
        assert!(ending.is_valid(seconds(999)) && !ending.is_valid(seconds(1_000)));
    }

    #[test]
    fn tokens_open_for_their_own_grant_only() {
        let randomness = SeededRandomness::new(1);
        let keys = KeyRing::new(&MasterKey::generate(&randomness).unwrap(), &[]).unwrap();
        let [mine, other] = [(); 2].map(|()| GrantId::generate(&randomness).unwrap());
        let tokens = UpstreamTokens {
            access_token: Secret::new("gho_canary \"quoted\""),
            refresh_token: Some(Secret::new("ghr_canary")),
            expires_at: Some(Timestamp::from_seconds(1_700_000_000)),
            scopes: ScopeSet::parse("read:user user:email").unwrap(),
        };
        let sealed = tokens.seal(&keys, &randomness, mine).unwrap();
        let opened = UpstreamTokens::unseal(&sealed, &keys, mine).unwrap();
        assert_eq!(opened.access_token.expose(), "gho_canary \"quoted\"");
        assert_eq!(opened.refresh_token.unwrap().expose(), "ghr_canary");
        assert_eq!(
            (opened.expires_at, opened.scopes),
            (tokens.expires_at, tokens.scopes.clone())
        );
        assert_eq!(
            UpstreamTokens::unseal(&sealed, &keys, other).unwrap_err(),
            UnsealError::Damaged
        );
        let until = Timestamp::from_seconds(1_700_000_030);
        let noted = tokens.seal_during(Some(until), &keys, &randomness, mine).unwrap();
        let (opened, note) = UpstreamTokens::unseal_with_note(&noted, &keys, mine).unwrap();
        assert_eq!((opened.access(), note), (tokens.access(), Some(until)));
        assert!(!format!("{tokens:?}").contains("canary"));
        assert!(!String::from_utf8_lossy(sealed.as_bytes()).contains("canary"));
    }
}
