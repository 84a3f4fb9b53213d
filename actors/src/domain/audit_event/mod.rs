//! One line of the audit log: the record of MXCP's schema `mxcp.endpoints`, and beyond it who the user was, and the
//! events of authentication.
//!
//! Field names and words are read by people's scripts and never change. What must be left out of `input_data` and
//! `output_data` is taken out before a record is made; writing segments is `audit_logger`'s.

mod authentication;
#[cfg(test)]
mod tests;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use authentication::AuthenticationEvent;

use super::clock::Timestamp;
use super::grant::GrantId;
use super::login_attempt::AttemptId;
use super::randomness::{Randomness, RandomnessUnavailable};
use super::user::UserIdentity;

/// The name of the schema that records belong to.
pub const SCHEMA_NAME: &str = "mxcp.endpoints";
/// The version of that schema.
pub const SCHEMA_VERSION: u32 = 2;

/// What kind of thing was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationType {
    /// A tool was called.
    Tool,
    /// A resource was read.
    Resource,
    /// A prompt was rendered.
    Prompt,
    /// An [`AuthenticationEvent`] happened.
    Auth,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationStatus {
    /// As it should.
    Success,
    /// Otherwise.
    Error,
}

/// The way in which the caller came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallerType {
    /// Over HTTP.
    Http,
    /// Over standard input and output.
    Stdio,
    /// From the command line.
    Cli,
    /// Over the admin interface.
    Api,
    /// The server itself, for example a sweep.
    System,
    /// Not known.
    Unknown,
}

/// What the policies said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyDecision {
    /// Nothing stood against it.
    Allow,
    /// It was refused.
    Deny,
    /// It was done, and somebody should look.
    Warn,
}

/// Who did it, as far as that is known. Flattened into the record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditedUser {
    /// The provider's identifier of the user; MXCP's field.
    pub user_id: Option<String>,
    /// The login name.
    pub user_name: Option<String>,
    /// The provider.
    pub user_provider: Option<String>,
    /// The display name.
    pub user_display_name: Option<String>,
    /// The verified e-mail address.
    pub user_email: Option<String>,
}

impl From<&UserIdentity> for AuditedUser {
    fn from(identity: &UserIdentity) -> Self {
        Self {
            user_id: Some(identity.key.subject.clone()),
            user_name: identity.username.clone(),
            user_provider: Some(identity.provider.clone()),
            user_display_name: identity.name.clone(),
            user_email: identity.email.as_ref().map(ToString::to_string),
        }
    }
}

/// Something outside that was called in the course of an operation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExecutionEvent {
    /// `external`
    pub kind: String,
    /// When it began.
    pub started_at: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// How it ended.
    pub status: OperationStatus,
    /// What was called, for example a host.
    pub target: String,
    /// What was asked of it.
    pub operation: String,
    /// One line for people.
    pub summary: Option<String>,
    /// What went wrong.
    pub error: Option<String>,
    /// Anything else.
    pub details: Map<String, Value>,
}

/// A line of the audit log. serde writes one JSON object in the order of MXCP's columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// [`SCHEMA_NAME`]
    pub schema_name: String,
    /// [`SCHEMA_VERSION`]
    pub schema_version: u32,
    /// A random UUID.
    pub record_id: String,
    /// When the operation ended.
    pub timestamp: Timestamp,
    /// What kind of thing was done.
    pub operation_type: OperationType,
    /// Which one: a tool, a prompt, a resource's URI template, or the word of an event.
    pub operation_name: String,
    /// How it ended.
    pub operation_status: OperationStatus,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// The way in which the caller came.
    pub caller_type: CallerType,
    /// Who did it.
    #[serde(flatten)]
    pub user: AuditedUser,
    /// The client application that called.
    pub client_id: Option<String>,
    /// The MCP session of the legacy era, under its name in records ([`McpSessionId::recorded`]).
    ///
    /// [`McpSessionId::recorded`]: super::mcp_session::McpSessionId::recorded
    pub session_id: Option<String>,
    /// 32 hexadecimal digits of W3C trace context.
    pub trace_id: Option<String>,
    /// The name of the request in the server's own log.
    pub request_id: Option<String>,
    /// How long the query waited for a worker, in milliseconds.
    pub waited_ms: Option<u64>,
    /// How long the query ran, in milliseconds.
    pub ran_ms: Option<u64>,
    /// The process that served the call, among several.
    pub instance_id: Option<String>,
    /// The attempt to log in that it is part of.
    pub attempt_id: Option<AttemptId>,
    /// The grant that came from the attempt, or whose token was used.
    pub grant_id: Option<GrantId>,
    /// The arguments, redacted.
    #[serde(default)]
    pub input_data: Map<String, Value>,
    /// The result, redacted.
    pub output_data: Option<Value>,
    /// What went wrong.
    pub error: Option<String>,
    /// The conditions that were evaluated.
    #[serde(default)]
    pub policies_evaluated: Vec<String>,
    /// What they said.
    pub policy_decision: Option<PolicyDecision>,
    /// Why.
    pub policy_reason: Option<String>,
    /// Copies of the fields that reports group by.
    #[serde(default)]
    pub business_context: Map<String, Value>,
    /// What was called outside.
    #[serde(default)]
    pub execution_events: Vec<ExecutionEvent>,
    /// Unused since the first version of the schema.
    pub prev_hash: Option<String>,
    /// Unused since the first version of the schema.
    pub record_hash: Option<String>,
    /// Unused since the first version of the schema.
    pub signature: Option<String>,
}

