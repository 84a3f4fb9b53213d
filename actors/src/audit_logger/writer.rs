//! The thread that writes: takes what has come in, writes it, synchronises when due, and keeps what it could not write.
//!
//! It is a plain thread because a file may block for as long as a disk likes. While writing fails, what it holds stays
//! in memory and is tried again; the bound on the buffer counts it in.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::batch::Batch;
use super::buffer::{Buffer, Flushed, Patience, Signal};
use super::disk::Disk;
use super::segments::{SegmentError, Segments};
use super::settings::{AuditLoggerSettings, SyncPolicy};

pub(super) struct Writer<D: Disk> {
    buffer: Arc<Buffer>,
    segments: Segments<D>,
    sync: SyncPolicy,
    collect_for: Duration,
    retry_interval: Duration,
    /// What is being written.
    batch: Batch,
    is_failing: bool,
    /// When it was written last.
    written_at: Option<Instant>,
    /// Since when something is written that a power failure would take.
    unsynchronised_since: Option<Instant>,
}

impl<D: Disk> Writer<D> {
    pub(super) fn new(settings: &AuditLoggerSettings, buffer: Arc<Buffer>, segments: Segments<D>) -> Self {
        Self {
            buffer,
            segments,
            sync: settings.sync,
            collect_for: settings.collect_for,
            retry_interval: settings.retry_interval,
            batch: Batch::default(),
            is_failing: false,
            written_at: None,
            unsynchronised_since: None,
        }
    }

    /// Works until the buffer is closed.
    pub(super) fn run(mut self) {
        loop {
            let Signal { flushes, is_closing } = self.buffer.wait(self.patience());
            let outcome = self.attempt(is_closing || !flushes.is_empty());
            let written = self.buffer.status().written.total();
            for answer in flushes {
                answer(match &outcome {
                    Ok(()) => Flushed::Done(written),
                    Err(error) => Flushed::Failed(error.clone()),
                });
            }
            if is_closing {
                return;
            }
        }
    }

    fn patience(&self) -> Patience {
        if self.is_failing {
            return Patience {
                for_lines: false,
                timeout: Some(self.retry_interval),
            };
        }
        let collecting = rest(self.written_at, self.collect_for).filter(|rest| !rest.is_zero());
        let synchronising = match self.sync {
            SyncPolicy::Every(interval) => rest(self.unsynchronised_since, interval),
            SyncPolicy::EachBatch | SyncPolicy::WhenFull => None,
        };
        Patience {
            for_lines: collecting.is_none(),
            timeout: [collecting, synchronising].into_iter().flatten().min(),
        }
    }

    fn attempt(&mut self, to_disk: bool) -> Result<(), SegmentError> {
        let outcome = self.write_all().and_then(|()| self.synchronise(to_disk));
        let missed = self.buffer.attempted(outcome.is_err());
        match &outcome {
            Err(error) if !self.is_failing => log::error!(
                "{error}; records wait in memory, and it is tried again every {} s",
                self.retry_interval.as_secs_f32()
            ),
            Ok(()) if self.is_failing => log::warn!("audit log: it is written again"),
            _ => {}
        }
        if let Some(missed) = missed {
            log::error!("audit log: the buffer has place again; {missed} records found none");
        }
        self.is_failing = outcome.is_err();
        outcome
    }

    /// Writes what is left of the last attempt, and what has come in since.
    fn write_all(&mut self) -> Result<(), SegmentError> {
        self.write_batch()?;
        let empty = std::mem::take(&mut self.batch).cleared();
        self.batch = self.buffer.take(empty);
        self.write_batch()
    }

    fn write_batch(&mut self) -> Result<(), SegmentError> {
        while !self.batch.is_empty() {
            let (counts, bytes) = self.segments.append(&mut self.batch)?;
            let now = Instant::now();
            self.written_at = Some(now);
            self.unsynchronised_since.get_or_insert(now);
            self.buffer.wrote(counts, bytes);
        }
        Ok(())
    }

    fn synchronise(&mut self, is_asked: bool) -> Result<(), SegmentError> {
        let Some(since) = self.unsynchronised_since else {
            return Ok(());
        };
        let is_due = match self.sync {
            SyncPolicy::EachBatch => true,
            SyncPolicy::Every(interval) => since.elapsed() >= interval,
            SyncPolicy::WhenFull => false,
        };
        if is_asked || is_due {
            self.segments.synchronise()?;
            self.unsynchronised_since = None;
        }
        Ok(())
    }
}

/// What is left of the time that began then.
fn rest(since: Option<Instant>, time: Duration) -> Option<Duration> {
    since.map(|since| time.saturating_sub(since.elapsed()))
}

/// However the thread ends, nobody waits for it any more, and what must not be dropped is in the server's own log.
impl<D: Disk> Drop for Writer<D> {
    fn drop(&mut self) {
        self.buffer.close();
        let unseen = self.buffer.take(Batch::default());
        let mut lost = self.batch.remaining();
        lost += unseen.remaining();
        for line in self.batch.remaining_to_keep().chain(unseen.remaining_to_keep()) {
            log::error!("audit log: not written, so it stands here: {line}");
        }
        let bytes = self.batch.remaining_bytes() + unseen.remaining_bytes();
        for answer in self.buffer.finish(lost, bytes) {
            answer(Flushed::Stopped);
        }
    }
}
