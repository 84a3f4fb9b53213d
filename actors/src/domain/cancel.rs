//! The one way to stop work: a token that everyone who may end a call holds a clone of.
//!
//! A timeout, a client that went away, `notifications/cancelled`, a shutdown and an operator all trip the same token;
//! the first one names the reason. What running work must be told lies behind [`Interrupt`], so that nothing here
//! knows what kind of work it is.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// Why a call was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancelReason {
    /// The call took longer than its limit.
    TimeLimit(Duration),
    /// The client closed the connection or dropped the request.
    ClientGone,
    /// The client sent `notifications/cancelled`.
    ClientCancelled,
    /// An operator stopped it.
    Operator,
    /// The server is stopping.
    Shutdown,
}

impl fmt::Display for CancelReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimeLimit(limit) => {
                write!(
                    formatter,
                    "the query ran longer than its limit of {} ms (query_timeout_ms)",
                    limit.as_millis()
                )
            }
            Self::ClientGone => formatter.write_str("the client went away"),
            Self::ClientCancelled => formatter.write_str("the client cancelled the request"),
            Self::Operator => formatter.write_str("an operator stopped the query"),
            Self::Shutdown => formatter.write_str("the server is shutting down"),
        }
    }
}

/// Running work that can be told to stop. Telling it twice must be harmless.
pub trait Interrupt: Send + Sync {
    /// Asks the work to stop now.
    fn interrupt(&self);
}

/// A clonable token, tripped at most once.
#[derive(Clone, Default)]
pub struct CancelToken(Arc<Shared>);

#[derive(Default)]
struct Shared {
    reason: OnceLock<CancelReason>,
    running: Mutex<Option<Arc<dyn Interrupt>>>,
}

impl CancelToken {
    /// A token that nobody has tripped.
    pub fn new() -> Self {
        Self::default()
    }

    /// Trips the token and tells the work that runs under it, if any. Only the first reason counts.
    pub fn cancel(&self, reason: CancelReason) {
        if self.0.reason.set(reason).is_err() {
            return;
        }
        self.tell();
    }

    fn tell(&self) {
        let running = self.running().clone();
        if let Some(work) = running {
            work.interrupt();
        }
    }

    /// Why the token was tripped, or `None` while it was not.
    pub fn reason(&self) -> Option<CancelReason> {
        self.0.reason.get().copied()
    }

    /// `Err` with the reason once the token was tripped: for use with `?` between steps of work.
    pub fn check(&self) -> Result<(), CancelReason> {
        self.reason().map_or(Ok(()), Err)
    }

    /// Says what to interrupt from now until the answer is dropped. If the token is tripped already, the work is told
    /// at once, so that no cancellation falls between a check and this call.
    pub fn attach(&self, work: Arc<dyn Interrupt>) -> Attached {
        *self.running() = Some(work);
        if self.reason().is_some() {
            self.tell();
        }
        Attached(self.clone())
    }

    fn running(&self) -> std::sync::MutexGuard<'_, Option<Arc<dyn Interrupt>>> {
        self.0.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for CancelToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("CancelToken")
            .field(&self.reason())
            .finish()
    }
}

/// Work that is attached to a token for as long as this value lives.
pub struct Attached(CancelToken);

impl Drop for Attached {
    fn drop(&mut self) {
        *self.0.running() = None;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[derive(Default)]
    struct Told(AtomicU32);

    impl Interrupt for Told {
        fn interrupt(&self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn the_first_reason_counts() {
        let token = CancelToken::new();
        assert_eq!(token.check(), Ok(()));
        token.cancel(CancelReason::ClientGone);
        token.clone().cancel(CancelReason::Shutdown);
        assert_eq!(token.check(), Err(CancelReason::ClientGone));
    }

    #[test]
    fn work_is_told_only_while_it_is_attached() {
        let work = Arc::new(Told::default());
        let token = CancelToken::new();
        drop(token.attach(Arc::<Told>::clone(&work)));
        token.cancel(CancelReason::Operator);
        assert_eq!(work.0.load(Ordering::SeqCst), 0, "detached work is not told");
        let attached = token.attach(Arc::<Told>::clone(&work));
        assert_eq!(
            work.0.load(Ordering::SeqCst),
            1,
            "a tripped token tells new work at once"
        );
        drop(attached);
    }
}
