//! The line of the server's own log about one record: who did what, how long it took, how it ended. Pure functions.
//!
//! Calls and logins are lines at INFO, so that they are seen without any configuration and without an audit log. A
//! replayed code or refresh token is a warning. What else happens around authentication is for `--debug`.

use log::Level;

use super::one_line::push_field;
use crate::domain::audit_event::{
    AuditRecord, AuthenticationEvent, OperationStatus, OperationType, PolicyDecision,
};

/// How much attention the record deserves in the server's log.
pub fn level(record: &AuditRecord) -> Level {
    let is = |event: AuthenticationEvent| record.operation_name == event.as_str();
    match record.operation_type {
        OperationType::Tool | OperationType::Resource | OperationType::Prompt => Level::Info,
        OperationType::Auth if is_login(record) => Level::Info,
        OperationType::Auth
            if is(AuthenticationEvent::CodeReplayed) || is(AuthenticationEvent::RefreshTokenReused) =>
        {
            Level::Warn
        }
        OperationType::Auth => Level::Debug,
    }
}

/// The line, without time and level: one line whatever the record holds.
///
/// Arguments, results and the errors of calls stay out: they are the users' data, and the audit log's. The errors of
/// authentication are the server's own words, and somebody who cannot log in needs them found.
pub fn log_line(record: &AuditRecord) -> String {
    let mut line = String::with_capacity(256);
    match record.operation_type {
        OperationType::Auth if is_login(record) => line.push_str("login"),
        OperationType::Auth => {
            line.push_str("authentication");
            push_field(&mut line, "event", Some(&record.operation_name));
        }
        OperationType::Tool => push_call(&mut line, "tool", record),
        OperationType::Resource => push_call(&mut line, "resource", record),
        OperationType::Prompt => push_call(&mut line, "prompt", record),
    }
    push_user(&mut line, record);
    if record.operation_type != OperationType::Auth {
        push_field(&mut line, "duration_ms", Some(&record.duration_ms.to_string()));
    }
    if let Some(attempt) = record.attempt_id {
        push_field(&mut line, "attempt", Some(&attempt.to_string()));
    }
    push_field(&mut line, "outcome", Some(outcome(record)));
    if let (OperationType::Auth, Some(error)) = (record.operation_type, &record.error) {
        push_field(&mut line, "error", Some(error));
    }
    line
}

fn push_call(line: &mut String, kind: &str, record: &AuditRecord) {
    line.push_str("call");
    push_field(line, kind, Some(&record.operation_name));
}

fn push_user(line: &mut String, record: &AuditRecord) {
    let user = &record.user;
    for (name, value) in [
        ("user", &user.user_name),
        ("user_id", &user.user_id),
        ("provider", &user.user_provider),
        ("display_name", &user.user_display_name),
        ("email", &user.user_email),
        ("client", &record.client_id),
        ("trace", &record.trace_id),
    ] {
        push_field(line, name, value.as_deref());
    }
}

fn outcome(record: &AuditRecord) -> &'static str {
    match (record.policy_decision, record.operation_status) {
        (Some(PolicyDecision::Deny), _) => "denied",
        (_, OperationStatus::Success) => "success",
        (_, OperationStatus::Error) => "error",
    }
}

fn is_login(record: &AuditRecord) -> bool {
    [
        AuthenticationEvent::LoginSucceeded,
        AuthenticationEvent::LoginFailed,
    ]
    .iter()
    .any(|event| record.operation_name == event.as_str())
}
