//! Who still finds place in the buffer. Pure: numbers in, yes or no out.

use super::settings::BufferLimits;

/// What is in the buffer, and what was promised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Usage {
    /// Records that wait or are being written.
    pub(super) records: usize,
    /// Their bytes.
    pub(super) bytes: usize,
    /// Places promised, each for one record of the largest size.
    pub(super) promised: usize,
}

impl BufferLimits {
    /// Whether an ordinary record of that size may come in: the reserved part stays free.
    pub(super) fn admit_ordinary(&self, usage: Usage, bytes: usize) -> bool {
        let open = |whole: usize| whole - whole.saturating_mul(self.reserved_percent.min(100)) / 100;
        self.fit(usage, bytes, open(self.records), open(self.bytes))
    }

    /// Whether a record that must be kept may come in.
    pub(super) fn admit_kept(&self, usage: Usage, bytes: usize) -> bool {
        self.fit(usage, bytes, self.records, self.bytes)
    }

    fn fit(&self, usage: Usage, bytes: usize, most_records: usize, most_bytes: usize) -> bool {
        let promised_bytes = usage.promised.saturating_mul(self.record_bytes);
        usage.records + usage.promised < most_records
            && usage.bytes.saturating_add(promised_bytes).saturating_add(bytes) <= most_bytes
    }
}
