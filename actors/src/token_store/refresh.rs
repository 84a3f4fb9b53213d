//! How [`RotateRefreshToken`] is answered. What a presented token means is decided in `rotation.rs`; here the
//! decision is carried out.

use super::messages::{RotateRefreshToken, RotateRefreshTokenError, RotateRefreshTokenReply};
use super::rotation::{self, RotationDecision};
use super::rules::{TokenRules, refresh_key};
use super::signing::{Facts, SigningKeyError};
use crate::domain::clock::Timestamp;
use crate::domain::dpop::KeyThumbprint;
use crate::domain::grant::{Grant, GrantEnd, GrantId, GrantState};
use crate::domain::key_ring::KeyId;
use crate::domain::opaque_token::{AccessToken, RefreshToken};
use crate::domain::scope::ScopeSet;
use crate::domain::token::{
    AccessTokenRecord, AccessTokenText, RefreshTokenRecord, RefreshTokenState, Succession, TokenPair,
};
use crate::store::StoreError;
use crate::store::tokens::{Rotation, RotationOutcome};

// Fixed for good: another label would make every repeated refresh give another pair.
const SUCCESSOR_ACCESS_TOKEN: &str = "successor access token";
const SUCCESSOR_REFRESH_TOKEN: &str = "successor refresh token";

impl TokenRules {
    /// The successor pair of a refresh token.
    pub fn rotate(&self, message: &RotateRefreshToken) -> RotateRefreshTokenReply {
        let value =
            RefreshToken::parse(message.token.expose()).map_err(|_| RotateRefreshTokenError::Unknown)?;
        let (presented, grant) = self
            .find_refresh_token(&value)?
            .ok_or(RotateRefreshTokenError::Unknown)?;
        let now = self.clock.now();
        let scopes = check_request(message, &presented, &grant, now)?;
        match self.decide(&presented, now)? {
            RotationDecision::Rotate => {
                let rotated = self.rotate_first(message, &value, (&presented, &grant), scopes, now)?;
                // Whoever loses the race repeats what the winner got.
                rotated.map_or_else(|| self.rotate_after_race(message, &value, now), Ok)
            }
            other => self.follow(other, message, &value, (&presented, &grant), now),
        }
    }

    fn decide(&self, presented: &RefreshTokenRecord, now: Timestamp) -> Result<RotationDecision, StoreError> {
        let successor = match &presented.state {
            RefreshTokenState::Unused => None,
            RefreshTokenState::Rotated(succession) => {
                self.tokens.find_refresh_token(&succession.refresh_token)?
            }
        };
        let successor = successor.map(|(record, _)| record);
        Ok(rotation::decide(
            presented,
            successor.as_ref(),
            now,
            self.settings.refresh_reuse_window,
        ))
    }

    /// Exchanges a token that nobody has exchanged; `None` if somebody else was faster.
    fn rotate_first(
        &self,
        message: &RotateRefreshToken,
        value: &RefreshToken,
        (presented, grant): (&RefreshTokenRecord, &Grant),
        scopes: ScopeSet,
        now: Timestamp,
    ) -> Result<Option<TokenPair>, RotateRefreshTokenError> {
        let key = self.keys.current_id();
        let (access_token, refresh_token) = self.successors(key, value)?;
        let within_grant = |moment: Timestamp| grant.expires_at.map_or(moment, |end| moment.min(end));
        let rotation = Rotation {
            presented: presented.digest,
            at: now,
            key,
            access_token: AccessTokenRecord {
                digest: access_token.digest(&self.keys),
                grant: grant.id,
                refresh_token: Some(refresh_token.digest(&self.keys)),
                scopes: scopes.clone(),
                resource: presented.resource.clone(),
                bound_to: message.key.as_ref().map(|key| key.thumbprint.clone()),
                issued_at: now,
                expires_at: within_grant(now + self.settings.access_token_lifetime),
                first_used_at: None,
                revoked_at: None,
            },
            refresh_token: RefreshTokenRecord {
                digest: refresh_token.digest(&self.keys),
                bound_to: presented
                    .bound_to
                    .clone()
                    .or_else(|| refresh_key(message.key.as_ref())),
                issued_at: now,
                expires_at: within_grant(now + self.settings.refresh_token_lifetime),
                pair_first_used_at: None,
                state: RefreshTokenState::Unused,
                ..presented.clone()
            },
            client_use: self.client_use(&presented.client, now),
        };
        let access_token = self.text(access_token, grant, &rotation.access_token, &message.issuer)?;
        match self.tokens.rotate(&rotation)? {
            RotationOutcome::Rotated => Ok(Some(TokenPair {
                access_token,
                refresh_token: Some(refresh_token),
                bound_to: rotation.access_token.bound_to,
                expires_at: rotation.access_token.expires_at,
                scopes,
            })),
            RotationOutcome::AlreadyRotated => Ok(None),
            RotationOutcome::GrantEnded => Err(self.ended(grant.id)?),
        }
    }

    fn rotate_after_race(
        &self,
        message: &RotateRefreshToken,
        value: &RefreshToken,
        now: Timestamp,
    ) -> RotateRefreshTokenReply {
        let (presented, grant) = self
            .find_refresh_token(value)?
            .ok_or(RotateRefreshTokenError::Unknown)?;
        let decision = self.decide(&presented, now)?;
        self.follow(decision, message, value, (&presented, &grant), now)
    }

