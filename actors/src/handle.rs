//! The only way to ask an actor: with admission, a deadline and counters.
//!
//! Actix bounds neither `send` nor cloned addresses (a mailbox's capacity holds for `try_send` on the original only), so
//! a queue is bounded here, before the message exists: a permit travels with the call and is given back when it ends,
//! answered or not. Without a permit the answer is [`CallError::Busy`] at once; nobody waits in line to be told to wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use actix::dev::ToEnvelope;
use actix::{Actor, Addr, Handler, Message};
use tokio::sync::{Semaphore, oneshot};

use crate::error::CallError;
use crate::measure::{Histogram, HistogramStatus};

/// How a handle treats its callers.
#[derive(Debug, Clone, Copy)]
pub struct HandleSettings {
    /// The actor's name in metrics and logs.
    pub name: &'static str,
    /// Calls that may be under way at once; why this many is said where the number is chosen.
    pub capacity: usize,
    /// How long a caller waits for the answer.
    pub deadline: Duration,
    /// What a caller that finds no place is told to wait.
    pub retry_after: Duration,
}

/// Counters of one handle, for metrics and for the admin page.
#[derive(Debug, Default)]
struct Counters {
    asked: AtomicU64,
    busy: AtomicU64,
    timeouts: AtomicU64,
    crashed: AtomicU64,
    /// From the question to its answer, of calls that found a place.
    answered: Histogram,
}

/// A handle's counters at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HandleStatus {
    /// The actor's name.
    pub name: &'static str,
    /// Calls under way.
    pub depth: usize,
    /// Calls that may be under way at once.
    pub capacity: usize,
    /// Calls so far, refused ones included.
    pub asked: u64,
    /// Calls that found no place.
    pub busy: u64,
    /// Calls whose answer came too late.
    pub timeouts: u64,
    /// Calls that ended in a panic.
    pub crashed: u64,
    /// How long calls took that found a place.
    pub answered: HistogramStatus,
}

/// A message that carries the way back to its caller, so that whoever finishes the work answers, on any thread.
pub struct Carried<R: Request> {
    /// What is asked for.
    pub request: R,
    reply: oneshot::Sender<Result<R::Answer, CallError>>,
}

/// Something that an actor can be asked.
pub trait Request: Send + 'static {
    /// The answer, refusals included.
    type Answer: Send + 'static;
}

/// Says what each message is answered with.
macro_rules! requests {
    ($($message:ty => $answer:ty;)*) => {$(
        impl $crate::handle::Request for $message {
            type Answer = $answer;
        }
    )*};
}
pub(crate) use requests;

/// An actor that answers this request.
pub trait Answers<R: Request>: Handler<Carried<R>> {}

impl<A: Handler<Carried<R>>, R: Request> Answers<R> for A {}

impl<R: Request> Message for Carried<R> {
    type Result = ();
}

/// The server is stopping: the actor handles what is in its mailbox before this, and nothing after it.
pub(crate) struct Stop;

impl Message for Stop {
    type Result = ();
}

impl<R: Request> Carried<R> {
    /// Takes the message apart: what is asked, and where the answer goes.
    pub fn split(self) -> (R, Reply<R::Answer>) {
        (self.request, Reply(self.reply))
    }
}

/// Answers one call. Dropped without an answer, the caller learns that the work crashed.
pub struct Reply<T>(oneshot::Sender<Result<T, CallError>>);

impl<T> Reply<T> {
    /// Gives the answer. A caller that went away is nobody's loss.
    pub fn answer(self, answer: Result<T, CallError>) {
        drop(self.offer(answer));
    }

    /// Gives an answer that must not get lost: it comes back as the error if the caller has gone away.
    pub fn offer(self, answer: Result<T, CallError>) -> Result<(), Result<T, CallError>> {
        self.0.send(answer)
    }

    /// Whether anybody still waits.
    pub fn is_awaited(&self) -> bool {
        !self.0.is_closed()
    }
}

/// A narrow, cheaply cloned way to ask one actor.
pub struct Handle<A: Actor> {
    address: Addr<A>,
    permits: Arc<Semaphore>,
    settings: HandleSettings,
    counters: Arc<Counters>,
}

