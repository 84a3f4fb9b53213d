//! What the audit log is given at start. Defaults stand here with their reasons; nothing here reads a configuration.

use std::path::PathBuf;
use std::time::Duration;

use super::segment_name::InstanceId;

/// Where records go, and how carefully.
#[derive(Clone, Debug)]
pub struct AuditLoggerSettings {
    /// The file that segments are named after: `audit/logs-dev.jsonl` leads to
    /// `audit/logs-dev-20240101T000000-a1b2c3d4.jsonl`. The file itself is never written.
    pub base_path: PathBuf,
    /// Which of the processes that share the folder this is.
    pub instance: InstanceId,
    /// The size in bytes that no segment exceeds, but for a single larger record.
    pub max_file_size: u64,
    /// What happens to an ordinary record that finds the buffer full.
    pub overflow: Overflow,
    /// When written records are made to survive a power failure.
    pub sync: SyncPolicy,
    /// How much may wait to be written.
    pub buffer: BufferLimits,
    /// How long records are collected after a write before the next one; a flush and a stop do not wait for it. A record
    /// after a pause is written at once. A process that is killed loses what it was collecting.
    pub collect_for: Duration,
    /// How long to wait after a failed write before the next.
    pub retry_interval: Duration,
}

impl AuditLoggerSettings {
    /// The defaults for segments named after `base_path`.
    pub fn new(base_path: impl Into<PathBuf>, instance: InstanceId) -> Self {
        Self {
            base_path: base_path.into(),
            instance,
            // 50 MiB, as in MXCP.
            max_file_size: 52_428_800,
            overflow: Overflow::Count,
            sync: SyncPolicy::Every(Duration::from_secs(1)),
            buffer: BufferLimits::default(),
            // A busy server then wakes its writer 50 times a second instead of once for each call.
            collect_for: Duration::from_millis(20),
            retry_interval: Duration::from_secs(1),
        }
    }
}

/// What happens to an ordinary record that finds the buffer full. Denials and authentication events are never dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overflow {
    /// The call goes on; the missing record is counted.
    #[default]
    Count,
    /// The call is refused, before it begins.
    Refuse,
}

/// When written records are made to survive a power failure (`fdatasync`). A process that is killed loses nothing that
/// was written, whatever the policy; and with every policy a segment is synchronised when it is full, on a flush and on
/// an orderly stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncPolicy {
    /// After each batch. Under load a batch is what arrived during the last synchronisation, so that the disk is the
    /// limit and no caller waits for it.
    EachBatch,
    /// At most that long after it was written.
    Every(Duration),
    /// When a segment is full, on a flush and on a stop.
    WhenFull,
}

/// How much may wait to be written, what is being written included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BufferLimits {
    /// Records.
    pub records: usize,
    /// Bytes of all of them.
    pub bytes: usize,
    /// The part of both that only denials and authentication events may use, in percent.
    pub reserved_percent: usize,
    /// Bytes of one record; of a larger one, arguments and result are shortened. At least 16 KiB.
    pub record_bytes: usize,
}

impl Default for BufferLimits {
    /// 16,384 records and 64 MiB. At 2,000 calls a second a disk may stall for seven seconds before anything is lost,
    /// and with `refuse`, where a call is promised the largest possible record before it begins, 900 calls may be under
    /// way.
    fn default() -> Self {
        Self {
            records: 16_384,
            bytes: 64 * 1024 * 1024,
            reserved_percent: 12,
            record_bytes: 64 * 1024,
        }
    }
}
