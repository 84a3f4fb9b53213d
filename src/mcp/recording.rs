//! The audit record of one call: begun before anything else happens, written whatever becomes of the call.
//!
//! A client may drop its request at any `.await`; then this value is dropped, and the record says so.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use mxcp_actors::audit_logger::audit_log::Place;
use mxcp_actors::audit_logger::messages::{AuditedOutput, RecordEvent};
use mxcp_actors::audit_logger::redaction::RedactionRules;
use mxcp_actors::domain::audit_event::{
    AuditRecord, AuditedOperation, AuditedUser, OperationStatus, OperationType, PolicyDecision,
};
use mxcp_actors::domain::mcp_session::McpSessionId;
use mxcp_actors::domain::secret::Secret;
use mxcp_actors::error::CallError;
use mxcp_actors::sql_executor::value::SqlValue;
use serde_json::{Map, Value};

use super::caller::Caller;
use super::catalog::Endpoint;
use super::secret_text;
use super::sensitivity::EndpointSensitivity;
use super::server::{Asked, McpServer};
use crate::endpoints::params::ParameterSet;
use crate::policy::PolicyTrail;

/// What is recorded as the reason when nobody waited for the end.
const ABANDONED: &str = "the client went away before the answer";

/// The longest name of something that is not offered, in characters.
const LONGEST_UNKNOWN_NAME: usize = 256;

/// What is called.
struct Subject<'a> {
    kind: OperationType,
    name: Cow<'a, str>,
    /// `None` for what is not offered, of which nothing but the name is recorded.
    sensitivity: Option<&'a EndpointSensitivity>,
}

/// The record of a call that is under way.
pub(super) struct Recording<'a> {
    server: &'a McpServer,
    caller: &'a Caller,
    subject: Subject<'a>,
    arguments: Map<String, Value>,
    trace_id: Option<String>,
    started: Instant,
    place: Option<Place>,
    /// The tokens of the caller at the identity provider: they are not recorded, wherever they turn up.
    pub(super) secrets: Vec<Secret>,
    /// How long the query waited and ran, once that is known.
    pub(super) times: Option<(Duration, Duration)>,
    /// Why the caller may not call this at all. No policy is asked then.
    pub(super) refused: Option<String>,
    /// What the policies said so far.
    pub(super) policies: PolicyTrail,
}

impl<'a> Recording<'a> {
    /// Begins the record of a call. An error is the answer to the call: the log has no place, and the configuration
    /// wants no call without a record.
    pub(super) fn begin(
        server: &'a McpServer,
        asked: &Asked<'a>,
        endpoint: &'a Endpoint,
        arguments: Map<String, Value>,
    ) -> Result<Self, CallError> {
        let subject = Subject {
            kind: endpoint.kind,
            name: Cow::Borrowed(&endpoint.name),
            sensitivity: Some(&endpoint.sensitivity),
        };
        Self::about(subject, server, asked, arguments)
    }

    /// Records a call of something that is not offered: who asked, and for what. Its arguments are not recorded, because
    /// nobody knows which of them are sensitive.
    pub(super) fn not_offered(
        server: &'a McpServer,
        asked: &Asked<'a>,
        kind: OperationType,
        name: &str,
        error: &str,
    ) {
        let subject = Subject {
            kind,
            name: Cow::Owned(unknown_name(name, &asked.caller.external_secrets())),
            sensitivity: None,
        };
        // Without a place the call is counted as one without a record; it is refused in any case.
        if let Ok(recording) = Self::about(subject, server, asked, Map::new()) {
            recording.finish(Err(error.to_owned()));
        }
    }

    fn about(
        subject: Subject<'a>,
        server: &'a McpServer,
        asked: &Asked<'a>,
        arguments: Map<String, Value>,
    ) -> Result<Self, CallError> {
        Ok(Self {
            server,
            caller: asked.caller,
            subject,
            arguments,
            trace_id: asked.context().trace.trace_id_text(),
            started: Instant::now(),
            place: Some(server.audit().log.place()?),
            secrets: asked.caller.external_secrets(),
            times: None,
            refused: None,
            policies: PolicyTrail::default(),
        })
    }

