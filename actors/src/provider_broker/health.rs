//! Whether the provider answers, as the latest calls to it found: nobody is called in order to know.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use super::provider::ProviderError;
use crate::domain::clock::{Clock, Timestamp};

/// Whether the provider answers. Reading it costs nothing and can be done from any thread.
pub struct ProviderHealth {
    name: String,
    clock: Arc<dyn Clock>,
    /// In microseconds; [`NEVER`] while the latest request was answered.
    failing_since: AtomicI64,
    answered: AtomicU64,
    refused: AtomicU64,
    unavailable: AtomicU64,
    invalid_answer: AtomicU64,
    misconfigured: AtomicU64,
}

const NEVER: i64 = i64::MIN;

/// How requests to the provider ended since the start. A request is a login, a renewal or a revocation, whatever number of
/// calls it takes; of an issuer that nobody logs in at it is the reading of a document, or a question about a token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProviderRequests {
    /// It did what it was asked.
    pub answered: u64,
    /// It said no, or vouched for a user who is not let in.
    pub refused: u64,
    /// It could not be asked, or was overloaded.
    pub unavailable: u64,
    /// Its answer was not what the protocol asks for.
    pub invalid_answer: u64,
    /// It did not accept this server.
    pub misconfigured: u64,
}

impl ProviderRequests {
    /// Each outcome by its name.
    #[must_use]
    pub const fn by_outcome(self) -> [(&'static str, u64); 5] {
        [
            ("answered", self.answered),
            ("refused", self.refused),
            ("unavailable", self.unavailable),
            ("invalid_answer", self.invalid_answer),
            ("misconfigured", self.misconfigured),
        ]
    }
}

impl ProviderHealth {
    pub(crate) fn new(name: &str, clock: Arc<dyn Clock>) -> Self {
        Self {
            name: name.to_owned(),
            clock,
            failing_since: AtomicI64::new(NEVER),
            answered: AtomicU64::default(),
            refused: AtomicU64::default(),
            unavailable: AtomicU64::default(),
            invalid_answer: AtomicU64::default(),
            misconfigured: AtomicU64::default(),
        }
    }

    /// The provider's name in the configuration; the identifier of an issuer that nobody logs in at.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Since when every request has failed for a reason that is the provider's or the operator's; `None` if the latest one
    /// was answered, or nobody has asked yet.
    #[must_use]
    pub fn failing_since(&self) -> Option<Timestamp> {
        let since = self.failing_since.load(Ordering::Relaxed);
        (since != NEVER).then(|| Timestamp::from_microseconds(since))
    }

    /// How requests ended so far.
    #[must_use]
    pub fn requests(&self) -> ProviderRequests {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        ProviderRequests {
            answered: count(&self.answered),
            refused: count(&self.refused),
            unavailable: count(&self.unavailable),
            invalid_answer: count(&self.invalid_answer),
            misconfigured: count(&self.misconfigured),
        }
    }

    /// Takes note of a request's outcome, and hands it on. A refusal is an answer.
    pub(super) fn note<T>(&self, outcome: Result<T, ProviderError>) -> Result<T, ProviderError> {
        let (counter, is_answer) = match &outcome {
            Ok(_) => (&self.answered, true),
            Err(ProviderError::Refused { .. } | ProviderError::UserNotAllowed { .. }) => {
                (&self.refused, true)
            }
            Err(ProviderError::Unavailable { .. }) => (&self.unavailable, false),
            Err(ProviderError::InvalidAnswer { .. }) => (&self.invalid_answer, false),
            Err(ProviderError::Misconfigured { .. }) => (&self.misconfigured, false),
        };
        counter.fetch_add(1, Ordering::Relaxed);
        if is_answer {
            self.failing_since.store(NEVER, Ordering::Relaxed);
        } else {
            let now = self.clock.now().microseconds();
            let began = |since| (since == NEVER).then_some(now);
            // Only the first failure of a row is written; an error says that it was not the first.
            self.failing_since
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, began)
                .ok();
        }
        outcome
    }

    /// The same for a first step that may have asked nobody: that it went well says nothing.
    pub(super) fn note_failure<T>(&self, outcome: Result<T, ProviderError>) -> Result<T, ProviderError> {
        match outcome {
            Ok(value) => Ok(value),
            failure @ Err(_) => self.note(failure),
        }
    }
}
