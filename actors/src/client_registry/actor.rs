//! The actor: each message is answered by its rule, on a thread that may wait for the store; a client whose document must be
//! read first is answered when it has been read, and nobody else waits for that.

use actix::{Actor, ActorContext, Context, Handler, ResponseFuture};

use super::document_rules::Known;
use super::documents::{DocumentReader, DocumentRefusal};
use super::messages::{
    AuthenticateClient, CountClients, FindClient, RegisterClient, ResolveClient, ResolveClientError,
    ResolveClientReply, SweepClients,
};
use super::rules::ClientRules;
use crate::blocking::BlockingPool;
use crate::error::CallError;
use crate::handle::{Carried, Stop};

/// Knows who may ask for tokens. See the module's documentation.
pub struct ClientRegistry {
    rules: ClientRules,
    store: BlockingPool,
    documents: Option<ClientDocuments>,
}

/// Reads the documents of clients.
pub type ClientDocuments = DocumentReader<Resolved>;

/// What becomes of reading the document of a client.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolved(Result<ResolveClientReply, CallError>);

impl From<DocumentRefusal> for Resolved {
    fn from(refusal: DocumentRefusal) -> Self {
        Self(Ok(Err(refusal.into())))
    }
}

impl ClientRegistry {
    /// An actor that answers by these rules and lets the store's work run in this pool.
    #[must_use]
    pub const fn new(rules: ClientRules, store: BlockingPool, documents: Option<ClientDocuments>) -> Self {
        Self {
            rules,
            store,
            documents,
        }
    }
}

/// The client of an authorization request, after reading its document if that is due.
async fn resolve(
    rules: ClientRules,
    store: BlockingPool,
    documents: Option<ClientDocuments>,
    request: ResolveClient,
) -> Result<ResolveClientReply, CallError> {
    let (now, network) = (rules.clock.now(), request.network);
    let known = {
        let rules = rules.clone();
        store.run(move || rules.known(&request)).await?
    };
    let (url, before) = match known {
        Known::Answer(answer) => return Ok(answer),
        Known::Unread { url, before } => (url, before),
    };
    let Some(documents) = documents else {
        return Ok(Err(DocumentRefusal::SwitchedOff.into()));
    };
    let keep = |url, document| async move { Resolved(store.run(move || rules.keep(&url, document)).await) };
    let Resolved(resolved) = documents.read(url, network, now, keep).await;
    match (resolved?, before) {
        (Err(ResolveClientError::Document(refusal)), Some(client)) if refusal.is_temporary() => {
            log::warn!(
                "the document of the client {} cannot be read, so what it said before counts: {refusal}",
                client.id
            );
            Ok(Ok(*client))
        }
        (resolved, _) => Ok(resolved),
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
        let (rules, store, documents) = (self.rules.clone(), self.store.clone(), self.documents.clone());
        let (request, reply) = message.split();
        Box::pin(async move { reply.answer(resolve(rules, store, documents, request).await) })
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
