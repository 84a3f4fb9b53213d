//! What verification found less than a second ago, shared between the actor and everybody who asks it.
//!
//! A hit costs one lock that few others hold and no message; equal misses wait for one of them. A revocation in this
//! process empties everything at once, and so does one on another replica as soon as it is heard of; unheard, it shows
//! when the entry's second is over. Keys are digests; tokens never get here. Nothing is kept of tokens that were refused.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::future::Future;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::OnceCell;

use super::messages::VerifyTokenError;
use crate::domain::clock::{Clock, Timestamp};
use crate::domain::resource::ResourceIndicator;
use crate::domain::secret::SecretDigest;
use crate::domain::user::Principal;
use crate::error::CallError;
use crate::replica_bus::{Announcement, ReplicaListener};

/// How long what was found may be used again, so that a revocation shows on every replica within two seconds.
pub const LONGEST_LIFE: Duration = Duration::from_secs(1);

/// The most entries. More callers than this within one second are asked about again.
pub const MOST_ENTRIES: usize = SHARDS * MOST_PER_SHARD;

/// Locks that share the entries: more than there are threads that verify at once, so that they seldom meet.
const SHARDS: usize = 16;
const MOST_PER_SHARD: usize = 1_024;

/// What a verification gave: the caller, or why there is none, or why nobody answered.
pub type Verification = Result<Result<Arc<Principal>, VerifyTokenError>, CallError>;

/// The cache. See the module's documentation.
pub struct VerifiedTokens {
    shards: [Mutex<Shard>; SHARDS],
    hasher: RandomState,
    /// Counts revocations, so that what was read before one is not kept after it.
    epoch: AtomicU64,
    hits: AtomicU64,
    misses: AtomicU64,
    refused: AtomicU64,
}

/// What became of the tokens that callers presented so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VerificationCounts {
    /// Known from less than a second ago.
    pub hits: u64,
    /// Asked about, or waited for somebody who did.
    pub misses: u64,
    /// Of the misses, those that opened nothing. What has not the form of a token is among these alone.
    pub refused: u64,
}

#[derive(Default)]
struct Shard {
    entries: HashMap<SecretDigest, Entry>,
    misses: HashMap<MissKey, Weak<Miss>>,
}

struct Entry {
    principal: Arc<Principal>,
    /// When its question was asked, which is before the store was read.
    since: Timestamp,
}

/// A question that is under way, and everybody who waits for its answer. If the one who asks gives up, the next one asks.
#[derive(Default)]
struct Miss {
    answer: OnceCell<Verification>,
}

type MissKey = (SecretDigest, ResourceIndicator);

