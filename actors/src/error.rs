//! Why an actor did not answer: the same few reasons for all of them.

use std::time::Duration;

/// A call that was not answered. What an actor *decides* (a refusal, a failed query) is part of its answer instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// More work is waiting than the actor takes. Nothing was started; ask again later.
    #[error("the server is busy; try again in {} s", retry_after.as_secs().max(1))]
    Busy {
        /// When to ask again.
        retry_after: Duration,
    },
    /// The answer did not come within the deadline of the call.
    #[error("the server did not answer in time")]
    Timeout,
    /// The actor has stopped, because the server is stopping.
    #[error("the server is shutting down")]
    Stopped,
    /// The work panicked. It cost this call and nothing else.
    #[error("an internal error ended this request")]
    Crashed,
}
