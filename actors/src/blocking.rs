//! Work that may block, on threads that may be blocked: stores and password hashes.
//!
//! A pool bounds how much of it runs and how much may wait. A place in the pool is held until the work is over, also
//! when its caller has gone away, because the thread is busy that long. A panic costs the one call that it happened in.

#[cfg(test)]
mod tests;

use std::future::Future;
use std::num::NonZeroU32;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};

use crate::error::CallError;
use crate::handle::{Carried, Request};
use crate::measure::{Histogram, HistogramStatus};

/// How much a pool takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockingSettings {
    /// The pool's name in logs.
    pub name: &'static str,
    /// Closures that run at once, each on a thread of its own.
    pub running: NonZeroU32,
    /// Closures that may wait for one of these threads. More are refused at once.
    pub waiting: u32,
    /// What a caller that finds no place is told to wait.
    pub retry_after: Duration,
}

/// Runs closures that may block. Clones share the bounds.
#[derive(Clone)]
pub struct BlockingPool {
    settings: BlockingSettings,
    /// Running and waiting.
    places: Arc<Semaphore>,
    running: Arc<Semaphore>,
    is_closed: Arc<AtomicBool>,
    counts: Arc<Counts>,
}

/// What a pool did so far.
#[derive(Default)]
struct Counts {
    busy: AtomicU64,
    crashed: AtomicU64,
    ran: Histogram,
}

/// A pool at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolStatus {
    /// The pool's name.
    pub name: &'static str,
    /// Closures that run or wait.
    pub depth: usize,
    /// Closures that may run at once.
    pub threads: u32,
    /// Closures that may run or wait.
    pub capacity: u32,
    /// Closures that found no place.
    pub busy: u64,
    /// Closures that panicked.
    pub crashed: u64,
    /// How long closures ran.
    pub ran: HistogramStatus,
}

impl BlockingPool {
    /// A pool without work.
    #[must_use]
    pub fn new(settings: BlockingSettings) -> Self {
        Self {
            settings,
            places: Arc::new(Semaphore::new(places(settings) as usize)),
            running: Arc::new(Semaphore::new(settings.running.get() as usize)),
            is_closed: Arc::default(),
            counts: Arc::default(),
        }
    }

    /// Runs the closure and gives back what it returned. Once it has begun it runs to its end, whether or not this
    /// future is dropped.
    ///
    /// # Errors
    ///
    /// [`CallError::Busy`] if too many wait already, [`CallError::Stopped`] after [`BlockingPool::drain`] and
    /// [`CallError::Crashed`] if the closure panicked.
    pub async fn run<T, W>(&self, work: W) -> Result<T, CallError>
    where
        T: Send + 'static,
        W: FnOnce() -> T + Send + 'static,
    {
        let place = self.place()?;
        let permit = Arc::clone(&self.running).acquire_owned().await;
        let permit = permit.map_err(|_| CallError::Stopped)?;
        let counts = Arc::clone(&self.counts);
        let task = tokio::task::spawn_blocking(move || {
            let _held = (place, permit);
            let started = Instant::now();
            let done = work();
            counts.ran.record(started.elapsed());
            done
        });
        task.await.map_err(|error| match error.is_panic() {
            true => {
                self.counts.crashed.fetch_add(1, Ordering::Relaxed);
                log::error!("a call panicked in the pool {}", self.settings.name);
                CallError::Crashed
            }
            // The runtime ends and does not start what it has not begun.
            false => CallError::Stopped,
        })
    }

    /// Runs the closure on a message's request and answers the message with what it returned.
    pub fn answer<R, W>(&self, message: Carried<R>, work: W) -> Pin<Box<dyn Future<Output = ()>>>
    where
        R: Request,
        W: FnOnce(R) -> R::Answer + Send + 'static,
    {
        let pool = self.clone();
        Box::pin(async move {
            let (request, reply) = message.split();
            reply.answer(pool.run(move || work(request)).await);
        })
    }

    /// Takes no more work and waits until all that was taken is over.
    pub async fn drain(&self) {
        self.is_closed.store(true, Ordering::SeqCst);
        // An error means that somebody else has drained it.
        let all = self.places.acquire_many(places(self.settings)).await;
        self.places.close();
        drop(all);
    }

    /// The numbers now.
    #[must_use]
    pub fn status(&self) -> PoolStatus {
        PoolStatus {
            name: self.settings.name,
            depth: self.depth(),
            threads: self.settings.running.get(),
            capacity: places(self.settings),
            busy: self.counts.busy.load(Ordering::Relaxed),
            crashed: self.counts.crashed.load(Ordering::Relaxed),
            ran: self.counts.ran.status(),
        }
    }

    /// Closures that run or wait.
    #[must_use]
    pub fn depth(&self) -> usize {
        (places(self.settings) as usize).saturating_sub(self.places.available_permits())
    }

    fn place(&self) -> Result<OwnedSemaphorePermit, CallError> {
        if self.is_closed.load(Ordering::SeqCst) {
            return Err(CallError::Stopped);
        }
        let place = Arc::clone(&self.places).try_acquire_owned();
        place.map_err(|error| match error {
            TryAcquireError::NoPermits => {
                self.counts.busy.fetch_add(1, Ordering::Relaxed);
                CallError::Busy {
                    retry_after: self.settings.retry_after,
                }
            }
            TryAcquireError::Closed => CallError::Stopped,
        })
    }
}

const fn places(settings: BlockingSettings) -> u32 {
    settings.running.get().saturating_add(settings.waiting)
}
