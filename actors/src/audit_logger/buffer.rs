//! Between the callers and the writer: a bounded buffer whose callers never wait.
//!
//! One lock guards it, held for a copy of one line; the writer takes all lines at once by exchanging them for an empty
//! batch. Who comes in is decided in `admission.rs`.

mod state;

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use self::state::{Phase, State};
use super::batch::Batch;
use super::line::SMALLEST_RECORD;
use super::segments::SegmentError;
use super::settings::{BufferLimits, Overflow};
use super::status::{AuditStatus, RecordCounts};
use crate::domain::audit_event::OperationType;

/// Tells somebody that a flush has ended.
pub(super) type FlushAnswer = Box<dyn FnOnce(Flushed) + Send>;

/// How a flush ended.
pub(super) enum Flushed {
    /// Everything is on disk: so many records since the start.
    Done(u64),
    /// It is not, because of this.
    Failed(SegmentError),
    /// The log has stopped.
    Stopped,
}

/// A line on its way in.
#[derive(Clone, Copy)]
pub(super) struct Offer<'a> {
    pub(super) line: &'a [u8],
    pub(super) kind: OperationType,
    pub(super) must_be_kept: bool,
    /// Something was left out of it.
    pub(super) is_shortened: bool,
    /// A place was promised before.
    pub(super) is_promised: bool,
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Accepted,
    /// Left out and counted.
    Dropped,
    /// To be answered with an error.
    Refused,
    /// To be written to the server's own log by whoever offered it.
    Diverted,
}

/// Why there was no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoPlace {
    /// The buffer is full. `is_first` since there was place.
    Full { is_first: bool },
    /// The log has stopped.
    Stopped,
}

/// What the writer waits for.
#[derive(Clone, Copy)]
pub(super) struct Patience {
    /// Whether new lines are a reason to wake up.
    pub(super) for_lines: bool,
    /// After which time to wake up anyway.
    pub(super) timeout: Option<Duration>,
}

/// Why the writer woke up.
pub(super) struct Signal {
    pub(super) flushes: Vec<FlushAnswer>,
    pub(super) is_closing: bool,
}

pub(super) struct Buffer {
    limits: BufferLimits,
    overflow: Overflow,
    state: Mutex<State>,
    to_writer: Condvar,
    finished: Condvar,
}

impl Buffer {
    pub(super) fn new(limits: BufferLimits, overflow: Overflow) -> Arc<Self> {
        Arc::new(Self {
            limits: BufferLimits {
                record_bytes: limits.record_bytes.max(SMALLEST_RECORD),
                ..limits
            },
            overflow,
            state: Mutex::default(),
            to_writer: Condvar::new(),
            finished: Condvar::new(),
        })
    }

    pub(super) fn limits(&self) -> BufferLimits {
        self.limits
    }

    /// A panic while the lock is held cannot leave the numbers half changed: nothing in between can panic.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Promises place for one record of the largest size. With [`Overflow::Count`] there is nothing to promise.
    pub(super) fn promise(&self) -> Result<bool, NoPlace> {
        if self.overflow == Overflow::Count {
            return Ok(false);
        }
        let mut state = self.lock();
        let reason = if state.phase != Phase::Open {
            NoPlace::Stopped
        } else if self.limits.admit_ordinary(state.usage, self.limits.record_bytes) {
            state.usage.promised += 1;
            return Ok(true);
        } else {
            state.miss()
        };
        state.status.refused_calls += 1;
        Err(reason)
    }

    /// A promised place is not needed.
    pub(super) fn release(&self) {
        self.lock().usage.promised -= 1;
    }

