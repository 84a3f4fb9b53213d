//! Requests that fail for a reason of the server's own, so that nothing was learnt about the client or the user.
//!
//! Such a failure is never a refusal: nothing was consumed, rotated or deleted, and asking again may help
//! (`temporarily_unavailable`), or will not until somebody has read the log (`server_error`).

use std::time::Duration;

use mxcp_actors::domain::randomness::RandomnessUnavailable;
use mxcp_actors::domain::sealing::SealError;
use mxcp_actors::error::CallError;
use mxcp_actors::store::{MintError, StoreError};
use mxcp_actors::token_store::signing::SigningKeyError;

/// What callers are told to wait where the failed part does not know better.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// Why the server cannot answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// More requests than the server takes. Nothing was started.
    #[error("the server is busy")]
    Busy {
        /// When to ask again.
        retry_after: Duration,
    },
    /// A part of the server does not answer at the moment.
    #[error("{reason}")]
    Down {
        /// What it is, for the log.
        reason: String,
        /// When to ask again.
        retry_after: Duration,
    },
    /// A defect; asking again leads to the same.
    #[error("{reason}")]
    Broken {
        /// What it is, for the log.
        reason: String,
    },
}

impl Unavailable {
    /// A failure that passes by itself.
    pub fn down(reason: &impl ToString) -> Self {
        Self::Down {
            reason: reason.to_string(),
            retry_after: RETRY_AFTER,
        }
    }

    /// A failure that does not.
    pub fn broken(reason: &impl ToString) -> Self {
        Self::Broken {
            reason: reason.to_string(),
        }
    }

    /// When to ask again, if that may help.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy { retry_after } | Self::Down { retry_after, .. } => Some(*retry_after),
            Self::Broken { .. } => None,
        }
    }
}

impl From<CallError> for Unavailable {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Busy { retry_after } => Self::Busy { retry_after },
            CallError::Timeout | CallError::Stopped => Self::down(&error),
            CallError::Crashed => Self::broken(&error),
        }
    }
}

impl From<StoreError> for Unavailable {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy { .. } => Self::Busy {
                retry_after: RETRY_AFTER,
            },
            StoreError::Unavailable { .. } => Self::down(&error),
            StoreError::Inconsistent { .. } | StoreError::UnexpectedCount { .. } => Self::broken(&error),
        }
    }
}

impl From<SigningKeyError> for Unavailable {
    fn from(error: SigningKeyError) -> Self {
        match error {
            SigningKeyError::Store(error) => error.into(),
            SigningKeyError::Randomness(_) | SigningKeyError::Making(_) => Self::broken(&error),
        }
    }
}

impl From<MintError> for Unavailable {
    fn from(error: MintError) -> Self {
        match error {
            MintError::Randomness(error) => error.into(),
            MintError::Store(error) => error.into(),
        }
    }
}

impl From<RandomnessUnavailable> for Unavailable {
    fn from(error: RandomnessUnavailable) -> Self {
        Self::broken(&error)
    }
}

impl From<SealError> for Unavailable {
    fn from(error: SealError) -> Self {
        Self::broken(&error)
    }
}
