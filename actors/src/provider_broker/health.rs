//! Whether the provider answers, as the latest calls to it found: nobody is called in order to know.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use super::provider::ProviderError;
use crate::domain::clock::{Clock, Timestamp};

/// Whether the provider answers. Reading it costs nothing and can be done from any thread.
pub struct ProviderHealth {
    name: String,
    clock: Arc<dyn Clock>,
    /// In microseconds; [`NEVER`] while the latest call was answered.
    failing_since: AtomicI64,
}

const NEVER: i64 = i64::MIN;

impl ProviderHealth {
    pub(crate) fn new(name: &str, clock: Arc<dyn Clock>) -> Self {
        Self {
            name: name.to_owned(),
            clock,
            failing_since: AtomicI64::new(NEVER),
        }
    }

    /// The provider's name in the configuration.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Since when every call has failed for a reason that is the provider's or the operator's; `None` if the latest call
    /// was answered, or nobody has asked yet.
    #[must_use]
    pub fn failing_since(&self) -> Option<Timestamp> {
        let since = self.failing_since.load(Ordering::Relaxed);
        (since != NEVER).then(|| Timestamp::from_microseconds(since))
    }

    /// Takes note of a call's outcome, and hands it on. A refusal is an answer.
    pub(super) fn note<T>(&self, outcome: Result<T, ProviderError>) -> Result<T, ProviderError> {
        let is_failing = outcome.as_ref().is_err_and(ProviderError::is_temporary);
        if is_failing {
            let now = self.clock.now().microseconds();
            let began = |since| (since == NEVER).then_some(now);
            // Only the first failure of a row is written; an error says that it was not the first.
            self.failing_since
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, began)
                .ok();
        } else {
            self.failing_since.store(NEVER, Ordering::Relaxed);
        }
        outcome
    }
}
