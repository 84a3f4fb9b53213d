//! What a failure costs: one call, and no more.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use actix::{Actor, System};

use super::house::{PATIENCE, house, keys, local, settings, start, until};
use crate::blocking::{BlockingPool, BlockingSettings};
use crate::client_registry::actor::ClientRegistry;
use crate::client_registry::key_sets::OutboundKeySets;
use crate::client_registry::servers::ClientServers;
use crate::client_registry::{
    ClientRegistrySettings, ClientRules, ConfiguredClients, FindClient, StoredClients,
};
use crate::domain::client::{Client, ClientId};
use crate::domain::clock::{Clock, FixedClock, Timestamp};
use crate::domain::key_ring::{KeyRing, MasterKey};
use crate::domain::randomness::SeededRandomness;
use crate::error::CallError;
use crate::handle::{Handle, HandleSettings};
use crate::store::clients::ClientInsertion;
use crate::store::conformance::fixtures;
use crate::store::{ClientRepository, KeyRepository, MemoryStore, StoreError};
use crate::system::{LoginSettings, StartError};

/// Finds nobody, panics or hangs, as the test says.
#[derive(Default)]
struct Moody {
    panics: AtomicBool,
    /// Tells that a call has come, and lets it wait until the other end is gone.
    hangs: Mutex<Option<(mpsc::Sender<()>, mpsc::Receiver<()>)>>,
}

impl ClientRepository for Moody {
    fn find_client(&self, _id: &ClientId) -> Result<Option<Client>, StoreError> {
        assert!(!self.panics.load(Ordering::SeqCst), "as the test asked");
        let hangs = self.hangs.lock().unwrap().take();
        if let Some((come, go)) = hangs {
            come.send(()).unwrap();
            go.recv_timeout(PATIENCE).unwrap_err();
        }
        Ok(None)
    }

    fn insert_client(
        &self,
        _client: &Client,
        _fingerprint: Option<&[u8; 32]>,
        _now: Timestamp,
    ) -> Result<ClientInsertion, StoreError> {
        unreachable!("not asked in these tests")
    }

    fn put_described_client(&self, _client: &Client) -> Result<(), StoreError> {
        unreachable!("not asked in these tests")
    }

    fn prolong_client(&self, _id: &ClientId, _expires_at: Timestamp) -> Result<bool, StoreError> {
        unreachable!("not asked in these tests")
    }

    fn delete_expired_clients(&self, _now: Timestamp, _most: u32) -> Result<u64, StoreError> {
        unreachable!("not asked in these tests")
    }

    fn delete_unused_clients_beyond(&self, _kept: u64, _now: Timestamp) -> Result<u64, StoreError> {
        unreachable!("not asked in these tests")
    }

    fn count_clients(&self) -> Result<u64, StoreError> {
        unreachable!("not asked in these tests")
    }
}

fn registry(repository: &Arc<Moody>, capacity: usize) -> Handle<ClientRegistry> {
    let rules = ClientRules {
        settings: Arc::new(ClientRegistrySettings::with_scopes(fixtures::scopes("mcp:read"))),
        configured: Arc::new(ConfiguredClients::new()),
        clock: Arc::new(FixedClock::at(fixtures::at(0))),
        randomness: Arc::new(SeededRandomness::new(1)),
        keys: Arc::new(keys()),
        repository: Arc::<Moody>::clone(repository),
        stored: StoredClients::default(),
    };
    let settings = HandleSettings {
        name: "client_registry",
        capacity,
        deadline: PATIENCE,
        retry_after: Duration::from_secs(1),
    };
    let pool = BlockingPool::new(BlockingSettings {
        name: "clients",
        running: NonZeroU32::MIN,
        waiting: 10,
        retry_after: settings.retry_after,
    });
    let key_sets = Box::new(OutboundKeySets::new([].into(), false).unwrap());
    let servers = ClientServers::new(None, key_sets, &SeededRandomness::new(1)).unwrap();
    Handle::new(ClientRegistry::new(rules, pool, servers).start(), settings)
}

fn find() -> FindClient {
    let id = ClientId::parse("somebody").unwrap();
    FindClient { id }
}

#[test]
fn a_panicking_store_costs_one_call_and_not_the_actor() {
    System::new().block_on(async {
        let store = Arc::new(Moody::default());
        let registry = registry(&store, 10);
        assert_eq!(registry.ask(find()).await, Ok(Ok(None)));
        store.panics.store(true, Ordering::SeqCst);
        assert_eq!(registry.ask(find()).await, Err(CallError::Crashed));
        store.panics.store(false, Ordering::SeqCst);
        assert_eq!(registry.ask(find()).await, Ok(Ok(None)));
        assert_eq!(registry.status().crashed, 1);
    });
}

#[test]
fn a_hanging_store_makes_others_busy_and_not_wait() {
    System::new().block_on(async {
        let store = Arc::new(Moody::default());
        let registry = registry(&store, 1);
        let (come, has_come) = mpsc::channel();
        let (go, wait) = mpsc::channel();
        *store.hangs.lock().unwrap() = Some((come, wait));
        let asking = registry.clone();
        let hanging = tokio::task::spawn_local(async move { asking.ask(find()).await });
        until("come", || has_come.try_recv().is_ok()).await;
        assert!(matches!(registry.ask(find()).await, Err(CallError::Busy { .. })));
        drop(go);
        assert_eq!(hanging.await.unwrap(), Ok(Ok(None)));
        assert_eq!(registry.ask(find()).await, Ok(Ok(None)));
    });
}

#[test]
fn nothing_starts_on_a_store_whose_keys_are_missing() {
    System::new().block_on(async {
        let store = Arc::new(MemoryStore::new());
        let clock = Arc::new(FixedClock::at(fixtures::at(0)));
        let other = KeyRing::new(&MasterKey::generate(&SeededRandomness::new(5)).unwrap(), &[]).unwrap();
        store.record_key(other.current_id(), clock.now()).unwrap();
        let settings = settings(LoginSettings::Local(local()));
        let refused = start(settings, Arc::<MemoryStore>::clone(&store), &clock).await;
        let Err(StartError::KeysMissing { missing }) = refused else {
            panic!("it started");
        };
        assert_eq!(missing, [other.current_id()]);
        assert_eq!(
            store.known_keys(),
            Ok(vec![other.current_id()]),
            "nothing was noted"
        );
    });
}

#[test]
fn the_key_that_the_store_is_filled_with_is_noted() {
    System::new().block_on(async {
        let house = house().await;
        assert_eq!(house.store.known_keys(), Ok(vec![keys().current_id()]));
    });
}
