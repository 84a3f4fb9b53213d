//! Tokens in memory, and the three transactions that create them.

use std::cmp::Reverse;
use std::collections::HashSet;

use super::{MemoryStore, State, insert_new, remove_up_to};
use crate::domain::authorization_code::CodeState;
use crate::domain::clock::Timestamp;
use crate::domain::grant::{Grant, GrantState};
use crate::domain::secret::SecretDigest;
use crate::domain::token::{AccessTokenRecord, RefreshTokenRecord, RefreshTokenState, Succession};
use crate::store::tokens::{DirectIssue, Redemption, RedemptionOutcome, Rotation, RotationOutcome};
use crate::store::{StoreError, TokenRepository};

impl TokenRepository for MemoryStore {
    fn issue_directly(&self, issue: &DirectIssue) -> Result<bool, StoreError> {
        let mut guard = self.lock("issue access token")?;
        let state = &mut *guard;
        if !insert_new(&mut state.grants, issue.grant.id, issue.grant.clone()) {
            return Ok(false);
        }
        state
            .access_tokens
            .insert(issue.access_token.digest, issue.access_token.clone());
        state.delete_surplus(issue);
        state.record_client_use(&issue.client_use);
        Ok(true)
    }

    fn redeem_code(&self, redemption: &Redemption) -> Result<RedemptionOutcome, StoreError> {
        let mut guard = self.lock("redeem code")?;
        let state = &mut *guard;
        let Some(code) = state.codes.get_mut(&redemption.code) else {
            return Ok(RedemptionOutcome::CodeExpired);
        };
        if matches!(code.state, CodeState::Consumed { .. }) {
            return Ok(RedemptionOutcome::AlreadyConsumed);
        }
        let Ok(consumed) = code.state.consume(redemption.at) else {
            return Ok(RedemptionOutcome::CodeExpired);
        };
        if code.expires_at <= redemption.at {
            return Ok(RedemptionOutcome::CodeExpired);
        }
        let Some(grant) = state.grants.get_mut(&redemption.access_token.grant) else {
            return Ok(RedemptionOutcome::GrantEnded);
        };
        let Ok(active) = grant.state.activate(redemption.at) else {
            return Ok(RedemptionOutcome::GrantEnded);
        };
        code.state = consumed;
        grant.state = active;
        state
            .access_tokens
            .insert(redemption.access_token.digest, redemption.access_token.clone());
        if let Some(refresh_token) = &redemption.refresh_token {
            state
                .refresh_tokens
                .insert(refresh_token.digest, refresh_token.clone());
        }
        state.record_client_use(&redemption.client_use);
        Ok(RedemptionOutcome::Redeemed)
    }

    fn rotate(&self, rotation: &Rotation) -> Result<RotationOutcome, StoreError> {
        let mut guard = self.lock("rotate refresh token")?;
        let state = &mut *guard;
        let Some(presented) = state.refresh_tokens.get_mut(&rotation.presented) else {
            return Ok(RotationOutcome::AlreadyRotated);
        };
        let grant = state.grants.get(&presented.grant);
        if !grant.is_some_and(|grant| matches!(grant.state, GrantState::Active { .. })) {
            return Ok(RotationOutcome::GrantEnded);
        }
        if presented.state != RefreshTokenState::Unused {
            return Ok(RotationOutcome::AlreadyRotated);
        }
        presented.state = RefreshTokenState::Rotated(Succession {
            at: rotation.at,
            key: rotation.key,
            access_token: rotation.access_token.digest,
            refresh_token: rotation.refresh_token.digest,
        });
        state
            .access_tokens
            .insert(rotation.access_token.digest, rotation.access_token.clone());
        state
            .refresh_tokens
            .insert(rotation.refresh_token.digest, rotation.refresh_token.clone());
        state.record_client_use(&rotation.client_use);
        Ok(RotationOutcome::Rotated)
    }

    fn find_access_token(
        &self,
        digest: &SecretDigest,
    ) -> Result<Option<(AccessTokenRecord, Grant)>, StoreError> {
        let state = self.lock("find access token")?;
        let Some(token) = state.access_tokens.get(digest) else {
            return Ok(None);
        };
        Ok(state
            .grants
            .get(&token.grant)
            .map(|grant| (token.clone(), grant.clone())))
    }

    fn find_refresh_token(
        &self,
        digest: &SecretDigest,
    ) -> Result<Option<(RefreshTokenRecord, Grant)>, StoreError> {
        let state = self.lock("find refresh token")?;
        let Some(token) = state.refresh_tokens.get(digest) else {
            return Ok(None);
        };
        Ok(state
            .grants
            .get(&token.grant)
            .map(|grant| (token.clone(), grant.clone())))
    }

    fn record_first_use(&self, digest: &SecretDigest, at: Timestamp) -> Result<bool, StoreError> {
        let mut guard = self.lock("record first use")?;
        let state = &mut *guard;
        let Some(token) = state.access_tokens.get_mut(digest) else {
            return Ok(false);
        };
        if token.first_used_at.is_some() {
            return Ok(false);
        }
        token.first_used_at = Some(at);
        let refresh_token = token
            .refresh_token
            .and_then(|digest| state.refresh_tokens.get_mut(&digest));
        if let Some(refresh_token) = refresh_token {
            refresh_token.pair_first_used_at = Some(at);
        }
        Ok(true)
    }

    fn revoke_access_token(&self, digest: &SecretDigest, at: Timestamp) -> Result<bool, StoreError> {
        let mut state = self.lock("revoke access token")?;
        let Some(token) = state.access_tokens.get_mut(digest) else {
            return Ok(false);
        };
        if token.revoked_at.is_some() {
            return Ok(false);
        }
        token.revoked_at = Some(at);
        Ok(true)
    }

    fn delete_tokens_expired_before(&self, moment: Timestamp, most: u32) -> Result<u64, StoreError> {
        let mut state = self.lock("delete expired tokens")?;
        let access = remove_up_to(&mut state.access_tokens, most, |token| token.expires_at <= moment);
        let refresh = remove_up_to(&mut state.refresh_tokens, most, |token| {
            token.expires_at <= moment
        });
        Ok(access + refresh)
    }
}

impl State {
    /// Deletes what the client holds too many of for its user.
    fn delete_surplus(&mut self, issue: &DirectIssue) {
        let Grant { client, user, .. } = &issue.grant;
        let is_meant = |grant: &&Grant| {
            grant.client == *client
                && grant.user.identity.key == user.identity.key
                && grant.upstream_tokens.is_none()
                && !matches!(grant.state, GrantState::Ended { .. })
        };
        let mut held: Vec<_> = self.grants.values().filter(is_meant).collect();
        held.sort_by_key(|grant| Reverse((grant.created_at, grant.id)));
        let most = usize::try_from(issue.most).unwrap_or(usize::MAX);
        let surplus: HashSet<_> = held.iter().skip(most).map(|grant| grant.id).collect();
        if !surplus.is_empty() {
            self.grants.retain(|id, _| !surplus.contains(id));
            self.access_tokens
                .retain(|_, token| !surplus.contains(&token.grant));
            self.refresh_tokens
                .retain(|_, token| !surplus.contains(&token.grant));
            self.codes
                .retain(|_, code| !surplus.contains(&code.binding.grant));
        }
    }
}
