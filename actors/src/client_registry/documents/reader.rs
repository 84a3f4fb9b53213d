//! Reads documents without holding anybody else up, and without becoming a tool against their servers.

use std::future::Future;
use std::net::IpAddr;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

use super::{DocumentRefusal, DocumentSource, ReadDocument};
use crate::domain::client::MetadataDocumentUrl;
use crate::domain::clock::Timestamp;
use crate::domain::randomness::{Randomness, RandomnessUnavailable};
use crate::domain::throttle::{Allowance, Throttle, network_key};
use crate::joined::Joined;

/// Callers that may wait for documents: half of what the handle of the registry admits, so that slow servers do not keep
/// clients from authenticating.
const WAITING: usize = 128;
/// Documents that are read at once.
const READING: usize = 32;
/// What callers are told to wait that find no place.
const PAUSE: Duration = Duration::from_secs(2);

/// What one network may cause: a company behind one address, whose people connect new applications.
const BY_NETWORK: Allowance = Allowance {
    burst: 20,
    pause: Duration::from_secs(3),
};
/// What one host is asked for, whoever causes it. More than a network may cause, so that no network uses it up.
const BY_HOST: Allowance = Allowance {
    burst: 60,
    pause: Duration::from_secs(1),
};

/// Reads documents. Clones share the bounds. On one thread.
pub struct DocumentReader<T>(Rc<Bounds<T>>);

struct Bounds<T> {
    source: Box<dyn DocumentSource>,
    under_way: Joined<[u8; 32], T>,
    waiting: Semaphore,
    reading: Semaphore,
    by_network: Throttle,
    by_host: Throttle,
}

impl<T> Clone for DocumentReader<T> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<T: Clone + From<DocumentRefusal>> DocumentReader<T> {
    /// A reader that has read nothing.
    pub fn new(
        source: Box<dyn DocumentSource>,
        randomness: &dyn Randomness,
    ) -> Result<Self, RandomnessUnavailable> {
        Ok(Self(Rc::new(Bounds {
            source,
            under_way: Joined::default(),
            waiting: Semaphore::new(WAITING),
            reading: Semaphore::new(READING),
            by_network: Throttle::new(BY_NETWORK, randomness)?,
            by_host: Throttle::new(BY_HOST, randomness)?,
        })))
    }

    /// What `keep` makes of the document at `url`. Callers that want the same document at once share one reading and what
    /// was made of it.
    pub async fn read<F: Future<Output = T>>(
        &self,
        url: MetadataDocumentUrl,
        network: IpAddr,
        now: Timestamp,
        keep: impl FnOnce(MetadataDocumentUrl, ReadDocument) -> F,
    ) -> T {
        let _waits = match self.admit(network, now) {
            Ok(place) => place,
            Err(refusal) => return refusal.into(),
        };
        let key = url.fingerprint();
        let ask = move || async move {
            match self.ask(&url, now).await {
                Ok(document) => keep(url, document).await,
                Err(refusal) => refusal.into(),
            }
        };
        self.0.under_way.run(key, ask).await
    }

    /// Callers that wait for a document now.
    #[cfg(test)]
    pub fn waiting(&self) -> usize {
        WAITING - self.0.waiting.available_permits()
    }

    fn admit(&self, network: IpAddr, now: Timestamp) -> Result<SemaphorePermit<'_>, DocumentRefusal> {
        let place = self.0.waiting.try_acquire();
        let place = place.map_err(|_| DocumentRefusal::TooMany { wait: PAUSE })?;
        let charged = self.0.by_network.charge(&network_key(network), now);
        charged.map_err(|wait| DocumentRefusal::TooMany { wait })?;
        Ok(place)
    }

    async fn ask(&self, url: &MetadataDocumentUrl, now: Timestamp) -> Result<ReadDocument, DocumentRefusal> {
        let place = self.0.reading.try_acquire();
        let _place = place.map_err(|_| DocumentRefusal::TooMany { wait: PAUSE })?;
        let charged = self.0.by_host.charge(url.host().as_bytes(), now);
        charged.map_err(|wait| DocumentRefusal::TooMany { wait })?;
        self.0.source.read(url).await
    }
}
