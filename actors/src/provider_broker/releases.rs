//! Tokens on their way back to the provider, so that whoever ended a login does not wait for it: how many at once, how
//! many may wait, how long one may take. On the broker's thread.
//!
//! It is a courtesy: the grant has ended here before, and a token that could not be given back ends by itself. So nothing
//! is tried twice, and what was not given back is counted and in the log.

use std::fmt::Display;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;

use super::errors::UpstreamError;

/// Revocations at once: a provider that does not answer must not get a connection for each login that ends.
const AT_ONCE: usize = 4;
/// Those under way and those that wait: as many logins as end within minutes, each a few hundred bytes.
const PLACES: u32 = 512;
/// How long one may take, more than its single call may.
const LONGEST: Duration = Duration::from_secs(15);

/// The tokens on their way back. Clones are the same queue, and can be looked at from any thread.
#[derive(Clone)]
pub struct Releases(Arc<Queue>);

struct Queue {
    places: Arc<Semaphore>,
    turns: Semaphore,
    revoked: AtomicU64,
    forgotten: AtomicU64,
    failed: AtomicU64,
    dropped: AtomicU64,
}

/// What became of tokens that nobody here needs any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Released {
    /// The provider has them back.
    GivenBack,
    /// Only this server has forgotten them: there were none, or their user has another login that the provider might end
    /// with them.
    Forgotten,
}

/// How it went with the tokens so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReleaseStatus {
    /// On their way.
    pub pending: u64,
    /// The provider knows that nobody needs them.
    pub revoked: u64,
    /// Only this server has forgotten them: there were none, or their user has another login that the provider might end
    /// with them.
    pub forgotten: u64,
    /// The provider said no, could not be asked, or took too long.
    pub failed: u64,
    /// The provider was not asked: too many waited, or the server stopped.
    pub dropped: u64,
}

impl Default for Releases {
    fn default() -> Self {
        Self(Arc::new(Queue {
            places: Arc::new(Semaphore::new(PLACES as usize)),
            turns: Semaphore::new(AT_ONCE),
            revoked: AtomicU64::default(),
            forgotten: AtomicU64::default(),
            failed: AtomicU64::default(),
            dropped: AtomicU64::default(),
        }))
    }
}

impl Releases {
    /// Gives tokens back when it is their turn, and returns at once. `whose` stands in the log: "of the grant …".
    pub(super) fn begin(
        &self,
        whose: impl Display + 'static,
        revoke: impl Future<Output = Result<Released, UpstreamError>> + 'static,
    ) {
        let Ok(place) = Arc::clone(&self.0.places).try_acquire_owned() else {
            self.0.dropped.fetch_add(1, Ordering::Relaxed);
            log::warn!("upstream tokens {whose} are not revoked: {PLACES} others wait for the provider");
            return;
        };
        let queue = Arc::clone(&self.0);
        tokio::task::spawn_local(async move {
            let _place = place;
            queue.run(&whose, revoke).await;
        });
    }

    /// Waits until all tokens are back, no longer than `within`. What is on its way then goes down with the process.
    pub async fn finish(&self, within: Duration) {
        let all = self.0.places.acquire_many(PLACES);
        if tokio::time::timeout(within, all).await.is_err() {
            let pending = self.status().pending;
            self.0.dropped.fetch_add(pending, Ordering::Relaxed);
            log::warn!(
                "upstream tokens of {pending} ended logins were not revoked before the server stopped"
            );
        }
    }

    /// How it went so far.
    #[must_use]
    pub fn status(&self) -> ReleaseStatus {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let free = self.0.places.available_permits() as u64;
        ReleaseStatus {
            pending: u64::from(PLACES).saturating_sub(free),
            revoked: count(&self.0.revoked),
            forgotten: count(&self.0.forgotten),
            failed: count(&self.0.failed),
            dropped: count(&self.0.dropped),
        }
    }
}

impl Queue {
    async fn run(&self, whose: &impl Display, revoke: impl Future<Output = Result<Released, UpstreamError>>) {
        let Ok(_turn) = self.turns.acquire().await else {
            return;
        };
        let counter = match tokio::time::timeout(LONGEST, revoke).await {
            Ok(Ok(Released::GivenBack)) => &self.revoked,
            Ok(Ok(Released::Forgotten)) => &self.forgotten,
            Ok(Err(error)) => {
                log::warn!("upstream tokens {whose} were not revoked: {error}");
                &self.failed
            }
            Err(_) => {
                log::warn!(
                    "upstream tokens {whose} were not revoked within {} s",
                    LONGEST.as_secs()
                );
                &self.failed
            }
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}
