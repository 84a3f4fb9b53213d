//! A store that forgets everything when the process ends: for `persistence: none` and for tests.
//!
//! One lock around plain maps, so each method is a transaction. Files are named like the traits they implement.
//! Nothing here decides more than the trait asks for.

mod authorization_codes;
mod browser_sessions;
mod clients;
mod consents;
mod grants;
mod interactions;
mod keys;
mod mcp_sessions;
mod pending_logins;
mod replay_identifiers;
mod signing_keys;
#[cfg(test)]
mod tests;
mod tokens;
mod users;

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard};

use super::StoreError;
use crate::domain::authorization_code::AuthorizationCode;
use crate::domain::browser_session::BrowserSession;
use crate::domain::client::ClientId;
use crate::domain::clock::Timestamp;
use crate::domain::consent::Consent;
use crate::domain::grant::{Grant, GrantId};
use crate::domain::interaction::Interaction;
use crate::domain::key_ring::KeyId;
use crate::domain::mcp_session::McpSession;
use crate::domain::pending_login::PendingLogin;
use crate::domain::secret::SecretDigest;
use crate::domain::signing_key::SigningKeyRecord;
use crate::domain::token::{AccessTokenRecord, RefreshTokenRecord};
use crate::domain::user::{UserAccount, UserKey};

/// Everything in maps behind one lock.
#[derive(Default)]
pub struct MemoryStore {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    access_tokens: HashMap<SecretDigest, AccessTokenRecord>,
    browser_sessions: HashMap<SecretDigest, BrowserSession>,
    clients: HashMap<ClientId, clients::StoredClient>,
    codes: HashMap<SecretDigest, AuthorizationCode>,
    consents: HashMap<(UserKey, ClientId, String), Consent>,
    grants: HashMap<GrantId, Grant>,
    identifiers: HashMap<SecretDigest, Timestamp>,
    interactions: HashMap<SecretDigest, Interaction>,
    keys: Vec<KeyId>,
    mcp_sessions: HashMap<SecretDigest, McpSession>,
    pending_logins: HashMap<SecretDigest, PendingLogin>,
    refresh_tokens: HashMap<SecretDigest, RefreshTokenRecord>,
    signing_keys: HashMap<i64, SigningKeyRecord>,
    users: HashMap<UserKey, UserAccount>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self, operation: &'static str) -> Result<MutexGuard<'_, State>, StoreError> {
        self.state.lock().map_err(|_| StoreError::Unavailable {
            operation,
            reason: "an earlier operation panicked and may have left half a change".to_owned(),
        })
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("MemoryStore")
    }
}

/// Inserts unless the key is taken.
fn insert_new<K: Eq + Hash, V>(map: &mut HashMap<K, V>, key: K, value: V) -> bool {
    let is_new = !map.contains_key(&key);
    if is_new {
        map.insert(key, value);
    }
    is_new
}

/// Removes up to `most` entries for which `is_over` holds, and counts them.
fn remove_up_to<K: Clone + Eq + Hash, V>(
    map: &mut HashMap<K, V>,
    most: u32,
    is_over: impl Fn(&V) -> bool,
) -> u64 {
    let over = map
        .iter()
        .filter(|(_, value)| is_over(value))
        .map(|(key, _)| key.clone());
    let keys: Vec<K> = over.take(usize::try_from(most).unwrap_or(usize::MAX)).collect();
    for key in &keys {
        map.remove(key);
    }
    keys.len() as u64
}
