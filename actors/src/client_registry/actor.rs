//! The actor: each message is answered by its rule, on a thread that may wait for the store; a client whose document or keys
//! must be read first is answered when they have been read, and nobody else waits for that.

use actix::{Actor, ActorContext, Context, Handler, ResponseFuture};

use super::documents::{DocumentReader, DocumentRefusal};
use super::messages::{
    AuthenticateByAssertion, AuthenticateClient, CountClients, FindClient, RegisterClient, ResolveClient,
    ResolveClientReply, SweepClients,
};
use super::rules::ClientRules;
use super::servers::{ClientServers, Reading};
use crate::blocking::BlockingPool;
use crate::error::CallError;
use crate::handle::{Carried, Stop};

/// Knows who may ask for tokens. See the module's documentation.
pub struct ClientRegistry {
    rules: ClientRules,
    store: BlockingPool,
    servers: ClientServers,
}

/// Reads the documents of clients.
pub type ClientDocuments = DocumentReader<Resolved>;

/// What becomes of reading the document of a client.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolved(pub(super) Result<ResolveClientReply, CallError>);

impl From<DocumentRefusal> for Resolved {
    fn from(refusal: DocumentRefusal) -> Self {
        Self(Ok(Err(refusal.into())))
    }
}

impl ClientRegistry {
    /// An actor that answers by these rules and lets the store's work run in this pool.
    #[must_use]
    pub const fn new(rules: ClientRules, store: BlockingPool, servers: ClientServers) -> Self {
        Self {
            rules,
            store,
            servers,
        }
    }

    fn reading(&self) -> Reading {
        Reading {
            rules: self.rules.clone(),
            store: self.store.clone(),
            servers: self.servers.clone(),
        }
    }
}

/// Places in the mailbox. A message leaves it within microseconds, since handling it is passing it on to the pool; what
/// is under way is bounded by the handle.
const MAILBOX: usize = 1_024;

impl Actor for ClientRegistry {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.set_mailbox_capacity(MAILBOX);
        log::debug!("the client registry has started");
    }

    fn stopped(&mut self, _context: &mut Self::Context) {
        log::debug!("the client registry has stopped");
    }
}

impl Handler<Carried<RegisterClient>> for ClientRegistry {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, message: Carried<RegisterClient>, _context: &mut Self::Context) -> Self::Result {
        let rules = self.rules.clone();
        self.store.answer(message, move |request| rules.register(request))
    }
}

impl Handler<Carried<ResolveClient>> for ClientRegistry {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, message: Carried<ResolveClient>, _context: &mut Self::Context) -> Self::Result {
        let reading = self.reading();
        let (request, reply) = message.split();
        Box::pin(async move { reply.answer(reading.resolve(request).await) })
    }
}

impl Handler<Carried<AuthenticateByAssertion>> for ClientRegistry {
    type Result = ResponseFuture<()>;

    fn handle(
        &mut self,
        message: Carried<AuthenticateByAssertion>,
        _context: &mut Self::Context,
    ) -> Self::Result {
        let reading = self.reading();
        let (request, reply) = message.split();
        Box::pin(async move { reply.answer(reading.authenticate(request).await) })
    }
}

impl Handler<Carried<FindClient>> for ClientRegistry {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, message: Carried<FindClient>, _context: &mut Self::Context) -> Self::Result {
        let rules = self.rules.clone();
        self.store.answer(message, move |request| rules.find(&request))
    }
}

impl Handler<Carried<AuthenticateClient>> for ClientRegistry {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, message: Carried<AuthenticateClient>, _context: &mut Self::Context) -> Self::Result {
        let rules = self.rules.clone();
        self.store
            .answer(message, move |request| rules.authenticate(&request))
    }
}

impl Handler<Carried<CountClients>> for ClientRegistry {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, message: Carried<CountClients>, _context: &mut Self::Context) -> Self::Result {
        let rules = self.rules.clone();
        self.store.answer(message, move |CountClients| rules.count())
    }
}

impl Handler<Carried<SweepClients>> for ClientRegistry {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, message: Carried<SweepClients>, _context: &mut Self::Context) -> Self::Result {
        let rules = self.rules.clone();
        self.store.answer(message, move |request| rules.sweep(request))
    }
}

impl Handler<Stop> for ClientRegistry {
    type Result = ();

    fn handle(&mut self, _stop: Stop, context: &mut Self::Context) {
        context.stop();
    }
}
