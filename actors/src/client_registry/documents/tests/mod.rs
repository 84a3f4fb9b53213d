//! Clients that a document describes, through the actor: when the document is read, what bounds that, and what counts while it
//! cannot be read. `served` reads documents from servers on this machine.

mod bounds;
mod served;

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, System};
use serde_json::json;
use tokio::sync::Semaphore;

use super::{DocumentRefusal, DocumentSource, ReadDocument, Reading};
use crate::blocking::{BlockingPool, BlockingSettings};
use crate::client_registry::actor::ClientRegistry;
use crate::client_registry::key_sets::OutboundKeySets;
use crate::client_registry::messages::{
    PresentedCredentials, ResolveClient, ResolveClientError, ResolveClientReply,
};
use crate::client_registry::servers::ClientServers;
use crate::client_registry::{
    AuthenticateClient, ClientRegistrySettings, ClientRules, ConfiguredClients, CountClients, FindClient,
    StoredClients,
};
use crate::domain::client::{
    Client, ClientId, DocumentPolicy, Domain, InvalidMetadataDocument, MetadataDocumentUrl, PolicyRefusal,
};
use crate::domain::clock::{Clock as _, FixedClock};
use crate::domain::key_ring::{KeyRing, MasterKey};
use crate::domain::randomness::SeededRandomness;
use crate::handle::{Handle, HandleSettings};
use crate::outbound::OutboundError;
use crate::store::conformance::fixtures;
use crate::store::{MemoryStore, TokenRepository};

const APP: &str = "https://app.example/client.json";
const REDIRECT: &str = "https://app.example/callback";
const MOVED: &str = "https://app.example/moved";
const HERE: &str = "192.0.2.1";
const PATIENCE: Duration = Duration::from_mins(1);

/// Servers that all answer alike: as the test says, and when it says so.
struct Publisher {
    redirect_uri: Cell<&'static str>,
    failure: RefCell<Option<DocumentRefusal>>,
    asked: Cell<usize>,
    gate: Semaphore,
}

impl DocumentSource for Rc<Publisher> {
    fn read<'a>(&'a self, url: &'a MetadataDocumentUrl) -> Reading<'a> {
        Box::pin(async move {
            self.asked.set(self.asked.get() + 1);
            let _open = self.gate.acquire().await.unwrap();
            if let Some(failure) = self.failure.borrow().clone() {
                return Err(failure);
            }
            let document = json!({
                "client_id": url.as_str(), "client_name": "App", "redirect_uris": [self.redirect_uri.get()],
            });
            Ok(ReadDocument {
                members: document.as_object().unwrap().clone(),
                cache_control: Some("max-age=7200".to_owned()),
            })
        })
    }
}

/// A registry, and what surrounds it.
struct House {
    registry: Handle<ClientRegistry>,
    publisher: Rc<Publisher>,
    servers: ClientServers,
    clock: Arc<FixedClock>,
    store: Arc<MemoryStore>,
}