impl VerifiedTokens {
    /// An empty cache.
    #[must_use]
    pub fn new() -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
            hasher: RandomState::new(),
            epoch: AtomicU64::new(0),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            refused: AtomicU64::new(0),
        }
    }

    /// Forgets everything, because some token is not good any more. Answers that are on their way are given to those who
    /// asked before, and to nobody else.
    pub fn forget_all(&self) {
        // First the epoch: whoever keeps something from now on sees it, and what was kept before is cleared below.
        self.epoch.fetch_add(1, Ordering::SeqCst);
        for shard in &self.shards {
            let mut shard = lock(shard);
            shard.entries.clear();
            shard.misses.clear();
        }
    }

    /// Entries, fresh or not; at most [`MOST_ENTRIES`].
    #[must_use]
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).entries.len()).sum()
    }

    /// Whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Questions under way, for metrics.
    #[must_use]
    pub fn questions(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).misses.len()).sum()
    }

    /// The caller with this token, as found before or as `ask` finds it. Of equal questions that come at once, one asks.
    pub async fn verify<F>(
        &self,
        token: SecretDigest,
        resource: ResourceIndicator,
        clock: &dyn Clock,
        ask: impl FnOnce() -> F,
    ) -> Verification
    where
        F: Future<Output = Verification>,
    {
        let key = (token, resource);
        let found = self.shard(&key.0).find(&key, clock.now());
        if let Some(principal) = found {
            self.hits.fetch_add(1, Ordering::Relaxed);
            return Ok(Ok(principal));
        }
        self.misses.fetch_add(1, Ordering::Relaxed);
        // Declared before its part in the question, and so dropped after it.
        let leave = Leave { cache: self, key };
        let miss = self.shard(&leave.key.0).join(&leave.key);
        let question = || async {
            let (epoch, since) = (self.epoch.load(Ordering::SeqCst), clock.now());
            let answer = ask().await;
            self.settle(&leave.key, &miss, epoch, since, &answer);
            answer
        };
        let answer = miss.answer.get_or_init(question).await.clone();
        if matches!(answer, Ok(Err(_))) {
            self.count_refused();
        }
        answer
    }

    /// A token opened nothing.
    pub(super) fn count_refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// The numbers now.
    #[must_use]
    pub fn counts(&self) -> VerificationCounts {
        VerificationCounts {
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
        }
    }

    /// Nobody joins this question any more; what it found is kept unless something was revoked meanwhile.
    fn settle(&self, key: &MissKey, miss: &Arc<Miss>, epoch: u64, since: Timestamp, answer: &Verification) {
        let mut shard = self.shard(&key.0);
        let is_this = |other: &Weak<Miss>| Weak::as_ptr(other) == Arc::as_ptr(miss);
        if shard.misses.get(key).is_some_and(is_this) {
            shard.misses.remove(key);
        }
        if let Ok(Ok(principal)) = answer
            && self.epoch.load(Ordering::SeqCst) == epoch
        {
            let principal = Arc::clone(principal);
            shard.keep(key.0, Entry { principal, since });
        }
    }

    fn shard(&self, token: &SecretDigest) -> MutexGuard<'_, Shard> {
        let hash = self.hasher.hash_one(token);
        let place = usize::try_from(hash % SHARDS as u64).unwrap_or_default();
        lock(&self.shards[place])
    }
}

impl ReplicaListener for VerifiedTokens {
    fn hear(&self, announcement: &Announcement) {
        match announcement {
            Announcement::TokensEnded => self.forget_all(),
            Announcement::SessionEnded { .. } | Announcement::CallCancelled { .. } => {}
        }
    }

    fn miss(&self) {
        self.forget_all();
    }
}

impl Default for VerifiedTokens {
    fn default() -> Self {
        Self::new()
    }
}

/// What is behind the lock is a cache of whole values, so a panic under the lock cannot leave half of one.
fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shard {
    fn find(&self, (token, resource): &MissKey, now: Timestamp) -> Option<Arc<Principal>> {
        let entry = self.entries.get(token).filter(|entry| entry.is_fresh(now))?;
        (entry.principal.resource == *resource).then(|| Arc::clone(&entry.principal))
    }

    fn join(&mut self, key: &MissKey) -> Arc<Miss> {
        if let Some(miss) = self.misses.get(key).and_then(Weak::upgrade) {
            return miss;
        }
        let miss = Arc::default();
        self.misses.insert(key.clone(), Arc::downgrade(&miss));
        miss
    }

    fn keep(&mut self, token: SecretDigest, entry: Entry) {
        if self.entries.len() >= MOST_PER_SHARD {
            let now = entry.since;
            self.entries.retain(|_, entry| entry.is_fresh(now));
        }
        if self.entries.len() >= MOST_PER_SHARD {
            // So many within one second: asking about them again is cheaper than finding out which to keep.
            self.entries.clear();
        }
        self.entries.insert(token, entry);
    }
}

impl Entry {
    /// A clock that went backwards makes an entry stale rather than young.
    fn is_fresh(&self, now: Timestamp) -> bool {
        self.since <= now && now.duration_since(self.since) < LONGEST_LIFE && now < self.principal.expires_at
    }
}

/// Leaves a question. The last one to leave takes it out, also if nobody answered it.
struct Leave<'a> {
    cache: &'a VerifiedTokens,
    key: MissKey,
}

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        let mut shard = self.cache.shard(&self.key.0);
        let is_over = |miss: &Weak<Miss>| miss.strong_count() == 0;
        if shard.misses.get(&self.key).is_some_and(is_over) {
            shard.misses.remove(&self.key);
        }
    }
}
