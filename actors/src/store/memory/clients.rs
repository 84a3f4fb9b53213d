//! Clients in memory.

use super::{MemoryStore, State};
use crate::domain::client::{Client, ClientId};
use crate::domain::clock::Timestamp;
use crate::store::StoreError;
use crate::store::clients::{ClientInsertion, ClientNeed, ClientRepository, ClientUse, MOST_WITH_LOGINS};
use crate::store::memory::remove_up_to;

/// Before every login.
const NEVER: Timestamp = Timestamp::from_seconds(0);

/// A client, the fingerprint that no other unexpired one has, and when no login needs it any more.
pub(super) struct StoredClient {
    client: Client,
    fingerprint: Option<[u8; 32]>,
    needed_until: Timestamp,
}

impl ClientRepository for MemoryStore {
    fn insert_client(
        &self,
        client: &Client,
        fingerprint: Option<&[u8; 32]>,
        now: Timestamp,
    ) -> Result<ClientInsertion, StoreError> {
        let mut state = self.lock("insert client")?;
        if let Some(fingerprint) = fingerprint {
            let is_equal = |stored: &StoredClient| stored.fingerprint.as_ref() == Some(fingerprint);
            state
                .clients
                .retain(|_, stored| !(is_equal(stored) && stored.client.is_expired(now)));
            if let Some(stored) = state.clients.values().find(|stored| is_equal(stored)) {
                return Ok(ClientInsertion::EqualExists(Box::new(stored.client.clone())));
            }
        }
        let stored = StoredClient {
            client: client.clone(),
            fingerprint: fingerprint.copied(),
            needed_until: NEVER,
        };
        let is_new = super::insert_new(&mut state.clients, client.id.clone(), stored);
        Ok(if is_new {
            ClientInsertion::Inserted
        } else {
            ClientInsertion::IdTaken
        })
    }

    fn put_described_client(&self, client: &Client) -> Result<(), StoreError> {
        let mut state = self.lock("put described client")?;
        let stored = state.clients.entry(client.id.clone());
        let stored = stored.or_insert_with(|| StoredClient {
            client: client.clone(),
            fingerprint: None,
            needed_until: NEVER,
        });
        let before = &stored.client;
        stored.client = Client {
            last_used_at: before.last_used_at,
            expires_at: before
                .expires_at
                .zip(client.expires_at)
                .map(|(before, now)| before.max(now)),
            ..client.clone()
        };
        Ok(())
    }

    fn find_client(&self, id: &ClientId) -> Result<Option<Client>, StoreError> {
        Ok(self
            .lock("find client")?
            .clients
            .get(id)
            .map(|stored| stored.client.clone()))
    }

    fn prolong_client(&self, id: &ClientId, expires_at: Timestamp) -> Result<bool, StoreError> {
        let mut state = self.lock("prolong client")?;
        let Some(stored) = state.clients.get_mut(id) else {
            return Ok(false);
        };
        stored.client.expires_at = stored.client.expires_at.map(|current| current.max(expires_at));
        Ok(true)
    }

    fn delete_expired_clients(&self, now: Timestamp, most: u32) -> Result<u64, StoreError> {
        let mut state = self.lock("delete expired clients")?;
        Ok(remove_up_to(&mut state.clients, most, |stored| {
            stored.client.is_expired(now)
        }))
    }

    fn delete_unused_clients_beyond(&self, kept: u64, now: Timestamp) -> Result<u64, StoreError> {
        let mut state = self.lock("delete unused clients")?;
        let idle = state.delete_unused_beyond(kept, |stored| stored.needed_until <= now);
        let busy = state.delete_unused_beyond(kept.saturating_mul(MOST_WITH_LOGINS), |_| true);
        Ok(idle + busy)
    }

    fn count_clients(&self) -> Result<u64, StoreError> {
        Ok(self.lock("count clients")?.clients.len() as u64)
    }
}

impl State {
    /// Deletes the oldest unused clients among those that are meant, until so many of these are left.
    fn delete_unused_beyond(&mut self, kept: u64, is_meant: impl Fn(&StoredClient) -> bool) -> u64 {
        let unused = self
            .clients
            .values()
            .filter(|stored| stored.client.last_used_at.is_none());
        let mut by_age: Vec<_> = unused
            .filter(|stored| is_meant(stored))
            .map(|stored| (stored.client.created_at, stored.client.id.clone()))
            .collect();
        by_age.sort_unstable();
        let kept = usize::try_from(kept).unwrap_or(usize::MAX);
        let surplus = by_age.len().saturating_sub(kept);
        for (_, id) in by_age.iter().take(surplus) {
            self.clients.remove(id);
        }
        surplus as u64
    }

    /// Lets the registration of a client last as long as a login needs it.
    pub(super) fn keep_client(&mut self, need: ClientNeed<'_>) {
        if let Some(stored) = self.clients.get_mut(need.client) {
            stored.needed_until = stored.needed_until.max(need.until);
            stored.client.expires_at = stored.client.expires_at.map(|end| end.max(need.until));
        }
    }

    /// Notes that a client got tokens, where it is stored.
    pub(super) fn record_client_use(&mut self, client_use: &ClientUse) {
        let Some(StoredClient { client, .. }) = self.clients.get_mut(&client_use.client) else {
            return;
        };
        let noted_before = client_use.noted_before();
        if client.last_used_at.is_none_or(|noted| noted <= noted_before) {
            client.last_used_at = Some(client_use.at);
            client.expires_at = client.expires_at.map(|end| end.max(client_use.lapses_at()));
        }
    }
}
