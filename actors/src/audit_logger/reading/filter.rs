//! Which records somebody asked for.

use crate::domain::audit_event::{AuditRecord, OperationStatus, OperationType, PolicyDecision};
use crate::domain::clock::Timestamp;

/// Conditions that all must hold; those left out hold always.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// The name of a tool. With several of `tool`, `resource` and `prompt`, one of them must hold, as in MXCP.
    pub tool: Option<String>,
    /// The URI template of a resource.
    pub resource: Option<String>,
    /// The name of a prompt.
    pub prompt: Option<String>,
    /// The kind of operation.
    pub operation_type: Option<OperationType>,
    /// What the policies said. A record without policies passes only if nothing is asked here.
    pub policy: Option<PolicyDecision>,
    /// How it ended.
    pub status: Option<OperationStatus>,
    /// Not before this moment.
    pub since: Option<Timestamp>,
    /// The user's id, login name or e-mail address.
    pub user: Option<String>,
    /// The trace, 32 hexadecimal digits.
    pub trace_id: Option<String>,
    /// That many records at most.
    pub limit: Option<usize>,
}

impl AuditFilter {
    /// Whether the record was asked for; the limit is not counted here.
    pub fn accepts(&self, record: &AuditRecord) -> bool {
        self.accepts_name(record)
            && holds(self.operation_type, |kind| kind == record.operation_type)
            && holds(self.policy, |decision| Some(decision) == record.policy_decision)
            && holds(self.status, |status| status == record.operation_status)
            && holds(self.since, |since| since <= record.timestamp)
            && holds(self.user.as_deref(), |user| is_user(record, user))
            && holds(self.trace_id.as_deref(), |trace| {
                record.trace_id.as_deref() == Some(trace)
            })
    }

    fn accepts_name(&self, record: &AuditRecord) -> bool {
        let names = [
            (OperationType::Tool, &self.tool),
            (OperationType::Resource, &self.resource),
            (OperationType::Prompt, &self.prompt),
        ];
        let is_named = |(kind, name): &(OperationType, &Option<String>)| {
            *kind == record.operation_type && name.as_ref() == Some(&record.operation_name)
        };
        names.iter().all(|(_, name)| name.is_none()) || names.iter().any(is_named)
    }
}

fn holds<T>(condition: Option<T>, is_met: impl FnOnce(T) -> bool) -> bool {
    condition.is_none_or(is_met)
}

fn is_user(record: &AuditRecord, asked: &str) -> bool {
    let user = &record.user;
    [&user.user_id, &user.user_name, &user.user_email]
        .into_iter()
        .any(|known| known.as_deref() == Some(asked))
}