    /// Does what was decided over a token that was exchanged before.
    fn follow(
        &self,
        decision: RotationDecision,
        message: &RotateRefreshToken,
        value: &RefreshToken,
        (presented, grant): (&RefreshTokenRecord, &Grant),
        now: Timestamp,
    ) -> RotateRefreshTokenReply {
        match decision {
            RotationDecision::Repeat(succession) => {
                self.repeat(message, value, (presented, grant), &succession, now)
            }
            RotationDecision::Expired => Err(RotateRefreshTokenError::Expired),
            RotationDecision::EndGrant => {
                self.grants
                    .end_grant(presented.grant, now, GrantEnd::RefreshTokenReused)?;
                Err(RotateRefreshTokenError::Reused {
                    grant: presented.grant,
                })
            }
            RotationDecision::Rotate => Err(RotateRefreshTokenError::Store(StoreError::Inconsistent {
                operation: "rotate refresh token",
                reason: "the token was reported as rotated and is not".to_owned(),
            })),
        }
    }

    /// The pair that was given at the first exchange, derived once more.
    fn repeat(
        &self,
        message: &RotateRefreshToken,
        value: &RefreshToken,
        (presented, grant): (&RefreshTokenRecord, &Grant),
        succession: &Succession,
        now: Timestamp,
    ) -> RotateRefreshTokenReply {
        let (access_token, refresh_token) = self.successors(succession.key, value)?;
        let stored = self.tokens.find_access_token(&succession.access_token)?;
        // An access token that was swept is over; the refresh token beside it still is the way on.
        let token = stored.map_or_else(|| swept(presented, succession, now), |(token, _)| token);
        // The token of the first exchange is given again, which only its key can use.
        if token.bound_to.as_ref() != shown_key(message) {
            return Err(RotateRefreshTokenError::OtherKey);
        }
        Ok(TokenPair {
            access_token: self.text(access_token, grant, &token, &message.issuer)?,
            refresh_token: Some(refresh_token),
            bound_to: token.bound_to,
            expires_at: token.expires_at,
            scopes: token.scopes,
        })
    }

    /// The text of an access token. Signed anew it is another text, and the same token.
    pub(super) fn text(
        &self,
        value: AccessToken,
        grant: &Grant,
        token: &AccessTokenRecord,
        issuer: &str,
    ) -> Result<AccessTokenText, SigningKeyError> {
        match self.signing_keys.signer()? {
            None => Ok(AccessTokenText::Opaque(value)),
            Some(signer) => {
                let text = signer.sign(&Facts { issuer, grant, token });
                text.map(AccessTokenText::Signed)
            }
        }
    }

    fn successors(
        &self,
        key: KeyId,
        value: &RefreshToken,
    ) -> Result<(AccessToken, RefreshToken), RotateRefreshTokenError> {
        let derive = |label| {
            self.keys
                .derive(key, label, value.secret())
                .ok_or(RotateRefreshTokenError::KeyRemoved)
        };
        let (access, refresh) = (derive(SUCCESSOR_ACCESS_TOKEN)?, derive(SUCCESSOR_REFRESH_TOKEN)?);
        Ok((AccessToken::from_bits(&access), RefreshToken::from_bits(&refresh)))
    }

    fn ended(&self, grant: GrantId) -> Result<RotateRefreshTokenError, StoreError> {
        let state = self.grants.find_grant(grant)?.map(|grant| grant.state);
        Ok(match state {
            Some(GrantState::Ended { reason, .. }) => RotateRefreshTokenError::GrantEnded(reason),
            Some(GrantState::Pending | GrantState::Active { .. }) | None => RotateRefreshTokenError::Unknown,
        })
    }
}

/// What an access token was that is not stored any more.
fn swept(presented: &RefreshTokenRecord, succession: &Succession, now: Timestamp) -> AccessTokenRecord {
    AccessTokenRecord {
        digest: succession.access_token,
        grant: presented.grant,
        refresh_token: Some(succession.refresh_token),
        scopes: presented.scopes.clone(),
        resource: presented.resource.clone(),
        bound_to: presented.bound_to.clone(),
        issued_at: succession.at,
        expires_at: now,
        first_used_at: None,
        revoked_at: None,
    }
}

fn shown_key(message: &RotateRefreshToken) -> Option<&KeyThumbprint> {
    message.key.as_ref().map(|key| &key.thumbprint)
}

/// Whether the request may touch this token at all; the scopes that it means.
fn check_request(
    message: &RotateRefreshToken,
    presented: &RefreshTokenRecord,
    grant: &Grant,
    now: Timestamp,
) -> Result<ScopeSet, RotateRefreshTokenError> {
    if presented.client != message.client {
        return Err(RotateRefreshTokenError::OtherClient);
    }
    if presented.bound_to.is_some() && presented.bound_to.as_ref() != shown_key(message) {
        return Err(RotateRefreshTokenError::OtherKey);
    }
    if let GrantState::Ended { reason, .. } = grant.state {
        return Err(RotateRefreshTokenError::GrantEnded(reason));
    }
    if grant.is_expired(now) {
        return Err(RotateRefreshTokenError::GrantEnded(GrantEnd::Expired));
    }
    message
        .resource
        .as_deref()
        .map_or(Ok(()), |resource| presented.resource.accept(resource))?;
    let asked = message
        .scopes
        .as_ref()
        .filter(|scopes| !scopes.is_empty())
        .unwrap_or(&presented.scopes);
    if !asked.is_subset_of(&presented.scopes) {
        let missing = asked.difference(&presented.scopes);
        return Err(RotateRefreshTokenError::ScopeExceeded {
            missing,
            allowed: presented.scopes.clone(),
        });
    }
    let scopes = asked.intersection(&message.allowed);
    if scopes.is_empty() && !asked.is_empty() {
        return Err(RotateRefreshTokenError::NoScope);
    }
    Ok(scopes)
}
