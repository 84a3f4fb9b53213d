//! How the provider's tokens in a grant are renewed: by one caller among all calls and all replicas, because a provider
//! that gives a new refresh token each time takes a second use of the old one for theft.
//!
//! Who renews writes a note into the sealed tokens first, by an update that only one can win. If that one dies between the
//! provider's answer and the store, its note runs out and the next one asks the provider with the old refresh token: a
//! provider that bears a repetition gives another pair, and with a strict one the grant ends.

use std::time::Duration;

use super::messages::{
    BeginUpstreamRefresh, BeginUpstreamRefreshReply, EndUpstreamRefresh, EndUpstreamRefreshReply,
    HasUpstreamTokens, HasUpstreamTokensReply, TakeUpstreamTokens, TakeUpstreamTokensReply, UpstreamRefresh,
    UpstreamRefreshError,
};
use super::rules::TokenRules;
use crate::domain::grant::Grant;
use crate::domain::upstream_tokens::UpstreamTokens;

/// How long nobody else asks the provider: longer than a call to it may take, with the way to the store and back.
const LONGEST_REFRESH: Duration = Duration::from_secs(30);

impl TokenRules {
    /// Says who renews the tokens.
    pub fn begin_upstream_refresh(&self, message: BeginUpstreamRefresh) -> BeginUpstreamRefreshReply {
        let now = self.clock.now();
        let grant = self.grants.find_grant(message.grant)?;
        let grant = grant.filter(|grant| grant.is_usable(now));
        let Grant {
            id,
            user,
            upstream_tokens,
            ..
        } = grant.ok_or(UpstreamRefreshError::Ended)?;
        let sealed = upstream_tokens.ok_or(UpstreamRefreshError::Ended)?;
        let (tokens, note) = UpstreamTokens::unseal_with_note(&sealed, &self.keys, id)?;
        let old = tokens.access();
        if old.is_fresh(now) {
            return Ok(UpstreamRefresh::Ready(old));
        }
        if tokens.refresh_token.is_none() {
            // Used to its very end, since there will be no other.
            let is_valid = old.is_valid(now);
            return is_valid
                .then_some(UpstreamRefresh::Ready(old))
                .ok_or(UpstreamRefreshError::NotRefreshable);
        }
        if note.is_some_and(|until| now < until) {
            return Ok(UpstreamRefresh::UnderWay(old));
        }
        let until = Some(now + LONGEST_REFRESH);
        let noted = tokens.seal_during(until, &self.keys, self.randomness.as_ref(), id)?;
        Ok(match self.grants.replace_upstream_tokens(id, &sealed, &noted)? {
            true => UpstreamRefresh::Yours {
                provider: user.identity.provider,
                noted,
                old,
            },
            false => UpstreamRefresh::UnderWay(old),
        })
    }

    /// Keeps the new tokens, or takes the note out again.
    pub fn end_upstream_refresh(&self, message: &EndUpstreamRefresh) -> EndUpstreamRefreshReply {
        let EndUpstreamRefresh {
            grant,
            noted,
            renewed,
        } = message;
        let replacement = match renewed {
            Some(renewed) => renewed.clone(),
            None => UpstreamTokens::unseal(noted, &self.keys, *grant)?.seal(
                &self.keys,
                self.randomness.as_ref(),
                *grant,
            )?,
        };
        Ok(self.grants.replace_upstream_tokens(*grant, noted, &replacement)?)
    }

    /// Forgets the tokens of an ended grant: whoever asked has them.
    pub fn take_upstream_tokens(&self, message: TakeUpstreamTokens) -> TakeUpstreamTokensReply {
        self.grants.take_upstream_tokens(message.grant)
    }

    /// Whether a user has a grant that lives by a login at the provider.
    pub fn has_upstream_tokens(&self, message: &HasUpstreamTokens) -> HasUpstreamTokensReply {
        self.grants.has_upstream_tokens(&message.user)
    }
}
