//! Records for people and for programs. One line a record, so that `grep` finds whole ones.

use std::fmt::Write as _;
use std::io;

use mxcp_actors::domain::audit_event::{AuditRecord, OperationStatus, OperationType, PolicyDecision};
use mxcp_actors::domain::clock::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::cli::console::{self, one_line};

const WIDTH: usize = 80;

/// The result for programs.
#[derive(Serialize)]
struct Listing<'a> {
    count: usize,
    records: Vec<Shown<'a>>,
}

/// A record without what it was about: arguments and results are for exports.
#[derive(Serialize)]
struct Shown<'a> {
    record_id: &'a str,
    timestamp: String,
    caller_type: mxcp_actors::domain::audit_event::CallerType,
    operation_type: OperationType,
    operation_name: &'a str,
    duration_ms: u64,
    user_id: Option<&'a str>,
    session_id: Option<&'a str>,
    trace_id: Option<&'a str>,
    operation_status: OperationStatus,
    error: Option<&'a str>,
    business_context: &'a Map<String, Value>,
    policy_decision: Option<PolicyDecision>,
}

impl<'a> From<&'a AuditRecord> for Shown<'a> {
    fn from(record: &'a AuditRecord) -> Self {
        Self {
            record_id: &record.record_id,
            timestamp: with_offset(record.timestamp),
            caller_type: record.caller_type,
            operation_type: record.operation_type,
            operation_name: &record.operation_name,
            duration_ms: record.duration_ms,
            user_id: record.user.user_id.as_deref(),
            session_id: record.session_id.as_deref(),
            trace_id: record.trace_id.as_deref(),
            operation_status: record.operation_status,
            error: record.error.as_deref(),
            business_context: &record.business_context,
            policy_decision: record.policy_decision,
        }
    }
}

/// MXCP writes the offset in digits here.
fn with_offset(timestamp: Timestamp) -> String {
    let text = timestamp.to_string();
    format!("{}+00:00", text.trim_end_matches('Z'))
}

/// Prints the records for programs.
pub(super) fn print_json(records: &[AuditRecord]) -> io::Result<()> {
    console::print_json(&Listing {
        count: records.len(),
        records: records.iter().map(Shown::from).collect(),
    })
}

/// Prints the records for people.
pub(super) fn print_text(records: &[AuditRecord]) -> io::Result<()> {
    if records.is_empty() {
        return console::print("No matching audit records\n");
    }
    let mut text = format!("Audit log, newest first\n{}\n", "=".repeat(WIDTH));
    for record in records {
        // Writing into a `String` has no failure to report.
        let _ = writeln!(text, "{}", line(record));
    }
    let _ = writeln!(text, "{}\nTotal records: {}", "=".repeat(WIDTH), records.len());
    console::print(&text)
}

fn line(record: &AuditRecord) -> String {
    let (mark, colour) = match record.operation_status {
        OperationStatus::Success => ("✅", "\u{1b}[32m"),
        OperationStatus::Error => ("❌", "\u{1b}[31m"),
    };
    let time: String = record
        .timestamp
        .to_string()
        .replace('T', " ")
        .chars()
        .take(19)
        .collect();
    let kind = match record.operation_type {
        OperationType::Tool => "tool",
        OperationType::Resource => "resource",
        OperationType::Prompt => "prompt",
        OperationType::Auth => "auth",
    };
    let user = record.user.user_id.as_deref().unwrap_or("unknown");
    let mut line = format!(
        "{} {time} [{kind}] {} ({}ms) - {}",
        console::coloured(mark, colour),
        one_line(&record.operation_name),
        record.duration_ms,
        one_line(user)
    );
    if let Some(error) = &record.error {
        line.push_str(" - ");
        line.push_str(&one_line(error));
    }
    line
}
