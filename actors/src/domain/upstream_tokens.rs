//! The tokens that an identity provider gave us for a user: sealed at rest, bound to their grant.
//!
//! They never reach a client. Getting and refreshing them is `provider_broker`'s.

use std::borrow::Cow;

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

/// The form inside the seal. Private, so that the tokens cannot be written anywhere else.
#[derive(Serialize, Deserialize)]
struct Plain<'a> {
    access_token: Cow<'a, str>,
    refresh_token: Option<Cow<'a, str>>,
    expires_at: Option<Timestamp>,
    scopes: ScopeSet,
}

impl UpstreamTokens {
    /// Seals the tokens for this grant and no other.
    pub fn seal(
        &self,
        keys: &KeyRing,
        randomness: &dyn Randomness,
        grant: GrantId,
    ) -> Result<Sealed, SealError> {
        let plain = Plain {
            access_token: self.access_token.expose().into(),
            refresh_token: self.refresh_token.as_ref().map(|token| token.expose().into()),
            expires_at: self.expires_at,
            scopes: self.scopes.clone(),
        };
        let bytes = serde_json::to_vec(&plain)
            .map(Zeroizing::new)
            .map_err(|_| SealError::Cipher)?;
        keys.seal(randomness, context(&grant.to_string()), &bytes)
    }

    /// Opens what [`UpstreamTokens::seal`] sealed for the same grant.
    pub fn unseal(sealed: &Sealed, keys: &KeyRing, grant: GrantId) -> Result<Self, UnsealError> {
        let bytes = keys.unseal(context(&grant.to_string()), sealed)?;
        let plain: Plain<'_> = serde_json::from_slice(&bytes).map_err(|_| UnsealError::Damaged)?;
        Ok(Self {
            access_token: Secret::new(plain.access_token.into_owned()),
            refresh_token: plain.refresh_token.map(|token| Secret::new(token.into_owned())),
            expires_at: plain.expires_at,
            scopes: plain.scopes,
        })
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
        assert!(!format!("{tokens:?}").contains("canary"));
        assert!(!String::from_utf8_lossy(sealed.as_bytes()).contains("canary"));
    }
}
