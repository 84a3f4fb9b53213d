//! The caller's token at the identity provider, renewed when it is about to end: by one call among all, in this process
//! and in others.

use std::time::Duration;

use mxcp_actors::audit_logger::messages::RecordEvent;
use mxcp_actors::domain::audit_event::{
    AuditRecord, AuditedOperation, AuditedUser, AuthenticationEvent, OperationStatus,
};
use mxcp_actors::domain::grant::{GrantEnd, GrantId};
use mxcp_actors::domain::secret::Secret;
use mxcp_actors::domain::upstream_tokens::UpstreamAccess;
use mxcp_actors::domain::user::Principal;
use mxcp_actors::system::Actors;
use mxcp_actors::token_store::messages::UpstreamRefreshError;
use mxcp_actors::upstream_renewal::{Begun, Renewal, RenewalError, Renewed, UpstreamRenewals};

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
    renewals: UpstreamRenewals,
    audit: Audit,
}

/// Whose renewal it is, for the record if the provider says no.
struct AuditedRenewal {
    grant: GrantId,
    user: AuditedUser,
    provider: String,
    client: String,
    request_id: String,
}

impl UpstreamTokens {
    pub(super) fn new(actors: &Actors, audit: Audit) -> Self {
        Self {
            renewals: UpstreamRenewals::new(actors),
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
            match self.begin(grant, principal).await? {
                Begun::Ready(access) => return Ok(access.token),
                Begun::Yours(renewal) => {
                    let record = AuditedRenewal::new(grant, principal, caller);
                    let this = self.clone();
                    let task = tokio::spawn(async move { this.renew(renewal, record).await });
                    return task.await.unwrap_or(Err(UpstreamTokenError::NotNow));
                }
                Begun::UnderWay(old) => last = Some(old),
            }
            tokio::time::sleep(PAUSE).await;
        }
        self.still_valid(last)
    }

    async fn begin(&self, grant: GrantId, principal: &Principal) -> Result<Begun, UpstreamTokenError> {
        let begun = self.renewals.begin(grant, &principal.user.identity.key).await;
        begun.map_err(|error| match error {
            RenewalError::Refresh(UpstreamRefreshError::Ended) => UpstreamTokenError::Ended,
            RenewalError::Refresh(UpstreamRefreshError::NotRefreshable) => UpstreamTokenError::NotRefreshable,
            RenewalError::Refresh(
                UpstreamRefreshError::Unseal(_)
                | UpstreamRefreshError::Seal(_)
                | UpstreamRefreshError::Store(_),
            )
            | RenewalError::Call(_)
            | RenewalError::Store(_) => not_now(error),
        })
    }

    /// The new token, or the old one while it lasts and the provider cannot be asked.
    async fn renew(&self, renewal: Renewal, record: AuditedRenewal) -> Result<Secret, UpstreamTokenError> {
        match self.renewals.renew(renewal).await.map_err(not_now)? {
            Renewed::Access(access) => Ok(access.token),
            Renewed::GrantEnded => Err(UpstreamTokenError::Ended),
            Renewed::Refused { error, is_first } => {
                if is_first {
                    self.record(&record, error.to_string());
                }
                Err(UpstreamTokenError::Ended)
            }
            Renewed::Postponed(old) => self.still_valid(Some(old)),
        }
    }

    fn still_valid(&self, old: Option<UpstreamAccess>) -> Result<Secret, UpstreamTokenError> {
        let now = self.audit.clock.now();
        let valid = old.filter(|old| old.is_valid(now));
        valid.map(|old| old.token).ok_or(UpstreamTokenError::NotNow)
    }

    fn record(&self, renewal: &AuditedRenewal, reason: String) {
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
            user: renewal.user.clone(),
            client_id: Some(renewal.client.clone()),
            request_id: Some(renewal.request_id.clone()),
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
    fn new(grant: GrantId, principal: &Principal, caller: &Caller) -> Self {
        Self {
            grant,
            provider: principal.user.identity.provider.clone(),
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
