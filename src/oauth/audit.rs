//! What the authorization endpoints write into the audit log, through a sink that hides where it goes.
//!
//! A record never holds a token, a code, a password or a `state`: what is recorded is named field by field here.

use std::fmt::Display;

use mxcp_actors::domain::audit_event::{
    AuditRecord, AuditedOperation, AuditedUser, AuthenticationEvent, OperationStatus, PolicyDecision,
};
use mxcp_actors::domain::authorization_request::AuthorizationRequest;
use mxcp_actors::domain::client::ClientId;
use mxcp_actors::domain::grant::GrantId;
use mxcp_actors::domain::login_attempt::AttemptId;
use mxcp_actors::domain::scope::ScopeSet;
use mxcp_actors::domain::secret::Secret;
use mxcp_actors::domain::user::UserIdentity;
use mxcp_actors::token_store::{FindGrant, GrantReference};
use serde_json::Value;

use super::{Caller, ResourceServer, Tokens, Unavailable};

/// Where audit records go. Must not block: it is called between an answer and its sending.
pub trait AuditSink: Send + Sync {
    /// Takes a record. A sink that cannot keep it says so in its own way; nothing is undone because of it.
    fn record(&self, record: AuditRecord);
}

/// An event on its way into the log. Nothing is written before [`Entry::write`].
#[must_use]
pub(super) struct Entry<'a> {
    services: &'a ResourceServer,
    event: AuthenticationEvent,
    status: OperationStatus,
    decision: Option<PolicyDecision>,
    user: AuditedUser,
    client: Option<String>,
    session: Option<String>,
    attempt: Option<AttemptId>,
    grant: Option<GrantId>,
    error: Option<String>,
    trace_id: Option<String>,
    request_id: Option<String>,
    details: serde_json::Map<String, Value>,
}

impl ResourceServer {
    /// Something happened.
    pub(super) fn event(&self, event: AuthenticationEvent, caller: &Caller) -> Entry<'_> {
        let mut details = serde_json::Map::new();
        details.insert("network".to_owned(), caller.network.to_string().into());
        Entry {
            services: self,
            event,
            status: OperationStatus::Success,
            decision: None,
            user: AuditedUser::default(),
            client: None,
            session: None,
            attempt: None,
            grant: None,
            error: None,
            trace_id: caller.trace_id.clone(),
            request_id: (!caller.request_id.is_empty()).then(|| caller.request_id.to_string()),
            details,
        }
    }
}

impl Entry<'_> {
    /// The client that took part.
    pub(super) fn client(mut self, id: &ClientId) -> Self {
        self.client = Some(id.to_string());
        self
    }

    /// The user who took part.
    pub(super) fn user(mut self, identity: &UserIdentity) -> Self {
        self.user = AuditedUser::from(identity);
        self
    }

    /// The attempt that it is part of, if it is known.
    pub(super) fn attempt(mut self, attempt: Option<AttemptId>) -> Self {
        self.attempt = attempt;
        self
    }

    /// The request that it is about: its client, and the attempt.
    pub(super) fn request(self, request: &AuthorizationRequest) -> Self {
        self.client(&request.client).attempt(request.attempt)
    }

    /// The MCP session that it is about, under its name in records.
    pub(super) fn session(mut self, recorded: &str) -> Self {
        self.session = Some(recorded.to_owned());
        self
    }

    /// It did not end well, and why.
    pub(super) fn refused(mut self, reason: &dyn Display) -> Self {
        self.status = OperationStatus::Error;
        self.error = Some(reason.to_string());
        self
    }

    /// Somebody who is known was not let through, and why.
    pub(super) fn denied(mut self, reason: &dyn Display) -> Self {
        self.decision = Some(PolicyDecision::Deny);
        self.refused(reason)
    }

    /// What was granted or asked for.
    pub(super) fn scopes(self, scopes: &ScopeSet) -> Self {
        self.detail("scope", scopes)
    }

    /// The grant that it is about.
    pub(super) fn of_grant(mut self, grant: GrantId) -> Self {
        self.grant = Some(grant);
        self.detail("grant", &grant)
    }

    /// The grant that it is about, and its user.
    pub(super) async fn grant(self, grant: GrantId) -> Self {
        let entry = self.of_grant(grant);
        entry.found_by(GrantReference::Id(grant)).await
    }

    /// The grant of a refresh token, if it has one, and its user.
    pub(super) async fn grant_of(self, refresh_token: Secret) -> Self {
        self.found_by(GrantReference::RefreshToken(refresh_token)).await
    }

    /// A record without its user is better than none, so a store that does not answer is no reason to fail.
    async fn found_by(self, reference: GrantReference) -> Self {
        let Tokens::Own(tokens) = &self.services.tokens else {
            return self;
        };
        let found = tokens.ask(FindGrant(reference)).await;
        match found.map_err(Unavailable::from) {
            Ok(Ok(Some(grant))) => self.of_grant(grant.id).user(&grant.user.identity),
            Ok(Ok(None)) => self,
            Ok(Err(error)) => self.without_user(&error),
            Err(error) => self.without_user(&error),
        }
    }

    fn without_user(self, error: &dyn Display) -> Self {
        let event = self.event.as_str();
        log::warn!("the event {event} is recorded without its user: {error}");
        self
    }

    /// Something else that is no secret.
    pub(super) fn detail(mut self, name: &str, value: &dyn Display) -> Self {
        self.details.insert(name.to_owned(), value.to_string().into());
        self
    }

    /// Hands the record to the sink.
    pub(super) fn write(self) {
        self.services.counts().event(self.event, self.status);
        let operation = AuditedOperation {
            policy_decision: self.decision,
            ..AuditedOperation::authentication(self.event, self.status)
        };
        let now = self.services.clock.now();
        match AuditRecord::new(operation, now, self.services.randomness.as_ref()) {
            Ok(record) => self.services.audit.record(AuditRecord {
                user: self.user,
                client_id: self.client,
                session_id: self.session,
                attempt_id: self.attempt,
                grant_id: self.grant,
                error: self.error,
                trace_id: self.trace_id,
                request_id: self.request_id,
                input_data: self.details,
                ..record
            }),
            Err(error) => log::error!(
                "the event {} is not in the audit log: {error}",
                self.event.as_str()
            ),
        }
    }
}
