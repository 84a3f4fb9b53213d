//! Renewing a grant's tokens at the identity provider: the conversation with the store of tokens and the broker, whoever begins
//! it. Who renews, and what happens when that one dies, is the store's rule.
//!
//! Must not live here: who asks for it, and records of how it ended.

use crate::domain::grant::{GrantEnd, GrantId};
use crate::domain::sealing::Sealed;
use crate::domain::upstream_tokens::UpstreamAccess;
use crate::domain::user::UserKey;
use crate::error::CallError;
use crate::handle::Handle;
use crate::provider_broker::actor::ProviderBroker;
use crate::provider_broker::errors::UpstreamError;
use crate::provider_broker::messages::RefreshUpstreamTokens;
use crate::provider_broker::provider::ProviderError;
use crate::store::StoreError;
use crate::system::Actors;
use crate::token_store::messages::{UpstreamRefresh, UpstreamRefreshError};
use crate::token_store::{BeginUpstreamRefresh, EndUpstreamRefresh, RevokeGrant, TokenStoreHandle};

/// Renews tokens. Clones ask the same actors.
#[derive(Clone)]
pub struct UpstreamRenewals {
    tokens: TokenStoreHandle,
    broker: Handle<ProviderBroker>,
}

/// What is to be done about a grant's tokens.
pub enum Begun {
    /// Nothing: they are fresh, or nobody can renew them and they still last.
    Ready(UpstreamAccess),
    /// Nothing: somebody else renews them. Until then there is the old access token.
    UnderWay(UpstreamAccess),
    /// Whoever asked renews them.
    Yours(Renewal),
}

/// A renewal that was given to one caller to do.
pub struct Renewal {
    grant: GrantId,
    user: UserKey,
    provider: String,
    noted: Sealed,
    old: UpstreamAccess,
}

/// How a renewal ended.
pub enum Renewed {
    /// With a new access token, which is kept.
    Access(UpstreamAccess),
    /// The grant ended in the meantime.
    GrantEnded,
    /// The provider does not stand behind the login any more, so the grant has ended.
    Refused {
        /// What it said.
        error: ProviderError,
        /// Whether it ended by this: one call among many.
        is_first: bool,
    },
    /// The provider could not be asked. The next one may try; until then there is the old access token.
    Postponed(UpstreamAccess),
}

/// Why nothing could be done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenewalError {
    /// The actor could not be asked.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The store of tokens says no.
    #[error(transparent)]
    Refresh(#[from] UpstreamRefreshError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl UpstreamRenewals {
    /// Asks these actors.
    #[must_use]
    pub fn new(actors: &Actors) -> Self {
        Self {
            tokens: actors.tokens.clone(),
            broker: actors.broker.clone(),
        }
    }

    /// Says who renews the tokens of this user's grant.
    pub async fn begin(&self, grant: GrantId, user: &UserKey) -> Result<Begun, RenewalError> {
        let begun = self.tokens.ask(BeginUpstreamRefresh { grant }).await??;
        Ok(match begun {
            UpstreamRefresh::Ready(access) => Begun::Ready(access),
            UpstreamRefresh::UnderWay(old) => Begun::UnderWay(old),
            UpstreamRefresh::Yours { provider, noted, old } => Begun::Yours(Renewal {
                grant,
                user: user.clone(),
                provider,
                noted,
                old,
            }),
        })
    }

    /// Asks the provider, and keeps what it gives. To be run on a task of its own: a caller who goes away must not take the only
    /// new pair along.
    pub async fn renew(&self, renewal: Renewal) -> Result<Renewed, RenewalError> {
        let asked = self.broker.ask(RefreshUpstreamTokens {
            provider: renewal.provider.clone(),
            grant: renewal.grant,
            user: renewal.user.clone(),
            tokens: renewal.noted.clone(),
        });
        match asked.await {
            Ok(Ok(refreshed)) => {
                let access = refreshed.tokens.access();
                let is_kept = self.end(&renewal, Some(refreshed.sealed)).await?;
                Ok(match is_kept {
                    true => Renewed::Access(access),
                    false => Renewed::GrantEnded,
                })
            }
            Ok(Err(UpstreamError::Provider(error))) if !error.is_temporary() => {
                log::warn!("the grant {} has ended: {error}", renewal.grant);
                let (grant, reason) = (renewal.grant, GrantEnd::UpstreamEnded);
                let is_first = self.tokens.ask(RevokeGrant { grant, reason }).await??;
                Ok(Renewed::Refused { error, is_first })
            }
            Ok(Err(error)) => self.postpone(renewal, &error).await,
            Err(error) => self.postpone(renewal, &error).await,
        }
    }

    /// Lets the next one try.
    async fn postpone(
        &self,
        renewal: Renewal,
        error: &(dyn std::fmt::Display + Sync),
    ) -> Result<Renewed, RenewalError> {
        log::warn!("an upstream token was not renewed: {error}");
        self.end(&renewal, None).await?;
        Ok(Renewed::Postponed(renewal.old))
    }

    async fn end(&self, renewal: &Renewal, renewed: Option<Sealed>) -> Result<bool, RenewalError> {
        let ended = self.tokens.ask(EndUpstreamRefresh {
            grant: renewal.grant,
            noted: renewal.noted.clone(),
            renewed,
        });
        Ok(ended.await??)
    }
}
