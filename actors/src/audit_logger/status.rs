//! What became of the records so far, in numbers, for metrics and for the admin page.

use std::ops::AddAssign;

use crate::domain::audit_event::OperationType;

/// A number of records of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecordCounts {
    /// Tool calls.
    pub tools: u64,
    /// Resources read.
    pub resources: u64,
    /// Prompts rendered.
    pub prompts: u64,
    /// Authentication events.
    pub authentication: u64,
}

impl RecordCounts {
    /// Records of all kinds.
    pub fn total(&self) -> u64 {
        self.tools + self.resources + self.prompts + self.authentication
    }

    pub(super) fn add_one(&mut self, kind: OperationType) {
        match kind {
            OperationType::Tool => self.tools += 1,
            OperationType::Resource => self.resources += 1,
            OperationType::Prompt => self.prompts += 1,
            OperationType::Auth => self.authentication += 1,
        }
    }
}

impl AddAssign for RecordCounts {
    fn add_assign(&mut self, other: Self) {
        self.tools += other.tools;
        self.resources += other.resources;
        self.prompts += other.prompts;
        self.authentication += other.authentication;
    }
}

/// The audit log at one moment.
///
/// Each record that was offered is counted once: `accepted`, `dropped`, `refused` or `diverted`. Of the accepted ones,
/// each is `written`, `lost`, or still among `waiting_records`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AuditStatus {
    /// Whether records are kept at all (`audit.enabled`).
    pub is_enabled: bool,
    /// Taken into the buffer.
    pub accepted: RecordCounts,
    /// Handed to the operating system.
    pub written: RecordCounts,
    /// Left out because the buffer was full, with `audit.overflow: count`.
    pub dropped: RecordCounts,
    /// Answered with an error because the buffer was full, with `audit.overflow: refuse`.
    pub refused: RecordCounts,
    /// Calls that found no place before they began, with `audit.overflow: refuse`; there is nothing to record of them.
    pub refused_calls: u64,
    /// Denials and authentication events that went to the server's own log instead.
    pub diverted: RecordCounts,
    /// Accepted, but not written when the log was stopped. Denials and authentication events among them went to the
    /// server's own log.
    pub lost: RecordCounts,
    /// Records of which something was left out to stay within the largest size.
    pub shortened: u64,
    /// Attempts to write that failed.
    pub failed_writes: u64,
    /// Whether the latest attempt failed.
    pub is_failing: bool,
    /// Records in the buffer, those included that are being written.
    pub waiting_records: usize,
    /// Their bytes.
    pub waiting_bytes: usize,
    /// Places promised to calls that are under way, with `audit.overflow: refuse`.
    pub promised_places: usize,
}
