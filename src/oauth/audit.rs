//! What the authorization endpoints write into the audit log, through a sink that hides where it goes.
//!
//! A record never holds a token, a code, a password or a `state`: what is recorded is named field by field here.

use std::fmt::Display;

use mxcp_actors::domain::audit_event::{
    AuditRecord, AuditedOperation, AuditedUser, AuthenticationEvent, OperationStatus,
};
use mxcp_actors::domain::client::ClientId;
use mxcp_actors::domain::grant::GrantId;
use mxcp_actors::domain::scope::ScopeSet;
use mxcp_actors::domain::user::UserIdentity;
use serde_json::Value;

use super::{Caller, Services};

/// Where audit records go. Must not block: it is called between an answer and its sending.
pub trait AuditSink: Send + Sync {
    /// Takes a record. A sink that cannot keep it says so in its own way; nothing is undone because of it.
    fn record(&self, record: AuditRecord);
}

/// An event on its way into the log. Nothing is written before [`Entry::write`].
#[must_use]
pub(super) struct Entry<'a> {
    services: &'a Services,
    event: AuthenticationEvent,
    status: OperationStatus,
    user: AuditedUser,
    client: Option<String>,
    error: Option<String>,
    trace_id: Option<String>,
    details: serde_json::Map<String, Value>,
}

impl Services {
    /// Something happened.
    pub(super) fn event(&self, event: AuthenticationEvent, caller: &Caller) -> Entry<'_> {
        let mut details = serde_json::Map::new();
        details.insert("network".to_owned(), caller.network.to_string().into());
        Entry {
            services: self,
            event,
            status: OperationStatus::Success,
            user: AuditedUser::default(),
            client: None,
            error: None,
            trace_id: caller.trace_id.clone(),
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

    /// It did not end well, and why.
    pub(super) fn refused(mut self, reason: &dyn Display) -> Self {
        self.status = OperationStatus::Error;
        self.error = Some(reason.to_string());
        self
    }

    /// What was granted or asked for.
    pub(super) fn scopes(self, scopes: &ScopeSet) -> Self {
        self.detail("scope", scopes)
    }

    /// The grant that it is about.
    pub(super) fn grant(self, grant: GrantId) -> Self {
        self.detail("grant", &grant)
    }

    /// Something else that is no secret.
    pub(super) fn detail(mut self, name: &str, value: &dyn Display) -> Self {
        self.details.insert(name.to_owned(), value.to_string().into());
        self
    }

    /// Hands the record to the sink.
    pub(super) fn write(self) {
        self.services.counts().event(self.event, self.status);
        let operation = AuditedOperation::authentication(self.event, self.status);
        let now = self.services.clock.now();
        match AuditRecord::new(operation, now, self.services.randomness.as_ref()) {
            Ok(record) => self.services.audit.record(AuditRecord {
                user: self.user,
                client_id: self.client,
                error: self.error,
                trace_id: self.trace_id,
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
