//! The actor: each message is answered by its rule, on a thread that may wait for the store. An end is forgotten here, and
//! told to other replicas, before it is answered.

use std::sync::Arc;

use actix::{Actor, ActorContext, Context, Handler, ResponseFuture};

use super::finder::SessionRegistryHandle;
use super::found_sessions::FoundSessions;
use super::messages::{CountSessions, EndSession, FindSession, OpenSession, SweepSessions};
use super::rules::SessionRules;
use crate::blocking::BlockingPool;
use crate::handle::{Carried, Handle, HandleSettings, Stop};
use crate::replica_bus::{Announcement, ReplicaBus, ReplicaListener};

/// Opens, finds and ends sessions of the protocol's legacy revisions. See the module's documentation.
pub struct SessionRegistry {
    rules: SessionRules,
    store: BlockingPool,
    found: Arc<FoundSessions>,
    bus: ReplicaBus,
}

/// A started registry, with the means to stop it.
pub struct RunningSessionRegistry {
    /// The way to ask it.
    pub handle: SessionRegistryHandle,
    pool: BlockingPool,
}

impl SessionRegistry {
    /// Starts the registry on the current thread's arbiter. It answers by these rules, lets the store's work run in this
    /// pool, and tells other replicas over the bus what has ended.
    #[must_use]
    pub fn launch(
        rules: SessionRules,
        pool: BlockingPool,
        settings: HandleSettings,
        bus: ReplicaBus,
    ) -> RunningSessionRegistry {
        let found = Arc::<FoundSessions>::default();
        bus.listen(Arc::<FoundSessions>::clone(&found) as Arc<dyn ReplicaListener>);
        let clock = Arc::clone(&rules.clock);
        let registry = Self {
            rules,
            store: pool.clone(),
            found: Arc::clone(&found),
            bus,
        };
        let handle = Handle::new(registry.start(), settings);
        RunningSessionRegistry {
            handle: SessionRegistryHandle::new(handle, found, clock),
            pool,
        }
    }
}

impl RunningSessionRegistry {
    /// Where calls to the store run.
    pub(crate) const fn pool(&self) -> &BlockingPool {
        &self.pool
    }

    /// Takes no more calls and finishes those that it took.
    pub async fn stop(self) {
        self.handle.stop().await;
        self.pool.drain().await;
    }
}

/// Places in the mailbox. A message leaves it within microseconds, since handling it is passing it on to the pool; what
/// is under way is bounded by the handle.
const MAILBOX: usize = 4_096;

impl Actor for SessionRegistry {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.set_mailbox_capacity(MAILBOX);
        log::debug!("the session registry has started");
    }

    fn stopped(&mut self, _context: &mut Self::Context) {
        log::debug!("the session registry has stopped");
    }
}

impl Handler<Carried<OpenSession>> for SessionRegistry {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, message: Carried<OpenSession>, _context: &mut Self::Context) -> Self::Result {
        let rules = self.rules.clone();
        self.store.answer(message, move |request| rules.open(request))
    }
}

impl Handler<Carried<FindSession>> for SessionRegistry {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, message: Carried<FindSession>, _context: &mut Self::Context) -> Self::Result {
        let rules = self.rules.clone();
        self.store.answer(message, move |request| rules.find(request))
    }
}

impl Handler<Carried<EndSession>> for SessionRegistry {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, message: Carried<EndSession>, _context: &mut Self::Context) -> Self::Result {
        let (rules, found, bus) = (self.rules.clone(), Arc::clone(&self.found), self.bus.clone());
        self.store.answer(message, move |request| {
            let ended = rules.end(&request);
            // A failure may have ended it.
            if ended != Ok(false) {
                found.forget(&request.id);
                let session = request.id;
                bus.announce(Announcement::SessionEnded { session });
            }
            ended
        })
    }
}

impl Handler<Carried<SweepSessions>> for SessionRegistry {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, message: Carried<SweepSessions>, _context: &mut Self::Context) -> Self::Result {
        let rules = self.rules.clone();
        self.store.answer(message, move |request| rules.sweep(request))
    }
}

impl Handler<Carried<CountSessions>> for SessionRegistry {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, message: Carried<CountSessions>, _context: &mut Self::Context) -> Self::Result {
        let rules = self.rules.clone();
        self.store.answer(message, move |_request| rules.count())
    }
}

impl Handler<Stop> for SessionRegistry {
    type Result = ();

    fn handle(&mut self, _stop: Stop, context: &mut Self::Context) {
        context.stop();
    }
}
