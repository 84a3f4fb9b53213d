//! Records for people and for programs. One line a record, so that `grep` finds whole ones.

use std::fmt::Write as _;
use std::io;

use mxcp_actors::domain::audit_event::{AuditRecord, OperationStatus, OperationType, PolicyDecision};
use mxcp_actors::domain::clock::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::cli::console::{self, one_line};

const WIDTH: usize = 80;

/// Said after the number of records where it is not that of all that match. How many those are would cost reading all of the log.
const MORE_MATCH: &str = "; more match (--limit shows more)";

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

/// The record without what is never shown and can be large, so that many fit into memory.
pub(super) fn as_shown(record: AuditRecord) -> AuditRecord {
    AuditRecord {
        input_data: Map::new(),
        output_data: None,
        ..record
    }
}

/// Prints the records for programs. That there are more is told beside them, on standard error.
pub(super) fn print_json(records: &[AuditRecord], more_match: bool) -> io::Result<()> {
    if more_match {
        eprintln!("{} records are shown{MORE_MATCH}", records.len());
    }
    console::print_json(&Listing {
        count: records.len(),
        records: records.iter().map(Shown::from).collect(),
    })
}

/// Prints the records for people.
pub(super) fn print_text(records: &[AuditRecord], more_match: bool) -> io::Result<()> {
    if records.is_empty() && !more_match {
        return console::print("No matching audit records\n");
    }
    let mut text = format!("Audit log, newest first\n{}\n", "=".repeat(WIDTH));
    for record in records {
        // Writing into a `String` has no failure to report.
        let _ = writeln!(text, "{}", line(record));
    }
    let more = if more_match { MORE_MATCH } else { "" };
    let _ = writeln!(
        text,
        "{}\nTotal records: {}{more}",
        "=".repeat(WIDTH),
        records.len()
    );
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