/// What happened, from which a record is made.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditedOperation {
    /// What kind of thing was done.
    pub operation_type: OperationType,
    /// Which one.
    pub name: String,
    /// How it ended.
    pub status: OperationStatus,
    /// How long it took.
    pub duration: Duration,
    /// The way in which the caller came.
    pub caller_type: CallerType,
    /// What the policies said, if any were evaluated.
    pub policy_decision: Option<PolicyDecision>,
}

impl AuditedOperation {
    /// An event of authentication, which takes no time to speak of.
    #[must_use]
    pub fn authentication(event: AuthenticationEvent, status: OperationStatus) -> Self {
        Self {
            operation_type: OperationType::Auth,
            name: event.as_str().to_owned(),
            status,
            duration: Duration::ZERO,
            caller_type: CallerType::Http,
            policy_decision: None,
        }
    }
}

impl AuditRecord {
    /// A record of `operation` by nobody in particular, with nothing said about input, output and surroundings;
    /// the caller fills in what it knows.
    pub fn new(
        operation: AuditedOperation,
        now: Timestamp,
        randomness: &dyn Randomness,
    ) -> Result<Self, RandomnessUnavailable> {
        Ok(Self {
            schema_name: SCHEMA_NAME.to_owned(),
            schema_version: SCHEMA_VERSION,
            record_id: randomness.uuid()?.to_string(),
            timestamp: now,
            business_context: business_context(&operation),
            operation_type: operation.operation_type,
            operation_name: operation.name,
            operation_status: operation.status,
            duration_ms: u64::try_from(operation.duration.as_millis()).unwrap_or(u64::MAX),
            caller_type: operation.caller_type,
            user: AuditedUser::default(),
            client_id: None,
            session_id: None,
            trace_id: None,
            request_id: None,
            waited_ms: None,
            ran_ms: None,
            instance_id: None,
            attempt_id: None,
            grant_id: None,
            input_data: Map::new(),
            output_data: None,
            error: None,
            policies_evaluated: Vec::new(),
            policy_decision: operation.policy_decision,
            policy_reason: None,
            execution_events: Vec::new(),
            prev_hash: None,
            record_hash: None,
            signature: None,
        })
    }

    /// Whether the record must be written however full the log is: denials and everything about authentication.
    #[must_use]
    pub fn must_be_kept(&self) -> bool {
        self.operation_type == OperationType::Auth || self.policy_decision == Some(PolicyDecision::Deny)
    }
}

/// The fields that the schema copies out, those that have a value.
fn business_context(operation: &AuditedOperation) -> Map<String, Value> {
    let fields = [
        (
            "operation_type",
            serde_json::to_value(operation.operation_type).ok(),
        ),
        ("operation_name", Some(Value::from(operation.name.as_str()))),
        ("operation_status", serde_json::to_value(operation.status).ok()),
        (
            "policy_decision",
            operation
                .policy_decision
                .and_then(|decision| serde_json::to_value(decision).ok()),
        ),
    ];
    fields
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
}
