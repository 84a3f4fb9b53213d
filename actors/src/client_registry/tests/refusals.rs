//! What it costs to refuse a client: the same for each, so that the time of an answer does not tell which clients exist.

use std::sync::atomic::{AtomicU32, Ordering};

use super::*;
use crate::domain::client::DocumentPolicy;
use crate::domain::key_ring::comparisons;
use crate::store::StoreError;
use crate::store::clients::ClientInsertion;

/// A store that counts what it is asked and told, or fails.
struct Counted {
    store: Arc<MemoryStore>,
    calls: AtomicU32,
    fails: bool,
}

impl Counted {
    fn new(store: &Arc<MemoryStore>, fails: bool) -> Arc<Self> {
        Arc::new(Self {
            store: Arc::clone(store),
            calls: AtomicU32::new(0),
            fails,
        })
    }

    fn called(&self) -> Result<&MemoryStore, StoreError> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        match self.fails {
            true => Err(StoreError::Busy { operation: "test" }),
            false => Ok(&self.store),
        }
    }

    /// The calls since the last time that this was asked.
    fn take(&self) -> u32 {
        self.calls.swap(0, Ordering::Relaxed)
    }
}

impl ClientRepository for Counted {
    fn insert_client(
        &self,
        client: &Client,
        fingerprint: Option<&[u8; 32]>,
        now: Timestamp,
    ) -> Result<ClientInsertion, StoreError> {
        self.called()?.insert_client(client, fingerprint, now)
    }

    fn put_described_client(&self, client: &Client) -> Result<(), StoreError> {
        self.called()?.put_described_client(client)
    }

    fn find_client(&self, id: &ClientId) -> Result<Option<Client>, StoreError> {
        self.called()?.find_client(id)
    }

    fn prolong_client(&self, id: &ClientId, expires_at: Timestamp) -> Result<bool, StoreError> {
        self.called()?.prolong_client(id, expires_at)
    }

    fn delete_expired_clients(&self, now: Timestamp, most: u32) -> Result<u64, StoreError> {
        self.called()?.delete_expired_clients(now, most)
    }

    fn delete_unused_clients_beyond(&self, kept: u64, now: Timestamp) -> Result<u64, StoreError> {
        self.called()?.delete_unused_clients_beyond(kept, now)
    }

    fn count_clients(&self) -> Result<u64, StoreError> {
        self.called()?.count_clients()
    }
}

/// A registry, and clients of every kind: configured, registered with a secret, unknown, and with a document.
fn registry_and_clients(documents: Option<DocumentPolicy>) -> (Registry, Vec<String>) {
    let registry = registry_with(|settings| settings.documents = documents);
    let registered = ["client_secret_basic", "client_secret_post"]
        .map(|method| text(&registry.register_with_method(method), "client_id").to_owned());
    let others = [
        "mcp-test-client",
        "nobody",
        "https://client.example/metadata.json",
    ]
    .map(str::to_owned);
    (registry, [&registered[..], &others].concat())
}

#[test]
fn whoever_is_refused_has_cost_one_question_and_one_comparison() {
    for documents in [None, Some(DocumentPolicy::default())] {
        let (mut registry, clients) = registry_and_clients(documents);
        let counted = Counted::new(&registry.store, false);
        registry.rules.repository = Arc::<Counted>::clone(&counted);
        for id in &clients {
            for (credentials, compared) in
                [(header(id, "wrong"), 1), (body(id, "wrong"), 1), (nothing(id), 0)]
            {
                comparisons::take();
                let refusal = registry.refusal(credentials);
                let cost = (counted.take(), comparisons::take());
                assert_eq!(cost, (1, compared), "{id}: {refusal}");
            }
        }
    }
}

#[test]
fn a_configured_client_that_proves_itself_asks_no_store() {
    let mut registry = registry();
    let counted = Counted::new(&registry.store, true);
    registry.rules.repository = Arc::<Counted>::clone(&counted);
    let known = header("mcp-test-client", "mcp-test-secret");
    assert!(registry.authenticate(known).is_ok());
    assert_eq!(counted.take(), 0);
}

#[test]
fn an_outage_of_the_store_does_not_tell_who_is_configured_either() {
    let (mut registry, clients) = registry_and_clients(None);
    registry.rules.repository = Counted::new(&registry.store, true);
    for id in &clients {
        for credentials in [header(id, "wrong"), nothing(id)] {
            let refused = registry.authenticate(credentials).unwrap_err();
            assert!(
                matches!(refused, AuthenticateClientError::Store(_)),
                "{id}: {refused}"
            );
        }
    }
}
