//! The audit log as callers have it: they tell it what happened and go on.

use std::sync::Arc;
use std::time::Duration;

use super::buffer::{Buffer, NoPlace, Offer, Verdict};
use super::line::{EncodedOutput, write_line};
use super::log_line;
use super::messages::{AuditedOutput, RecordEvent};
use super::redaction::redact;
use super::settings::BufferLimits;
use super::status::AuditStatus;
use crate::domain::audit_event::AuditRecord;
use crate::error::CallError;

/// What a call that found no place is told to wait: a disk that has stalled is seldom back sooner.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Records what happened. Cheap to clone; nothing here waits for a disk or for an actor.
#[derive(Clone)]
pub struct AuditLog {
    /// None with `audit.enabled: false`.
    records: Option<Records>,
}

#[derive(Clone)]
struct Records {
    buffer: Arc<Buffer>,
    limits: BufferLimits,
}

impl AuditLog {
    /// A log that keeps no records (`audit.enabled: false`). Calls and logins still appear in the server's own log.
    pub const fn off() -> Self {
        Self { records: None }
    }

    pub(super) fn new(buffer: Arc<Buffer>) -> Self {
        let limits = buffer.limits();
        Self {
            records: Some(Records { buffer, limits }),
        }
    }

    /// Asks, before a call begins, for the place of its record. With `audit.overflow: refuse` a call that gets none must
    /// not begin, and one that got it will be recorded; with `count` there is always a place, and no promise.
    pub fn place(&self) -> Result<Place, CallError> {
        let promised = self
            .records
            .as_ref()
            .map_or(Ok(false), |records| records.buffer.promise());
        promised
            .map(|is_promised| Place {
                log: self.clone(),
                is_promised,
            })
            .map_err(|reason| self.no_place(reason))
    }

    /// Records an event for which no place was asked: one of authentication, or a call that never began.
    ///
    /// Denials and authentication events are always recorded, at worst in the server's own log. For other events `Err`
    /// means, with `audit.overflow: refuse` only, that nothing was recorded and the request must be refused.
    pub fn record(&self, event: RecordEvent<'_>) -> Result<(), CallError> {
        self.take(event, false)
    }

    /// The numbers now.
    pub fn status(&self) -> AuditStatus {
        self.records
            .as_ref()
            .map_or_else(AuditStatus::default, |records| records.buffer.status())
    }

    fn take(&self, event: RecordEvent<'_>, is_promised: bool) -> Result<(), CallError> {
        let Some(records) = &self.records else {
            let mut record = event.record;
            redact(&mut record, event.redaction);
            announce(&record);
            return Ok(());
        };
        let (mut record, is_cut) = prepare(event, records.limits.record_bytes);
        announce(&record);
        let line = match write_line(&mut record, is_cut, records.limits.record_bytes) {
            Ok(line) => line,
            Err(error) => {
                records.buffer.pass_over(record.operation_type, is_promised);
                let line = log_line::log_line(&record);
                log::error!("audit log: a record has no JSON form ({error}): {line}");
                return Ok(());
            }
        };
        let (verdict, reason) = records.buffer.offer(Offer {
            line: &line.bytes,
            kind: record.operation_type,
            must_be_kept: record.must_be_kept(),
            is_shortened: line.is_shortened,
            is_promised,
        });
        let refusal = reason.map(|reason| self.no_place(reason));
        match (verdict, refusal) {
            (Verdict::Refused, Some(refusal)) => return Err(refusal),
            (Verdict::Diverted, _) => {
                let line = String::from_utf8_lossy(&line.bytes);
                log::error!("audit log: no place, so it stands here: {}", line.trim_end());
            }
            _ => {}
        }
        Ok(())
    }

    /// Says it in the log when it begins, and how a caller is to be answered.
    fn no_place(&self, reason: NoPlace) -> CallError {
        match reason {
            NoPlace::Stopped => CallError::Stopped,
            NoPlace::Full { is_first } => {
                if is_first {
                    let status = self.status();
                    log::error!(
                        "audit log: the buffer is full with {} records of {} bytes; until it has place again, calls go \
                         unrecorded or are refused (audit.overflow)",
                        status.waiting_records,
                        status.waiting_bytes
                    );
                }
                CallError::Busy {
                    retry_after: RETRY_AFTER,
                }
            }
        }
    }
}

/// The place of one call's record. Dropped without a record, it is free again: whoever abandons a call records that first.
#[must_use = "a call that was promised a place is to be recorded in it"]
pub struct Place {
    log: AuditLog,
    is_promised: bool,
}

impl Place {
    /// Records how the call ended. Its place was promised, so this cannot fail; with `audit.overflow: count` a record
    /// that finds the buffer full is counted.
    pub fn record(mut self, event: RecordEvent<'_>) {
        let is_promised = std::mem::take(&mut self.is_promised);
        // With a promise it is accepted, without one it is counted; only a log that has stopped refuses, and that is counted.
        self.log.take(event, is_promised).ok();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let (true, Some(records)) = (self.is_promised, &self.log.records) {
            records.buffer.release();
        }
    }
}

/// The record as it may be seen, and whether only the beginning of its result is in it.
fn prepare(event: RecordEvent<'_>, record_bytes: usize) -> (AuditRecord, bool) {
    let RecordEvent {
        mut record,
        output,
        redaction,
    } = event;
    let mut encoded = match output {
        AuditedOutput::Encoded(bytes) => Some(EncodedOutput::read(bytes, record_bytes)),
        AuditedOutput::NotRecorded | AuditedOutput::Value(_) => None,
    };
    record.output_data = match output {
        AuditedOutput::NotRecorded => None,
        AuditedOutput::Value(value) => Some(value),
        AuditedOutput::Encoded(_) => encoded.as_mut().map(EncodedOutput::take),
    };
    redact(&mut record, redaction);
    let Some(encoded) = encoded else {
        return (record, false);
    };
    record.output_data = record.output_data.map(|redacted| encoded.with_note(redacted));
    (record, encoded.is_cut())
}

/// One line in the server's own log.
fn announce(record: &AuditRecord) {
    let level = log_line::level(record);
    if log::log_enabled!(level) {
        log::log!(level, "{}", log_line::log_line(record));
    }
}
