//! How much work a condition may cause. The evaluator has no limit of its own, so conditions are instrumented: before an
//! operation whose work grows with its operands, the size of the operands is charged.
//!
//! A step is about the work of one small value, or of 32 bytes of text. The count depends on the condition and the data only,
//! never on the clock, so that the same call gives the same answer on a busy machine.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use cel::ExecutionError;
use cel::common::types::{CelBytes, CelList, CelMap, CelString};
use cel::common::value::Val;

/// Steps of a condition that looks at little data.
const BASE: u64 = 500_000;
/// Steps more for each step that it takes to look at all data once.
const PER_DATA: u64 = 8;
/// The most steps of one condition: some tenths of a second.
const MAXIMUM: u64 = 8_000_000;

const BYTES_PER_STEP: usize = 32;

/// The most steps of a condition whose variables weigh this much.
pub(super) fn budget(weight: u64) -> u64 {
    weight.saturating_mul(PER_DATA).saturating_add(BASE).min(MAXIMUM)
}

/// What is left of the steps of one evaluation.
#[derive(Debug, Default)]
pub(super) struct Meter {
    left: AtomicU64,
    is_exhausted: AtomicBool,
}

impl Meter {
    /// Begins another evaluation.
    pub(super) fn refill(&self, steps: u64) {
        self.left.store(steps, Ordering::Relaxed);
        self.is_exhausted.store(false, Ordering::Relaxed);
    }

    /// Takes steps. The error may be swallowed by `||`; that it happened is remembered.
    pub(super) fn charge(&self, steps: u64) -> Result<(), ExecutionError> {
        let left = self.left.load(Ordering::Relaxed).checked_sub(steps);
        self.left.store(left.unwrap_or_default(), Ordering::Relaxed);
        if left.is_none() {
            self.is_exhausted.store(true, Ordering::Relaxed);
        }
        left.map(drop)
            .ok_or_else(|| ExecutionError::InternalError("too many steps".to_owned()))
    }

    /// Takes the steps that it takes to look at the whole value.
    pub(super) fn charge_for(&self, value: &dyn Val) -> Result<(), ExecutionError> {
        self.charge(weigh(value, self.left.load(Ordering::Relaxed)))
    }

    /// Whether steps were missing since the last refill.
    pub(super) fn is_exhausted(&self) -> bool {
        self.is_exhausted.load(Ordering::Relaxed)
    }
}

/// Steps for a text.
pub(super) fn weigh_text(bytes: usize) -> u64 {
    1 + steps(bytes / BYTES_PER_STEP)
}

/// The number of elements that a loop visits.
pub(super) fn length(value: &dyn Val) -> u64 {
    let list = value.downcast_ref::<CelList<'_>>().map(|list| list.inner().len());
    let map = || value.downcast_ref::<CelMap<'_>>().map(|map| map.inner().len());
    steps(list.or_else(map).unwrap_or_default())
}

/// Steps for a value with everything in it. Stops counting soon after `limit`.
fn weigh(value: &dyn Val, limit: u64) -> u64 {
    if let Some(text) = value.downcast_ref::<CelString<'_>>() {
        return weigh_text(text.inner().len());
    }
    if let Some(bytes) = value.downcast_ref::<CelBytes<'_>>() {
        return weigh_text(bytes.inner().len());
    }
    let mut weight = 1;
    let mut add = |element: &dyn Val| {
        weight += weigh(element, limit.saturating_sub(weight));
        weight <= limit
    };
    if let Some(list) = value.downcast_ref::<CelList<'_>>() {
        list.inner().iter().all(|element| add(element.as_ref()));
    } else if let Some(map) = value.downcast_ref::<CelMap<'_>>() {
        map.inner()
            .iter()
            .all(|(key, element)| add(key.inner()) && add(element.as_ref()));
    }
    weight
}

fn steps(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
