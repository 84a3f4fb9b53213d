//! When the clients that wait for their first use are counted.
//!
//! Counting reads all of them, so it does not come with each registration: in a flood that would make every registration
//! dearer than the one before.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// How much more than allowed there may be for a moment, as a part of it.
const SLACK: u64 = 64;

/// How many clients this process has stored. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct StoredClients(Arc<AtomicU64>);

impl StoredClients {
    /// One more was stored. Whether it is time to look for those beyond `most`: always for the first, and then after each
    /// sixty-fourth part of `most`.
    pub(super) fn one_more(&self, most: u64) -> bool {
        let Self(stored) = self;
        let before = stored.fetch_add(1, Ordering::Relaxed);
        before.is_multiple_of((most / SLACK).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_time_after_each_part_of_what_is_allowed() {
        for (most, times) in [(1, 1_000), (63, 1_000), (10_000, 7), (64_000, 1)] {
            let stored = StoredClients::default();
            let seen = (0..1_000).filter(|_| stored.clone().one_more(most)).count();
            assert_eq!(seen, times, "{most}");
        }
    }
}
