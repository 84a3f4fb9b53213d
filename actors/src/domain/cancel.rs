//! The one way to stop work: a token that everyone who may end a call holds a clone of.
//!
//! A timeout, a client that went away, `notifications/cancelled`, a shutdown and an operator all trip the same token;
//! the first one names the reason. What running work must be told lies behind [`Interrupt`], so that nothing here
//! knows what kind of work it is. Work that is about to take effect seals the token: what was cancelled before has no
//! effect, and what was sealed before is not cancelled any more.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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
    fate: Mutex<Fate>,
    /// Who is told, each under a number of its own.
    listeners: Mutex<Listeners>,
}

#[derive(Default)]
struct Listeners {
    last_number: u64,
    attached: Vec<(u64, Arc<dyn Interrupt>)>,
}

/// What was decided so far.
#[derive(Clone, Copy, Default)]
struct Fate {
    /// The first reason that anybody had to stop the work.
    reason: Option<CancelReason>,
    /// Whether it is too late for one.
    is_sealed: bool,
}

impl Fate {
    /// The reason, if it counts.
    fn cancelled(self) -> Option<CancelReason> {
        self.reason.filter(|_| !self.is_sealed)
    }
}

impl CancelToken {
    /// A token that nobody has tripped.
    pub fn new() -> Self {
        Self::default()
    }

    /// Trips the token and tells the work that runs under it, if any. Only the first reason counts, and none while the token
    /// is sealed.
    pub fn cancel(&self, reason: CancelReason) {
        let mut fate = self.fate();
        if fate.reason.is_some() {
            return;
        }
        fate.reason = Some(reason);
        let is_sealed = fate.is_sealed;
        drop(fate);
        if !is_sealed {
            self.tell();
        }
    }

    /// The work begins to take effect and cannot be cancelled, as long as the answer lives, or for good once it
    /// [took effect](Sealed::took_effect). `Err` with the reason if it was cancelled before; then it must take no effect.
    pub fn seal(&self) -> Result<Sealed, CancelReason> {
        let mut fate = self.fate();
        if let Some(reason) = fate.cancelled() {
            return Err(reason);
        }
        fate.is_sealed = true;
        Ok(Sealed(Some(self.clone())))
    }

    fn tell(&self) {
        let attached = self.listeners().attached.clone();
        for (_, work) in attached {
            work.interrupt();
        }
    }

    /// Why the token was tripped, or `None` while it was not.
    pub fn reason(&self) -> Option<CancelReason> {
        self.fate().cancelled()
    }

    /// `Err` with the reason once the token was tripped: for use with `?` between steps of work.
    pub fn check(&self) -> Result<(), CancelReason> {
        self.reason().map_or(Ok(()), Err)
    }

    /// Says whom to tell from now until the answer is dropped. If the token is tripped already, `work` is told at once, so
    /// that no cancellation falls between a check and this call.
    pub fn attach(&self, work: Arc<dyn Interrupt>) -> Attached {
        let mut listeners = self.listeners();
        listeners.last_number += 1;
        let number = listeners.last_number;
        listeners.attached.push((number, work));
        drop(listeners);
        if self.reason().is_some() {
            self.tell();
        }
        Attached {
            token: self.clone(),
            number,
        }
    }

    fn fate(&self) -> MutexGuard<'_, Fate> {
        self.0.fate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listeners(&self) -> MutexGuard<'_, Listeners> {
        self.0.listeners.lock().unwrap_or_else(PoisonError::into_inner)
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

/// Work that cannot be cancelled because it is taking effect.
pub struct Sealed(Option<CancelToken>);

impl Sealed {
    /// It did, and is not cancelled any more.
    pub fn took_effect(mut self) {
        self.0 = None;
    }
}

impl Drop for Sealed {
    /// It took no effect after all: a reason that came meanwhile counts now.
    fn drop(&mut self) {
        let Some(token) = self.0.take() else { return };
        token.fate().is_sealed = false;
        if token.reason().is_some() {
            token.tell();
        }
    }
}

/// Work that is attached to a token for as long as this value lives.
pub struct Attached {
    token: CancelToken,
    number: u64,
}

impl Drop for Attached {
    fn drop(&mut self) {
        let mut listeners = self.token.listeners();
        listeners.attached.retain(|(number, _)| *number != self.number);
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

    #[test]
    fn everybody_who_is_attached_is_told_and_nobody_else() {
        let token = CancelToken::new();
        let told = [(); 3].map(|()| Arc::new(Told::default()));
        let [first, second, third] = told.each_ref().map(|work| token.attach(Arc::<Told>::clone(work)));
        drop(second);
        token.cancel(CancelReason::Operator);
        let counts = told.each_ref().map(|work| work.0.load(Ordering::SeqCst));
        assert_eq!(counts, [1, 0, 1]);
        drop((first, third));
    }

    #[test]
    fn what_took_effect_is_not_cancelled_any_more() {
        let (token, work) = (CancelToken::new(), Arc::new(Told::default()));
        let attached = token.attach(Arc::<Told>::clone(&work));
        let sealed = token.seal().map_err(|reason| reason.to_string());
        token.cancel(CancelReason::Operator);
        sealed.unwrap().took_effect();
        assert_eq!(token.check(), Ok(()));
        assert_eq!(work.0.load(Ordering::SeqCst), 0, "it is too late to tell it");
        drop(attached);
    }

    #[test]
    fn what_could_not_take_effect_is_cancelled_by_what_came_meanwhile() {
        let (token, work) = (CancelToken::new(), Arc::new(Told::default()));
        let attached = token.attach(Arc::<Told>::clone(&work));
        let sealed = token.seal().map_err(|reason| reason.to_string()).unwrap();
        token.cancel(CancelReason::ClientGone);
        assert_eq!(token.check(), Ok(()));
        drop(sealed);
        assert_eq!(token.check(), Err(CancelReason::ClientGone));
        assert_eq!(work.0.load(Ordering::SeqCst), 1);
        assert_eq!(token.seal().err(), Some(CancelReason::ClientGone));
        drop(attached);
    }
}
