//! Grants in memory.

use std::collections::{HashMap, HashSet};

use super::{MemoryStore, State, insert_new};
use crate::domain::clock::Timestamp;
use crate::domain::grant::{Grant, GrantEnd, GrantId, GrantState};
use crate::domain::sealing::Sealed;
use crate::domain::user::{UserAccount, UserKey};
use crate::store::{GrantRepository, StoreError, TakenTokens};

impl GrantRepository for MemoryStore {
    fn insert_grant(&self, grant: &Grant) -> Result<bool, StoreError> {
        Ok(insert_new(
            &mut self.lock("insert grant")?.grants,
            grant.id,
            grant.clone(),
        ))
    }

    fn find_grant(&self, id: GrantId) -> Result<Option<Grant>, StoreError> {
        Ok(self.lock("find grant")?.grants.get(&id).cloned())
    }

    fn live_grants_of_user(&self, user: &UserKey) -> Result<Vec<Grant>, StoreError> {
        let state = self.lock("list grants of user")?;
        let is_live = |grant: &&Grant| grant.user.identity.key == *user && !is_ended(grant);
        let mut grants: Vec<_> = state.grants.values().filter(is_live).cloned().collect();
        grants.sort_by_key(|grant| (grant.created_at, grant.id));
        Ok(grants)
    }

    fn live_users_of_issuer(&self, issuer: &str) -> Result<Vec<UserKey>, StoreError> {
        let state = self.lock("list users with grants")?;
        let keys = state
            .grants
            .values()
            .filter(|grant| grant.user.identity.key.issuer == issuer && !is_ended(grant))
            .map(|grant| grant.user.identity.key.clone());
        Ok(keys.collect::<HashSet<_>>().into_iter().collect())
    }

    fn last_uses_of_user(&self, user: &UserKey) -> Result<HashMap<GrantId, Timestamp>, StoreError> {
        let state = self.lock("list uses of grants")?;
        let access_tokens = state.access_tokens.values();
        let accesses = access_tokens.map(|token| (token.grant, token.issued_at, token.first_used_at));
        let refresh_tokens = state.refresh_tokens.values();
        let refreshes = refresh_tokens.map(|token| (token.grant, token.issued_at, token.pair_first_used_at));
        let mut latest = HashMap::new();
        for (id, issued_at, used_at) in accesses.chain(refreshes) {
            let is_live = |grant: &Grant| grant.user.identity.key == *user && !is_ended(grant);
            if state.grants.get(&id).is_some_and(is_live) {
                let kept = latest.entry(id).or_insert(issued_at);
                *kept = issued_at.max(used_at.unwrap_or(issued_at)).max(*kept);
            }
        }
        Ok(latest)
    }

    fn count_live_grants(&self) -> Result<u64, StoreError> {
        let state = self.lock("count grants")?;
        Ok(state.grants.values().filter(|grant| !is_ended(grant)).count() as u64)
    }

    fn end_grant(&self, id: GrantId, at: Timestamp, reason: GrantEnd) -> Result<bool, StoreError> {
        let mut state = self.lock("end grant")?;
        let Some(grant) = state.grants.get_mut(&id) else {
            return Ok(false);
        };
        let Ok(ended) = grant.state.end(at, reason) else {
            return Ok(false);
        };
        grant.state = ended;
        Ok(true)
    }

    fn end_overdue_grants(
        &self,
        pending_before: Timestamp,
        now: Timestamp,
        most: u32,
    ) -> Result<Vec<Grant>, StoreError> {
        let mut state = self.lock("end overdue grants")?;
        let with_tokens = state.grants_with_tokens_after(now);
        let mut ended = Vec::new();
        for grant in state.grants.values_mut() {
            if ended.len() >= usize::try_from(most).unwrap_or(usize::MAX) {
                break;
            }
            let Some(reason) = overdue(grant, pending_before, now, &with_tokens) else {
                continue;
            };
            if let Ok(next) = grant.state.end(now, reason) {
                ended.push(grant.clone());
                grant.state = next;
            }
        }
        Ok(ended)
    }

