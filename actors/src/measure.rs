//! Durations counted where work is done, and read when somebody looks: a few atomic additions, no lock, no allocation.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The upper bounds of the buckets, in microseconds: from a look-up to a query that is given up. Two to three per power
/// of ten, so that a quantile read off them is right within a factor of two.
pub const BOUNDS_MICROSECONDS: [u64; 15] = [
    250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
    10_000_000, 30_000_000,
];

/// Bounded buckets, and one for what is beyond the last bound.
const BUCKETS: usize = BOUNDS_MICROSECONDS.len() + 1;

/// Durations by bucket.
#[derive(Debug, Default)]
pub struct Histogram {
    buckets: [AtomicU64; BUCKETS],
    sum_microseconds: AtomicU64,
}

/// A histogram at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HistogramStatus {
    /// Durations by bucket: at most [`BOUNDS_MICROSECONDS`] of the same place, and above the bound before it.
    pub buckets: [u64; BUCKETS],
    /// All durations together, in microseconds.
    pub sum_microseconds: u64,
}

impl Histogram {
    /// Counts one duration.
    pub fn record(&self, duration: Duration) {
        let microseconds = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let place = BOUNDS_MICROSECONDS.partition_point(|bound| *bound < microseconds);
        if let Some(bucket) = self.buckets.get(place) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        self.sum_microseconds.fetch_add(microseconds, Ordering::Relaxed);
    }

    /// The numbers now. Durations that are counted meanwhile may be in one of them and not yet in another.
    pub fn status(&self) -> HistogramStatus {
        HistogramStatus {
            buckets: std::array::from_fn(|place| {
                let bucket = self.buckets.get(place);
                bucket.map_or(0, |bucket| bucket.load(Ordering::Relaxed))
            }),
            sum_microseconds: self.sum_microseconds.load(Ordering::Relaxed),
        }
    }
}

impl HistogramStatus {
    /// How many durations were counted.
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_falls_into_the_first_bucket_that_holds_it() {
        let histogram = Histogram::default();
        for microseconds in [0, 250, 251, 30_000_000, 30_000_001] {
            histogram.record(Duration::from_micros(microseconds));
        }
        let status = histogram.status();
        assert_eq!((status.buckets[0], status.buckets[1]), (2, 1));
        assert_eq!((status.buckets[14], status.buckets[15]), (1, 1));
        assert_eq!((status.count(), status.sum_microseconds), (5, 60_000_502));
    }
}
