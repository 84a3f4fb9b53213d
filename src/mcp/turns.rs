//! Turns among the calls of one definition that may only run so many queries at once (`limits.max_concurrent_queries`).
//!
//! How many queries run in all, and who is next among the callers, is the SqlExecutor's business.

use std::time::{Duration, Instant};

use mxcp_actors::error::CallError;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Calls of one definition that may wait. Further ones are told to come back.
const MOST_WAITING: usize = 256;
/// What they are told to wait.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The turns of one definition, in the order in which calls came.
pub(super) struct Turns {
    running: Semaphore,
    waiting: Semaphore,
}

/// A call's turn; the next one has it when this is dropped.
pub(super) struct Turn<'a> {
    /// How long the call waited for it.
    pub(super) waited: Duration,
    _running: SemaphorePermit<'a>,
}

impl Turns {
    /// So many at once.
    pub(super) fn new(at_once: usize) -> Self {
        Self {
            running: Semaphore::new(at_once),
            waiting: Semaphore::new(MOST_WAITING),
        }
    }

    /// Waits for a turn no longer than `patience`.
    ///
    /// # Errors
    ///
    /// [`CallError::Busy`] if too many wait already, [`CallError::Timeout`] if none came.
    pub(super) async fn take(&self, patience: Duration) -> Result<Turn<'_>, CallError> {
        let began = Instant::now();
        let running = match self.running.try_acquire() {
            Ok(running) => running,
            Err(_) => self.wait(patience).await?,
        };
        Ok(Turn {
            waited: began.elapsed(),
            _running: running,
        })
    }

    async fn wait(&self, patience: Duration) -> Result<SemaphorePermit<'_>, CallError> {
        let _place = self.waiting.try_acquire().map_err(|_| CallError::Busy {
            retry_after: RETRY_AFTER,
        })?;
        match tokio::time::timeout(patience, self.running.acquire()).await {
            Ok(Ok(running)) => Ok(running),
            // Nobody closes it.
            Ok(Err(_)) => Err(CallError::Stopped),
            Err(_) => Err(CallError::Timeout),
        }
    }
}
