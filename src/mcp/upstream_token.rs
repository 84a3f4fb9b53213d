//! The caller's token at the identity provider, renewed when it is about to end: by one call among all, in this process
//! and in others. Who renews it, and what happens when that one dies, is the store's rule.

use std::time::Duration;

use mxcp_actors::audit_logger::messages::RecordEvent;
use mxcp_actors::domain::audit_event::{
    AuditRecord, AuditedOperation, AuditedUser, AuthenticationEvent, OperationStatus,
};
use mxcp_actors::domain::grant::{GrantEnd, GrantId};
use mxcp_actors::domain::sealing::Sealed;
use mxcp_actors::domain::secret::Secret;
use mxcp_actors::domain::upstream_tokens::UpstreamAccess;
use mxcp_actors::domain::user::{Principal, UserKey};
use mxcp_actors::handle::Handle;
use mxcp_actors::provider_broker::actor::ProviderBroker;
use mxcp_actors::provider_broker::errors::UpstreamError;
use mxcp_actors::provider_broker::messages::RefreshUpstreamTokens;
use mxcp_actors::system::Actors;
use mxcp_actors::token_store::messages::{UpstreamRefresh, UpstreamRefreshError};
use mxcp_actors::token_store::{BeginUpstreamRefresh, EndUpstreamRefresh, RevokeGrant, TokenStoreHandle};

use super::caller::Caller;
use super::server::Audit;

/// How often, and how many times, a call looks whether somebody else has renewed the token: for as long as the provider
/// may take to answer.
const PAUSE: Duration = Duration::from_millis(200);
const LOOKS: u32 = 50;

/// Why there is no token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum UpstreamTokenError {
    /// The provider said no. The grant has ended with it.
    #[error("the identity provider has ended this login; log in again")]
    Ended,
    /// Nobody can renew it.
    #[error("the identity provider's token has ended and cannot be renewed; log in again")]
    NotRefreshable,
    /// The provider or the store cannot be asked just now.
    #[error("the identity provider's token has ended and cannot be renewed just now; try again")]
    NotNow,
}

/// Renews tokens. Clones ask the same actors.
#[derive(Clone)]
pub(super) struct UpstreamTokens {
    tokens: TokenStoreHandle,
    broker: Handle<ProviderBroker>,
    audit: Audit,
}

/// The renewal that this call was given to do.
struct Renewal {
    grant: GrantId,
    user: UserKey,
    provider: String,
    noted: Sealed,
    old: UpstreamAccess,
    /// For the record, if the provider says no.
    record: AuditedRenewal,
}

/// Whose renewal it is.
struct AuditedRenewal {
    user: AuditedUser,
    client: String,
    request_id: String,
}

impl UpstreamTokens {
    pub(super) fn new(actors: &Actors, audit: Audit) -> Self {
        Self {
            tokens: actors.tokens.clone(),
            broker: actors.broker.clone(),
            audit,
        }
    }

    /// The caller's token, renewed by this call or by another one.
    pub(super) async fn renewed(
        &self,
        principal: &Principal,
        caller: &Caller,
    ) -> Result<Secret, UpstreamTokenError> {
        let grant = principal.grant.ok_or(UpstreamTokenError::NotRefreshable)?;
        let mut last = None;
        for _ in 0..LOOKS {
            match self.begin(grant).await? {
                UpstreamRefresh::Ready(access) => return Ok(access.token),
                UpstreamRefresh::Yours { provider, noted, old } => {
                    let record = AuditedRenewal::new(principal, caller);
                    let renewal = Renewal {
                        grant,
                        user: principal.user.identity.key.clone(),
                        provider,
                        noted,
                        old,
                        record,
                    };
                    let this = self.clone();
                    // On a task of its own: a caller who goes away must not take the only new pair along.
                    let task = tokio::spawn(async move { this.renew(renewal).await });
                    return task.await.unwrap_or(Err(UpstreamTokenError::NotNow));
                }
                UpstreamRefresh::UnderWay(old) => last = Some(old),
            }
            tokio::time::sleep(PAUSE).await;
        }
        self.still_valid(last)
    }

    async fn begin(&self, grant: GrantId) -> Result<UpstreamRefresh, UpstreamTokenError> {
        let begun = self.tokens.ask(BeginUpstreamRefresh { grant }).await;
        begun.map_err(not_now)?.map_err(|error| match error {
            UpstreamRefreshError::Ended => UpstreamTokenError::Ended,
            UpstreamRefreshError::NotRefreshable => UpstreamTokenError::NotRefreshable,
            UpstreamRefreshError::Unseal(_)
            | UpstreamRefreshError::Seal(_)
            | UpstreamRefreshError::Store(_) => not_now(error),
        })
    }