impl House {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut ClientRegistrySettings)) -> Self {
        Self::on(
            Arc::new(MemoryStore::new()),
            Arc::new(FixedClock::at(fixtures::at(0))),
            change,
        )
    }

    fn on(
        store: Arc<MemoryStore>,
        clock: Arc<FixedClock>,
        change: impl FnOnce(&mut ClientRegistrySettings),
    ) -> Self {
        let mut settings = ClientRegistrySettings::with_scopes(fixtures::scopes("mcp:read"));
        settings.documents = Some(DocumentPolicy::default());
        change(&mut settings);
        let randomness = SeededRandomness::new(1);
        let keys = KeyRing::new(&MasterKey::generate(&randomness).unwrap(), &[]).unwrap();
        let publisher = Rc::new(Publisher {
            redirect_uri: Cell::new(REDIRECT),
            failure: RefCell::default(),
            asked: Cell::default(),
            gate: Semaphore::new(Semaphore::MAX_PERMITS),
        });
        let documents: Box<dyn DocumentSource> = Box::new(Rc::clone(&publisher));
        let key_sets = Box::new(OutboundKeySets::new(BTreeSet::new(), false).unwrap());
        let servers = ClientServers::new(Some(documents), key_sets, &randomness).unwrap();
        let rules = ClientRules {
            settings: Arc::new(settings),
            configured: Arc::new(ConfiguredClients::new()),
            clock: Arc::<FixedClock>::clone(&clock),
            randomness: Arc::new(randomness),
            keys: Arc::new(keys),
            repository: Arc::<MemoryStore>::clone(&store),
            stored: StoredClients::default(),
        };
        let pool = BlockingPool::new(BlockingSettings {
            name: "clients",
            running: NonZeroU32::MIN,
            waiting: 300,
            retry_after: Duration::from_secs(1),
        });
        let settings = HandleSettings {
            name: "client_registry",
            capacity: 300,
            deadline: PATIENCE,
            retry_after: Duration::from_secs(1),
        };
        let registry = ClientRegistry::new(rules, pool, servers.clone()).start();
        Self {
            registry: Handle::new(registry, settings),
            publisher,
            servers,
            clock,
            store,
        }
    }

    async fn resolve(&self, id: &str) -> ResolveClientReply {
        self.resolve_for(id, REDIRECT).await
    }

    async fn resolve_for(&self, id: &str, redirect_uri: &str) -> ResolveClientReply {
        self.registry.ask(request(id, redirect_uri, HERE)).await.unwrap()
    }

    /// The document is refused for this reason.
    async fn refusal(&self, id: &str) -> DocumentRefusal {
        refusal(self.resolve(id).await)
    }

    async fn find(&self, id: &str) -> Option<Client> {
        let id = ClientId::parse(id).unwrap();
        self.registry.ask(FindClient { id }).await.unwrap().unwrap()
    }

    /// Issues a token to the client.
    fn issue_to(&self, id: &str) {
        let issue = fixtures::direct_to(id, 1, self.clock.now());
        assert!(self.store.issue_directly(&issue).unwrap());
    }

    async fn authenticate(&self, id: &str) -> bool {
        let id = ClientId::parse(id).unwrap();
        let credentials = PresentedCredentials::Nothing { id };
        let authenticated = self.registry.ask(AuthenticateClient { credentials }).await;
        authenticated.unwrap().is_ok()
    }

    fn fail(&self, failure: DocumentRefusal) {
        self.publisher.failure.replace(Some(failure));
    }
}

fn request(id: &str, redirect_uri: &str, network: &str) -> ResolveClient {
    ResolveClient {
        id: ClientId::parse(id).unwrap(),
        redirect_uri: Some(redirect_uri.to_owned()),
        network: network.parse::<IpAddr>().unwrap(),
    }
}

fn refusal(reply: ResolveClientReply) -> DocumentRefusal {
    match reply.unwrap_err() {
        ResolveClientError::Document(refusal) => refusal,
        other => panic!("{other}"),
    }
}

const TIMED_OUT: DocumentRefusal = DocumentRefusal::Outbound(OutboundError::TimedOut);

#[test]
fn a_document_is_read_once_and_its_client_is_one_like_any_other() {
    System::new().block_on(async {
        let house = House::new();
        assert_eq!(house.find(APP).await, None);
        let client = house.resolve(APP).await.unwrap();
        assert_eq!((client.id.as_str(), client.name.as_deref()), (APP, Some("App")));
        assert_eq!(client.scopes.to_string(), "mcp:read");
        assert_eq!(house.resolve(APP).await, Ok(client.clone()));
        assert_eq!(house.find(APP).await, Some(client));
        assert!(house.authenticate(APP).await);
        assert_eq!(house.registry.ask(CountClients).await, Ok(Ok(1)));
        assert_eq!(house.publisher.asked.get(), 1);
    });
}

#[test]
fn a_document_that_is_too_old_is_read_again_and_its_changes_count() {
    System::new().block_on(async {
        let house = House::new();
        let before = house.resolve(APP).await.unwrap();
        house.publisher.redirect_uri.set(MOVED);
        house.clock.advance(Duration::from_secs(7199));
        assert_eq!(house.resolve(APP).await, Ok(before));
        house.clock.advance(Duration::from_secs(1));
        let after = house.resolve(APP).await.unwrap();
        assert!(after.choose_redirect_uri(Some(REDIRECT)).is_err());
        assert!(after.choose_redirect_uri(Some(MOVED)).is_ok());
        assert_eq!(house.publisher.asked.get(), 2);
    });
}

#[test]
fn a_document_that_does_not_fit_a_request_is_doubted_once_in_five_minutes() {
    System::new().block_on(async {
        let house = House::new();
        house.resolve(APP).await.unwrap();
        house.publisher.redirect_uri.set(MOVED);
        house.clock.advance(Duration::from_secs(299));
        let early = house.resolve_for(APP, MOVED).await.unwrap();
        assert!(early.choose_redirect_uri(Some(MOVED)).is_err());
        house.clock.advance(Duration::from_secs(1));
        let late = house.resolve_for(APP, MOVED).await.unwrap();
        assert!(late.choose_redirect_uri(Some(MOVED)).is_ok());
        assert_eq!(house.publisher.asked.get(), 2);
    });
}

