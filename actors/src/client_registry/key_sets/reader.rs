//! Reads keys when they are needed and keeps them for a while.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::{KeyAddress, KeySetRefusal, KeySetSource};
use crate::client_registry::reading_bounds::ReadingBounds;
use crate::domain::cache_lifetime;
use crate::domain::clock::Timestamp;
use crate::joined::Joined;
use crate::jose::JwkSet;

/// Sets that are kept. Real clients that publish keys are few; with each set at most 64 KiB as text.
const MOST_KEPT: usize = 256;
/// The shortest time that a set is believed, and the time for a server that says nothing: 5 and 10 minutes.
const SHORTEST: Duration = Duration::from_mins(5);
const UNSAID: Duration = Duration::from_mins(10);
/// The longest: a key that its owner withdrew is accepted that long at most.
const LONGEST: Duration = Duration::from_hours(1);
/// The shortest pause between two readings of one set, whatever keys assertions name.
const PAUSE: Duration = Duration::from_secs(10);

type Key = [u8; 32];
type Found = Result<Arc<JwkSet>, KeySetRefusal>;

/// Reads keys. Clones share what was read. On one thread.
#[derive(Clone)]
pub struct KeySetReader(Rc<Readings>);

struct Readings {
    source: Box<dyn KeySetSource>,
    under_way: Joined<Key, Found>,
    kept: RefCell<HashMap<Key, Kept>>,
    bounds: Rc<ReadingBounds>,
}

struct Kept {
    keys: Arc<JwkSet>,
    read_at: Timestamp,
    fresh_until: Timestamp,
}

impl KeySetReader {
    /// A reader that has read nothing.
    pub(in crate::client_registry) fn new(source: Box<dyn KeySetSource>, bounds: Rc<ReadingBounds>) -> Self {
        Self(Rc::new(Readings {
            source,
            under_way: Joined::default(),
            kept: RefCell::default(),
            bounds,
        }))
    }

    /// The keys at this address, as old as its server allows.
    pub async fn keys(&self, address: &KeyAddress, network: IpAddr, now: Timestamp) -> Found {
        self.get(address, network, now, |kept| now < kept.fresh_until)
            .await
    }

    /// The keys at this address for a signature that those before could not verify: read anew, unless that was a moment ago.
    pub async fn newer_keys(&self, address: &KeyAddress, network: IpAddr, now: Timestamp) -> Found {
        self.get(address, network, now, |kept| now < kept.read_at + PAUSE)
            .await
    }

    async fn get(
        &self,
        address: &KeyAddress,
        network: IpAddr,
        now: Timestamp,
        is_good: impl Fn(&Kept) -> bool,
    ) -> Found {
        let key = address.fingerprint();
        if let Some(keys) = self.kept(&key, is_good) {
            return Ok(keys);
        }
        let _waits = self.0.bounds.admit(network, now)?;
        let found = self.0.under_way.run(key, || self.read(key, address, now)).await;
        match found {
            // Whoever's server is out of order goes on with what it said before, for a while.
            Err(refusal) if refusal.retry_after().is_some() => self
                .kept(&key, |kept| now < kept.read_at + LONGEST)
                .ok_or(refusal),
            found => found,
        }
    }

    async fn read(&self, key: Key, address: &KeyAddress, now: Timestamp) -> Found {
        let _place = self.0.bounds.begin(address.host(), now)?;
        let read = self.0.source.read(address).await?;
        let said = read.cache_control.as_deref().and_then(cache_lifetime::lifetime);
        let keys = Arc::new(read.keys);
        self.keep(
            key,
            Kept {
                keys: Arc::clone(&keys),
                read_at: now,
                fresh_until: now + said.unwrap_or(UNSAID).clamp(SHORTEST, LONGEST),
            },
        );
        Ok(keys)
    }

    fn kept(&self, key: &Key, is_good: impl Fn(&Kept) -> bool) -> Option<Arc<JwkSet>> {
        let kept = self.0.kept.borrow();
        let kept = kept.get(key).filter(|kept| is_good(kept))?;
        Some(Arc::clone(&kept.keys))
    }

    /// Keeps a set in the place of the oldest one if there are too many.
    fn keep(&self, key: Key, new: Kept) {
        let mut kept = self.0.kept.borrow_mut();
        if kept.len() >= MOST_KEPT && !kept.contains_key(&key) {
            let oldest = kept.iter().min_by_key(|(_, kept)| kept.read_at);
            if let Some(oldest) = oldest.map(|(key, _)| *key) {
                kept.remove(&oldest);
            }
        }
        kept.insert(key, new);
    }
}