    async fn renew(&self, renewal: Renewal) -> Result<Secret, UpstreamTokenError> {
        let asked = self.broker.ask(RefreshUpstreamTokens {
            provider: renewal.provider.clone(),
            grant: renewal.grant,
            user: renewal.user.clone(),
            tokens: renewal.noted.clone(),
        });
        match asked.await {
            Ok(Ok(refreshed)) => {
                let is_kept = self.end(&renewal, Some(refreshed.sealed)).await?;
                is_kept
                    .then_some(refreshed.tokens.access_token)
                    .ok_or(UpstreamTokenError::Ended)
            }
            Ok(Err(UpstreamError::Provider(error))) if !error.is_temporary() => {
                log::warn!("the grant {} has ended: {error}", renewal.grant);
                self.end_grant(&renewal, &error).await?;
                Err(UpstreamTokenError::Ended)
            }
            Ok(Err(error)) => self.postpone(renewal, error).await,
            Err(error) => self.postpone(renewal, error).await,
        }
    }

    /// Lets the next one try, and makes do with the old token while it lasts.
    async fn postpone(
        &self,
        renewal: Renewal,
        error: impl std::fmt::Display + Send,
    ) -> Result<Secret, UpstreamTokenError> {
        log::warn!("an upstream token was not renewed: {error}");
        self.end(&renewal, None).await?;
        self.still_valid(Some(renewal.old))
    }

    fn still_valid(&self, old: Option<UpstreamAccess>) -> Result<Secret, UpstreamTokenError> {
        let now = self.audit.clock.now();
        let valid = old.filter(|old| old.is_valid(now));
        valid.map(|old| old.token).ok_or(UpstreamTokenError::NotNow)
    }

    async fn end(&self, renewal: &Renewal, renewed: Option<Sealed>) -> Result<bool, UpstreamTokenError> {
        let ended = self.tokens.ask(EndUpstreamRefresh {
            grant: renewal.grant,
            noted: renewal.noted.clone(),
            renewed,
        });
        ended.await.map_err(not_now)?.map_err(not_now)
    }

    /// Ends the grant that the provider does not stand behind any more. One call among many writes the record.
    async fn end_grant(
        &self,
        renewal: &Renewal,
        error: &(dyn std::fmt::Display + Sync),
    ) -> Result<(), UpstreamTokenError> {
        let ended = self.tokens.ask(RevokeGrant {
            grant: renewal.grant,
            reason: GrantEnd::UpstreamEnded,
        });
        if ended.await.map_err(not_now)?.map_err(not_now)? {
            self.record(renewal, error.to_string());
        }
        Ok(())
    }

    fn record(&self, renewal: &Renewal, reason: String) {
        let Audit {
            log,
            clock,
            randomness,
            instance,
        } = &self.audit;
        let event = AuthenticationEvent::TokenRevoked;
        let operation = AuditedOperation::authentication(event, OperationStatus::Error);
        let record = match AuditRecord::new(operation, clock.now(), &**randomness) {
            Ok(record) => record,
            Err(error) => return log::error!("the end of a grant is not in the audit log: {error}"),
        };
        let details = [
            ("grant", renewal.grant.to_string()),
            ("provider", renewal.provider.clone()),
            ("reason", GrantEnd::UpstreamEnded.as_str().to_owned()),
        ];
        let recorded = log.record(RecordEvent::plain(AuditRecord {
            user: renewal.record.user.clone(),
            client_id: Some(renewal.record.client.clone()),
            request_id: Some(renewal.record.request_id.clone()),
            instance_id: Some(instance.clone()),
            grant_id: Some(renewal.grant),
            input_data: details
                .map(|(name, value)| (name.to_owned(), value.into()))
                .into_iter()
                .collect(),
            error: Some(reason),
            ..record
        }));
        if let Err(error) = recorded {
            log::error!("audit log: the end of a grant found no place: {error}");
        }
    }
}

impl AuditedRenewal {
    fn new(principal: &Principal, caller: &Caller) -> Self {
        Self {
            user: AuditedUser::from(&principal.user.identity),
            client: principal.client.to_string(),
            request_id: caller.context.request_id.to_string(),
        }
    }
}

fn not_now(error: impl std::fmt::Display) -> UpstreamTokenError {
    log::warn!("an upstream token was not renewed: {error}");
    UpstreamTokenError::NotNow
}