#[test]
fn a_failure_is_not_kept() {
    System::new().block_on(async {
        let house = House::new();
        for failure in [
            DocumentRefusal::Status(404),
            TIMED_OUT,
            DocumentRefusal::NotAnObject,
        ] {
            house.fail(failure.clone());
            assert_eq!(house.refusal(APP).await, failure);
        }
        assert_eq!(house.find(APP).await, None);
        house.publisher.failure.take();
        assert!(house.resolve(APP).await.is_ok());
    });
}

#[test]
fn a_client_that_is_used_outlives_an_outage_of_its_publisher_for_seven_days() {
    System::new().block_on(async {
        let house = House::new();
        let (used, unused) = (APP, "https://other.example/client.json");
        for id in [used, unused] {
            house.resolve(id).await.unwrap();
        }
        house.issue_to(used);
        house.clock.advance(Duration::from_hours(2));
        house.fail(TIMED_OUT);
        assert_eq!(house.resolve(used).await.unwrap().id.as_str(), used);
        assert_eq!(house.refusal(unused).await, TIMED_OUT);
        // A publisher that answers has taken the application back.
        house.fail(DocumentRefusal::Status(404));
        assert_eq!(house.refusal(used).await, DocumentRefusal::Status(404));
        house.fail(DocumentRefusal::Status(503));
        assert!(house.resolve(used).await.is_ok());
        house.clock.advance(Duration::from_hours(7 * 24));
        assert_eq!(house.refusal(used).await, DocumentRefusal::Status(503));
        // What was granted goes on: who refreshes sends nobody to the publisher.
        assert!(house.authenticate(used).await);
    });
}

#[test]
fn a_client_is_kept_as_long_as_its_logins_and_swept_when_it_is_not_used() {
    System::new().block_on(async {
        let house = House::new();
        house.resolve(APP).await.unwrap();
        house.issue_to(APP);
        house.resolve("https://other.example/client.json").await.unwrap();
        house.clock.advance(Duration::from_hours(24 * 89));
        let sweep = crate::client_registry::SweepClients { most: 10 };
        assert_eq!(house.registry.ask(sweep).await, Ok(Ok(1)));
        assert!(house.authenticate(APP).await);
    });
}

#[test]
fn what_a_document_must_not_say_is_refused_and_not_kept() {
    System::new().block_on(async {
        let house = House::new();
        house.publisher.redirect_uri.set("javascript:alert(1)");
        let refused = house.refusal(APP).await;
        assert!(matches!(
            refused,
            DocumentRefusal::Content(InvalidMetadataDocument::Metadata(_))
        ));
        assert!(
            refused
                .to_string()
                .starts_with("Invalid redirect_uri: redirect_uris[0]: ")
        );
        assert_eq!(house.registry.ask(CountClients).await, Ok(Ok(0)));
    });
}

#[test]
fn whose_documents_are_accepted_is_asked_at_every_use() {
    System::new().block_on(async {
        let house = House::new();
        house.resolve(APP).await.unwrap();
        let again = |change: fn(&mut ClientRegistrySettings)| {
            House::on(Arc::clone(&house.store), Arc::clone(&house.clock), change)
        };
        let off = again(|settings| settings.documents = None);
        assert_eq!(off.refusal(APP).await, DocumentRefusal::SwitchedOff);
        let denied = again(|settings| {
            settings.documents = Some(DocumentPolicy {
                denied_domains: vec![Domain::parse("example").unwrap()],
                ..DocumentPolicy::default()
            });
        });
        let refused = DocumentRefusal::Policy(PolicyRefusal::Domain);
        assert_eq!(denied.refusal(APP).await, refused);
        for house in [&off, &denied] {
            assert_eq!(house.find(APP).await, None);
            assert!(!house.authenticate(APP).await);
            assert_eq!(house.publisher.asked.get(), 0);
        }
        let url = house.refusal("https://app.example/client.json?a").await;
        assert!(matches!(url, DocumentRefusal::Url(_)));
        assert!(house.authenticate(APP).await);
    });
}

#[test]
fn identifiers_that_are_no_urls_are_looked_up_and_nobody_is_asked() {
    System::new().block_on(async {
        let house = House::new();
        let nobody = house.resolve("nobody").await;
        assert_eq!(nobody, Err(ResolveClientError::Unknown));
        assert_eq!(house.publisher.asked.get(), 0);
    });
}
