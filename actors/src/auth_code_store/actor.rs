//! The actor: each message is answered by its rule, on a thread that may wait for the store.

use actix::{Actor, ActorContext, Context, Handler, ResponseFuture};

use super::messages::{ConsumeCode, SaveCode, SweepCodes};
use super::rules::CodeRules;
use crate::blocking::BlockingPool;
use crate::handle::{Carried, Stop};

/// Issues authorization codes and judges their exchange. See the module's documentation.
pub struct AuthCodeStore {
    rules: CodeRules,
    store: BlockingPool,
}

impl AuthCodeStore {
    /// An actor that answers by these rules and lets the store's work run in this pool.
    #[must_use]
    pub const fn new(rules: CodeRules, store: BlockingPool) -> Self {
        Self { rules, store }
    }
}

/// Places in the mailbox. A message leaves it within microseconds, since handling it is passing it on to the pool; what
/// is under way is bounded by the handle.
const MAILBOX: usize = 1_024;

impl Actor for AuthCodeStore {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.set_mailbox_capacity(MAILBOX);
        log::debug!("the store of authorization codes has started");
    }

    fn stopped(&mut self, _context: &mut Self::Context) {
        log::debug!("the store of authorization codes has stopped");
    }
}

impl Handler<Carried<SaveCode>> for AuthCodeStore {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, message: Carried<SaveCode>, _context: &mut Self::Context) -> Self::Result {
        let rules = self.rules.clone();
        self.store.answer(message, move |request| rules.save(request))
    }
}

impl Handler<Carried<ConsumeCode>> for AuthCodeStore {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, message: Carried<ConsumeCode>, _context: &mut Self::Context) -> Self::Result {
        let rules = self.rules.clone();
        self.store.answer(message, move |request| rules.consume(&request))
    }
}

impl Handler<Carried<SweepCodes>> for AuthCodeStore {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, message: Carried<SweepCodes>, _context: &mut Self::Context) -> Self::Result {
        let rules = self.rules.clone();
        self.store.answer(message, move |request| rules.sweep(request))
    }
}

impl Handler<Stop> for AuthCodeStore {
    type Result = ();

    fn handle(&mut self, _stop: Stop, context: &mut Self::Context) {
        context.stop();
    }
}
