//! What can go wrong in any store, in the words that decide the answer to the caller.

use crate::domain::randomness::RandomnessUnavailable;

/// Why nothing new came into being that is known by a secret of its own: no code, no session.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MintError {
    /// The secret could not be drawn (500).
    #[error(transparent)]
    Randomness(#[from] RandomnessUnavailable),
    /// The store failed (503 or 500).
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The store did not do what it was asked, and nothing may be concluded from that.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// No connection or lock in time, or others were in the way: try again soon (503 with `Retry-After`).
    #[error("the store is busy: {operation}")]
    Busy {
        /// What was to be done.
        operation: &'static str,
    },
    /// The store cannot be reached or refuses to write (503; the service is not ready).
    #[error("the store is unavailable: {operation}: {reason}")]
    Unavailable {
        /// What was to be done.
        operation: &'static str,
        /// What the store said, without values.
        reason: String,
    },
    /// A row contradicts the rules, for example text that is no redirect URI (500).
    #[error("the store is inconsistent: {operation}: {reason}")]
    Inconsistent {
        /// What was to be done.
        operation: &'static str,
        /// Table, column and what was wrong, without values.
        reason: String,
    },
    /// A statement changed another number of rows than it can (500).
    #[error("the store changed {actual} rows where {expected} were expected: {operation}")]
    UnexpectedCount {
        /// What was to be done.
        operation: &'static str,
        /// Rows that should have changed.
        expected: u64,
        /// Rows that changed.
        actual: u64,
    },
}