    /// Takes a line in, or says what is to be done with it; counted either way. Never waits for the writer.
    pub(super) fn offer(&self, offer: Offer<'_>) -> (Verdict, Option<NoPlace>) {
        let mut state = self.lock();
        state.usage.promised -= usize::from(offer.is_promised);
        let bytes = offer.line.len();
        let has_place = offer.is_promised
            || if offer.must_be_kept {
                self.limits.admit_kept(state.usage, bytes)
            } else {
                self.limits.admit_ordinary(state.usage, bytes)
            };
        if state.phase == Phase::Open && has_place {
            state.accept(offer);
            if state.writer_waits {
                state.writer_waits = false;
                self.to_writer.notify_one();
            }
            return (Verdict::Accepted, None);
        }
        let reason = if state.phase == Phase::Open {
            state.miss()
        } else {
            NoPlace::Stopped
        };
        (state.turn_away(offer, self.overflow), Some(reason))
    }

    /// A record cannot come in, because it has no line.
    pub(super) fn pass_over(&self, kind: OperationType, is_promised: bool) {
        let mut state = self.lock();
        state.usage.promised -= usize::from(is_promised);
        state.status.dropped.add_one(kind);
    }

    /// Asks the writer to bring everything to disk that has been accepted by now.
    pub(super) fn flush(&self, answer: FlushAnswer) {
        let mut state = self.lock();
        if state.phase == Phase::Finished {
            drop(state);
            return answer(Flushed::Stopped);
        }
        state.flushes.push(answer);
        self.to_writer.notify_one();
    }

    /// Takes nothing in any more, and has the writer write what is left and end.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        if state.phase == Phase::Open {
            state.phase = Phase::Closing;
            self.to_writer.notify_one();
        }
    }

    /// Waits for the writer's end. Whether it came in time.
    pub(super) fn wait_for_end(&self, within: Duration) -> bool {
        let waited = self
            .finished
            .wait_timeout_while(self.lock(), within, |state| state.phase != Phase::Finished);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.phase == Phase::Finished
    }

    pub(super) fn status(&self) -> AuditStatus {
        let state = self.lock();
        AuditStatus {
            is_enabled: true,
            waiting_records: state.usage.records,
            waiting_bytes: state.usage.bytes,
            promised_places: state.usage.promised,
            ..state.status
        }
    }
}

/// The writer's side.
impl Buffer {
    /// Waits until there is something to do.
    pub(super) fn wait(&self, patience: Patience) -> Signal {
        let deadline = patience.timeout.map(|timeout| Instant::now() + timeout);
        let mut state = self.lock();
        loop {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            let has_lines = patience.for_lines && !state.batch.is_empty();
            let is_asked = !state.flushes.is_empty() || state.phase != Phase::Open;
            if has_lines || is_asked || left == Some(Duration::ZERO) {
                state.writer_waits = false;
                return Signal {
                    flushes: std::mem::take(&mut state.flushes),
                    is_closing: state.phase != Phase::Open,
                };
            }
            state.writer_waits = patience.for_lines;
            state = match left {
                None => self.to_writer.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(left) => {
                    let woken = self.to_writer.wait_timeout(state, left);
                    woken.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    /// Exchanges what has come in for an empty batch.
    pub(super) fn take(&self, empty: Batch) -> Batch {
        std::mem::replace(&mut self.lock().batch, empty)
    }

    /// Lines have been written: their place is free.
    pub(super) fn wrote(&self, counts: RecordCounts, bytes: usize) {
        let mut state = self.lock();
        state.leave(counts, bytes);
        state.status.written += counts;
    }

    /// An attempt has ended. Returns how many records found no place, once there is place again.
    pub(super) fn attempted(&self, has_failed: bool) -> Option<u64> {
        let mut state = self.lock();
        state.status.is_failing = has_failed;
        if has_failed {
            state.status.failed_writes += 1;
            return None;
        }
        let missed = std::mem::take(&mut state.missed);
        (missed > 0).then_some(missed)
    }

    /// The writer ends, leaving these unwritten. Returns whoever still waits for a flush.
    pub(super) fn finish(&self, lost: RecordCounts, bytes: usize) -> Vec<FlushAnswer> {
        let mut state = self.lock();
        state.leave(lost, bytes);
        state.status.lost += lost;
        state.phase = Phase::Finished;
        self.finished.notify_all();
        std::mem::take(&mut state.flushes)
    }
}
