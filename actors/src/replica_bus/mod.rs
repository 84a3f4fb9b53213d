//! What replicas tell each other, so that one of them need not ask the store about everything that another one did.
//!
//! * `announcement.rs`: what can be told, and how it is written.
//! * `exchange.rs`: the place where it is left; PostgreSQL's is `store/diesel/replica_exchange.rs`.
//! * `outbox.rs`: what has not been told yet.
//! * `conversation.rs`: the thread that says and hears, and connects again.
//! * `status.rs`: how it is doing.
//!
//! | part | state | class |
//! |---|---|---|
//! | exchange | messages of the last minutes | ephemeral: swept |
//! | outbox | at most 1,024 messages | ephemeral: said at stop |
//!
//! Nothing depends on the bus for being right. It makes fast what the store decides: a revoked token is refused
//! everywhere when caches expire, after a second, and with the bus within milliseconds. So telling never blocks and
//! never fails, and after a lost connection every cache is emptied, because what was missed is unknown.

mod announcement;
mod conversation;
pub mod exchange;
mod outbox;
mod status;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

pub use announcement::Announcement;
pub use status::{BusConnection, ReplicaBusStatus};

use crate::domain::clock::Clock;
use conversation::Conversation;
use exchange::Exchange;
use outbox::Outbox;
use status::Counters;

/// Somebody who must know what happened on other replicas. Called on the bus's thread: short work, no waiting.
pub trait ReplicaListener: Send + Sync {
    /// Another replica said this.
    fn hear(&self, announcement: &Announcement);

    /// Something may have been said that was not heard: whatever is cached is not certain any more.
    fn miss(&self);
}

/// The way to tell other replicas and to hear them. Clones are the same bus.
#[derive(Clone)]
pub struct ReplicaBus(Option<Arc<Shared>>);

/// What handles and thread have in common.
#[derive(Default)]
struct Shared {
    outbox: Outbox,
    listeners: Mutex<Vec<Arc<dyn ReplicaListener>>>,
    counters: Counters,
}

impl Shared {
    fn listeners(&self) -> MutexGuard<'_, Vec<Arc<dyn ReplicaListener>>> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ReplicaBus {
    /// For a process that has no others beside it.
    #[must_use]
    pub const fn alone() -> Self {
        Self(None)
    }

    /// Tells all other replicas, soon. Who announces has done here what listeners do elsewhere.
    pub fn announce(&self, announcement: Announcement) {
        let Some(shared) = &self.0 else { return };
        if !shared.outbox.put(announcement) {
            shared.counters.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// From now on the listener hears what others say.
    pub fn listen(&self, listener: Arc<dyn ReplicaListener>) {
        if let Some(shared) = &self.0 {
            shared.listeners().push(listener);
        }
    }

    /// How the bus is doing.
    #[must_use]
    pub fn status(&self) -> ReplicaBusStatus {
        let shared = self.0.as_ref();
        shared.map_or(ReplicaBusStatus::ALONE, |shared| shared.counters.read())
    }
}

impl fmt::Debug for ReplicaBus {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("ReplicaBus").field(&self.status()).finish()
    }
}

/// The started bus, with the means to stop it.
pub struct RunningReplicaBus {
    /// The way to use it.
    pub bus: ReplicaBus,
    thread: Option<JoinHandle<()>>,
}

impl RunningReplicaBus {
    /// Starts the bus for the replica of this name. `None` is a process alone. The first connection is opened by the bus's
    /// own thread: a start does not wait for it.
    ///
    /// # Errors
    ///
    /// No thread could be started.
    pub fn launch(
        exchange: Option<Arc<dyn Exchange>>,
        replica: &str,
        clock: Arc<dyn Clock>,
    ) -> io::Result<Self> {
        let Some(exchange) = exchange else {
            return Ok(Self {
                bus: ReplicaBus::alone(),
                thread: None,
            });
        };
        let shared = Arc::<Shared>::default();
        let conversation = Conversation {
            exchange,
            replica: replica.to_owned(),
            clock,
            shared: Arc::clone(&shared),
        };
        let thread = thread::Builder::new()
            .name("replica-bus".to_owned())
            .spawn(move || conversation.run())?;
        Ok(Self {
            bus: ReplicaBus(Some(shared)),
            thread: Some(thread),
        })
    }

    /// Says what still waits, if somebody can be told now, and stops. Blocks for as long as one statement may take.
    pub fn stop(self) {
        if let Some(shared) = &self.bus.0 {
            shared.outbox.close();
        }
        if self.thread.is_some_and(|thread| thread.join().is_err()) {
            log::error!("the replica bus had crashed");
        }
    }
}