impl<A: Actor> Clone for Handle<A> {
    fn clone(&self) -> Self {
        Self {
            address: self.address.clone(),
            permits: Arc::clone(&self.permits),
            settings: self.settings,
            counters: Arc::clone(&self.counters),
        }
    }
}

impl<A: Actor> Handle<A> {
    /// A handle to a started actor.
    pub fn new(address: Addr<A>, settings: HandleSettings) -> Self {
        Self {
            address,
            permits: Arc::new(Semaphore::new(settings.capacity)),
            settings,
            counters: Arc::default(),
        }
    }

    /// The same permits and counters before another actor that does the same work.
    pub(crate) fn at(&self, address: Addr<A>) -> Self {
        Self {
            address,
            ..self.clone()
        }
    }

    /// Asks, and waits for the answer no longer than the handle's deadline.
    pub async fn ask<R>(&self, request: R) -> Result<R::Answer, CallError>
    where
        R: Request,
        A: Handler<Carried<R>>,
        A::Context: ToEnvelope<A, Carried<R>>,
    {
        self.ask_longer(request, Duration::ZERO).await
    }

    /// The same for a request whose answer may take this much longer than the handle's deadline.
    pub(crate) async fn ask_longer<R>(&self, request: R, longer: Duration) -> Result<R::Answer, CallError>
    where
        R: Request,
        A: Handler<Carried<R>>,
        A::Context: ToEnvelope<A, Carried<R>>,
    {
        let asked = Instant::now();
        let deadline = self.settings.deadline.saturating_add(longer);
        let outcome = self.call(request, deadline).await;
        if !matches!(outcome, Err(CallError::Busy { .. })) {
            self.counters.answered.record(asked.elapsed());
        }
        self.count(outcome.as_ref().err());
        outcome
    }

    async fn call<R>(&self, request: R, deadline: Duration) -> Result<R::Answer, CallError>
    where
        R: Request,
        A: Handler<Carried<R>>,
        A::Context: ToEnvelope<A, Carried<R>>,
    {
        let _permit = self.permits.try_acquire().map_err(|_| CallError::Busy {
            retry_after: self.settings.retry_after,
        })?;
        let (reply, answer) = oneshot::channel();
        self.address
            .try_send(Carried { request, reply })
            .map_err(|error| match error {
                // The permits are the bound; a full mailbox means that it was given fewer places than there are permits.
                actix::dev::SendError::Full(_) => CallError::Busy {
                    retry_after: self.settings.retry_after,
                },
                actix::dev::SendError::Closed(_) => CallError::Stopped,
            })?;
        match tokio::time::timeout(deadline, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) if self.address.connected() => Err(CallError::Crashed),
            Ok(Err(_)) => Err(CallError::Stopped),
            Err(_) => Err(CallError::Timeout),
        }
    }

    /// Stops the actor. Who asks from now on, or waits in the mailbox behind this, is answered [`CallError::Stopped`].
    pub(crate) async fn stop(&self)
    where
        A: Handler<Stop>,
        A::Context: ToEnvelope<A, Stop>,
    {
        // Past the mailbox's capacity on purpose: a full mailbox must not keep the server from stopping.
        if self.address.send(Stop).await.is_err() {
            log::debug!("the actor {} had stopped already", self.settings.name);
        }
    }

    fn count(&self, error: Option<&CallError>) {
        self.counters.asked.fetch_add(1, Ordering::Relaxed);
        let counter = match error {
            Some(CallError::Busy { .. }) => &self.counters.busy,
            Some(CallError::Timeout) => &self.counters.timeouts,
            Some(CallError::Crashed) => &self.counters.crashed,
            Some(CallError::Stopped) | None => return,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// The counters now.
    pub fn status(&self) -> HandleStatus {
        HandleStatus {
            name: self.settings.name,
            depth: self
                .settings
                .capacity
                .saturating_sub(self.permits.available_permits()),
            capacity: self.settings.capacity,
            asked: self.counters.asked.load(Ordering::Relaxed),
            busy: self.counters.busy.load(Ordering::Relaxed),
            timeouts: self.counters.timeouts.load(Ordering::Relaxed),
            crashed: self.counters.crashed.load(Ordering::Relaxed),
            answered: self.counters.answered.status(),
        }
    }
}
