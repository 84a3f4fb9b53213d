//! What the AuditLogger can be told and asked.

use crate::domain::audit_event::AuditRecord;
use crate::handle::Request;

use super::redaction::RedactionRules;
use super::segments::SegmentError;

/// Somebody did something, or was kept from it: a call ended, a login succeeded, a token was refused.
///
/// It never enters a mailbox: [`AuditLog::record`](super::audit_log::AuditLog::record) takes it on the caller's thread,
/// which is why it can borrow what only the caller has, the answer that is about to be sent and the secrets of the call.
#[derive(Debug)]
pub struct RecordEvent<'a> {
    /// What is known, with arguments as they came; its `output_data` is taken from `output`.
    pub record: AuditRecord,
    /// What was answered.
    pub output: AuditedOutput<'a>,
    /// What nobody may see of it.
    pub redaction: RedactionRules<'a>,
}

impl RecordEvent<'static> {
    /// An event without a result and without secrets, such as those of authentication.
    pub fn plain(record: AuditRecord) -> Self {
        Self {
            record,
            output: AuditedOutput::NotRecorded,
            redaction: RedactionRules::NONE,
        }
    }
}

/// The result of a call, in the form in which the caller has it.
#[derive(Debug)]
pub enum AuditedOutput<'a> {
    /// There is none, or it is not to be recorded.
    NotRecorded,
    /// As a value.
    Value(serde_json::Value),
    /// As JSON text. Of a large one only the beginning is read.
    Encoded(&'a [u8]),
}

/// An operator or a test wants everything that was recorded until now to be on disk.
#[derive(Clone, Copy, Debug)]
pub struct FlushLog;

impl Request for FlushLog {
    type Answer = Result<FlushReport, SegmentError>;
}

/// Everything accepted before the flush is written and synchronised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlushReport {
    /// Records written since the start.
    pub written: u64,
}
