//! Lines in the order in which they were recorded, as one piece of memory that one call writes.

use super::status::RecordCounts;
use crate::domain::audit_event::OperationType;

/// Memory that a batch keeps for the next one; a burst does not hold its memory for ever.
const KEPT_CAPACITY: usize = 1024 * 1024;

/// Lines, and how many of them have been written.
#[derive(Default)]
pub(super) struct Batch {
    bytes: Vec<u8>,
    marks: Vec<Mark>,
    written: usize,
}

/// Where a line ends, and what it is.
#[derive(Clone, Copy)]
struct Mark {
    end: usize,
    kind: OperationType,
    must_be_kept: bool,
}

/// The next lines to write.
pub(super) struct Front<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) lines: usize,
}

impl Batch {
    pub(super) fn push(&mut self, line: &[u8], kind: OperationType, must_be_kept: bool) {
        self.bytes.extend_from_slice(line);
        self.marks.push(Mark {
            end: self.bytes.len(),
            kind,
            must_be_kept,
        });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.written == self.marks.len()
    }

    /// As many unwritten lines as have place in `max_bytes`.
    pub(super) fn front(&self, max_bytes: u64) -> Front<'_> {
        let start = self.start();
        let fits = |mark: &&Mark| (mark.end - start) as u64 <= max_bytes;
        let lines = self.unwritten().iter().take_while(fits).count();
        self.first(lines)
    }

    /// The next lines, that many.
    pub(super) fn first(&self, lines: usize) -> Front<'_> {
        let end = lines
            .checked_sub(1)
            .and_then(|last| self.unwritten().get(last))
            .map_or(self.start(), |mark| mark.end);
        Front {
            bytes: self.bytes.get(self.start()..end).unwrap_or_default(),
            lines,
        }
    }

    /// The next lines were written; says what they were.
    pub(super) fn advance(&mut self, lines: usize) -> RecordCounts {
        let counts = count(self.unwritten().iter().take(lines));
        self.written = self.marks.len().min(self.written + lines);
        counts
    }

    /// What has not been written.
    pub(super) fn remaining(&self) -> RecordCounts {
        count(self.unwritten().iter())
    }

    /// The bytes of that.
    pub(super) fn remaining_bytes(&self) -> usize {
        self.bytes.len() - self.start()
    }

    /// Those among the unwritten lines that must not be dropped.
    pub(super) fn remaining_to_keep(&self) -> impl Iterator<Item = String> {
        let starts = std::iter::once(self.start()).chain(self.unwritten().iter().map(|mark| mark.end));
        starts
            .zip(self.unwritten())
            .filter(|(_, mark)| mark.must_be_kept)
            .filter_map(|(start, mark)| self.bytes.get(start..mark.end))
            .map(|line| String::from_utf8_lossy(line).trim_end().to_owned())
    }

    /// Empties it, with memory for the next lines.
    pub(super) fn cleared(mut self) -> Self {
        self.bytes.clear();
        self.bytes.shrink_to(KEPT_CAPACITY);
        self.marks.clear();
        self.marks.shrink_to(KEPT_CAPACITY / size_of::<Mark>());
        self.written = 0;
        self
    }

    fn unwritten(&self) -> &[Mark] {
        self.marks.get(self.written..).unwrap_or_default()
    }

    fn start(&self) -> usize {
        self.written
            .checked_sub(1)
            .and_then(|last| self.marks.get(last))
            .map_or(0, |mark| mark.end)
    }
}

fn count<'a>(marks: impl Iterator<Item = &'a Mark>) -> RecordCounts {
    let mut counts = RecordCounts::default();
    marks.for_each(|mark| counts.add_one(mark.kind));
    counts
}