    fn replace_upstream_tokens(
        &self,
        id: GrantId,
        expected: &Sealed,
        replacement: &Sealed,
    ) -> Result<bool, StoreError> {
        let mut state = self.lock("replace upstream tokens")?;
        let Some(grant) = state.grants.get_mut(&id) else {
            return Ok(false);
        };
        if is_ended(grant) || grant.upstream_tokens.as_ref() != Some(expected) {
            return Ok(false);
        }
        grant.upstream_tokens = Some(replacement.clone());
        Ok(true)
    }

    fn take_upstream_tokens(&self, id: GrantId) -> Result<Option<TakenTokens>, StoreError> {
        let mut state = self.lock("take upstream tokens")?;
        let Some(grant) = state.grants.get_mut(&id).filter(|grant| is_ended(grant)) else {
            return Ok(None);
        };
        let Some(tokens) = grant.upstream_tokens.take() else {
            return Ok(None);
        };
        let identity = grant.user.identity.clone();
        Ok(Some(TakenTokens {
            provider: identity.provider,
            tokens,
            were_last: !state.has_upstream_tokens(&identity.key),
        }))
    }

    fn has_upstream_tokens(&self, user: &UserKey) -> Result<bool, StoreError> {
        Ok(self.lock("ask for upstream tokens")?.has_upstream_tokens(user))
    }

    fn replace_user(&self, id: GrantId, user: &UserAccount) -> Result<bool, StoreError> {
        let mut state = self.lock("replace user of grant")?;
        let Some(grant) = state.grants.get_mut(&id) else {
            return Ok(false);
        };
        if is_ended(grant) || grant.user.identity.key != user.identity.key {
            return Ok(false);
        }
        grant.user = user.clone();
        Ok(true)
    }

    fn delete_grants_ended_before(&self, moment: Timestamp, most: u32) -> Result<u64, StoreError> {
        let mut state = self.lock("delete ended grants")?;
        let is_over = |grant: &Grant| matches!(grant.state, GrantState::Ended { at, .. } if at <= moment);
        let deleted = super::remove_up_to(&mut state.grants, most, is_over);
        let State {
            grants,
            codes,
            access_tokens,
            refresh_tokens,
            ..
        } = &mut *state;
        codes.retain(|_, code| grants.contains_key(&code.binding.grant));
        access_tokens.retain(|_, token| grants.contains_key(&token.grant));
        refresh_tokens.retain(|_, token| grants.contains_key(&token.grant));
        Ok(deleted)
    }
}

impl State {
    fn has_upstream_tokens(&self, user: &UserKey) -> bool {
        self.grants.values().any(|grant| {
            grant.user.identity.key == *user && grant.upstream_tokens.is_some() && !is_ended(grant)
        })
    }

    fn grants_with_tokens_after(&self, now: Timestamp) -> HashSet<GrantId> {
        let access = self
            .access_tokens
            .values()
            .map(|token| (token.grant, token.expires_at));
        let refresh = self
            .refresh_tokens
            .values()
            .map(|token| (token.grant, token.expires_at));
        access
            .chain(refresh)
            .filter(|(_, expires_at)| *expires_at > now)
            .map(|(grant, _)| grant)
            .collect()
    }
}

const fn is_ended(grant: &Grant) -> bool {
    matches!(grant.state, GrantState::Ended { .. })
}

fn overdue(
    grant: &Grant,
    pending_before: Timestamp,
    now: Timestamp,
    with_tokens: &HashSet<GrantId>,
) -> Option<GrantEnd> {
    match grant.state {
        GrantState::Pending if grant.created_at < pending_before => Some(GrantEnd::CodeNeverRedeemed),
        GrantState::Pending | GrantState::Active { .. } if grant.is_expired(now) => Some(GrantEnd::Expired),
        GrantState::Active { .. } if !with_tokens.contains(&grant.id) => Some(GrantEnd::Expired),
        GrantState::Pending | GrantState::Active { .. } | GrantState::Ended { .. } => None,
    }
}