    /// Records what stands in for arguments that were not given.
    pub(super) fn add_defaults(&mut self, parameters: &ParameterSet, arguments: &[(String, SqlValue)]) {
        let given = &self.arguments;
        let absent = arguments.iter().filter(|(name, _)| !given.contains_key(name));
        let defaults = parameters.to_json(absent);
        self.arguments.extend(defaults);
    }

    /// Writes the record of a call that has ended.
    pub(super) fn finish(mut self, outcome: Result<&[u8], String>) {
        self.write(outcome);
    }

    fn write(&mut self, outcome: Result<&[u8], String>) {
        let Some(place) = self.place.take() else { return };
        let (output, error) = match outcome {
            Ok(json) => (AuditedOutput::Encoded(json), None),
            Err(error) => (AuditedOutput::NotRecorded, Some(error)),
        };
        let Some(record) = self.record(error) else {
            log::error!("a call could not be recorded: the operating system gave no random bytes");
            return;
        };
        let nothing = RedactionRules::NONE;
        let sensitivity = self.subject.sensitivity;
        let redaction = RedactionRules {
            arguments: sensitivity.map_or(nothing.arguments, |places| &places.arguments),
            result: sensitivity.map_or(nothing.result, |places| &places.result),
            secrets: &self.secrets,
        };
        place.record(RecordEvent {
            record,
            output,
            redaction,
        });
    }

    fn record(&mut self, error: Option<String>) -> Option<AuditRecord> {
        let audit = self.server.audit();
        let status = match error {
            None => OperationStatus::Success,
            Some(_) => OperationStatus::Error,
        };
        let operation = AuditedOperation {
            operation_type: self.subject.kind,
            name: self.subject.name.to_string(),
            status,
            duration: self.started.elapsed(),
            caller_type: self.caller.came_by,
            policy_decision: match self.refused {
                None => self.policies.decision(),
                Some(_) => Some(PolicyDecision::Deny),
            },
        };
        self.server.calls().ended(
            (operation.operation_type, &operation.name),
            status,
            operation.policy_decision,
            operation.duration,
        );
        let record = AuditRecord::new(operation, audit.clock.now(), &*audit.randomness).ok()?;
        let principal = self.caller.principal.as_deref();
        let (waited, ran) = self.times.unzip();
        Some(AuditRecord {
            user: principal
                .map(|principal| AuditedUser::from(&principal.user.identity))
                .unwrap_or_default(),
            client_id: principal.map(|principal| principal.client.to_string()),
            session_id: self.caller.session.as_ref().map(McpSessionId::recorded),
            trace_id: self.trace_id.take(),
            request_id: Some(self.caller.context.request_id.to_string()),
            instance_id: Some(audit.instance.clone()),
            grant_id: principal.and_then(|principal| principal.grant),
            input_data: std::mem::take(&mut self.arguments),
            waited_ms: waited.map(milliseconds),
            ran_ms: ran.map(milliseconds),
            error,
            policies_evaluated: self.policies.evaluated().map(str::to_owned).collect(),
            policy_reason: self
                .refused
                .take()
                .or_else(|| self.policies.reason().map(str::to_owned)),
            ..record
        })
    }
}

/// The name without the caller's secrets and then, lest half of one is left at the end, within its limit.
fn unknown_name(name: &str, secrets: &[Secret]) -> String {
    let left = secret_text::without(name.as_bytes().to_vec(), secrets);
    let name = String::from_utf8_lossy(&left).into_owned();
    let Some((end, _)) = name.char_indices().nth(LONGEST_UNKNOWN_NAME) else {
        return name;
    };
    let (kept, total) = (name.get(..end).unwrap_or_default(), name.chars().count());
    format!("{kept} [{LONGEST_UNKNOWN_NAME} of {total} characters]")
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl Drop for Recording<'_> {
    fn drop(&mut self) {
        self.write(Err(ABANDONED.to_owned()));
    }
}
