//! What the buffer's lock guards, and how its numbers change together.

use super::{FlushAnswer, NoPlace, Offer, Verdict};
use crate::audit_logger::admission::Usage;
use crate::audit_logger::batch::Batch;
use crate::audit_logger::settings::Overflow;
use crate::audit_logger::status::{AuditStatus, RecordCounts};

/// How far the log is from its end.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Phase {
    #[default]
    Open,
    Closing,
    Finished,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) batch: Batch,
    pub(super) usage: Usage,
    pub(super) phase: Phase,
    pub(super) writer_waits: bool,
    pub(super) flushes: Vec<FlushAnswer>,
    pub(super) status: AuditStatus,
    /// Records that found no place since there was place.
    pub(super) missed: u64,
}

impl State {
    pub(super) fn accept(&mut self, offer: Offer<'_>) {
        self.batch.push(offer.line, offer.kind, offer.must_be_kept);
        self.usage.records += 1;
        self.usage.bytes += offer.line.len();
        self.status.accepted.add_one(offer.kind);
        self.status.shortened += u64::from(offer.is_shortened);
    }

    pub(super) fn leave(&mut self, counts: RecordCounts, bytes: usize) {
        let records = usize::try_from(counts.total()).unwrap_or(usize::MAX);
        self.usage.records = self.usage.records.saturating_sub(records);
        self.usage.bytes = self.usage.bytes.saturating_sub(bytes);
    }

    pub(super) fn miss(&mut self) -> NoPlace {
        self.missed += 1;
        NoPlace::Full {
            is_first: self.missed == 1,
        }
    }

    pub(super) fn turn_away(&mut self, offer: Offer<'_>, overflow: Overflow) -> Verdict {
        let (verdict, counter) = match (offer.must_be_kept, overflow) {
            (true, _) => (Verdict::Diverted, &mut self.status.diverted),
            (false, Overflow::Count) => (Verdict::Dropped, &mut self.status.dropped),
            (false, Overflow::Refuse) => (Verdict::Refused, &mut self.status.refused),
        };
        counter.add_one(offer.kind);
        verdict
    }
}
