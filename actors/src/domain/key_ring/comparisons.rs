//! How many secrets the current thread has compared with digests: for tests of what an answer costs, which a clock would
//! show only on an idle machine.

use std::cell::Cell;

thread_local! {
    static COMPARISONS: Cell<u32> = const { Cell::new(0) };
}

pub(super) fn count_one() {
    COMPARISONS.with(|count| count.set(count.get() + 1));
}

/// So many since the last time that this was asked.
pub(crate) fn take() -> u32 {
    COMPARISONS.take()
}
