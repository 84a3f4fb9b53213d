//! How much is read from the servers of clients, so that nobody is held up by them and nobody becomes a tool against them:
//! how many readings at once, how often, and for whom.

use std::net::IpAddr;
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::domain::clock::Timestamp;
use crate::domain::randomness::{Randomness, RandomnessUnavailable};
use crate::domain::throttle::{Allowance, Throttle, network_key};

/// Callers that may wait for other servers: half of what the handle of the registry admits, so that slow servers do not keep
/// clients from authenticating.
const WAITING: usize = 128;
/// What is read at once.
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

/// This network, or everybody together, asks for too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many documents are asked for; try again in {} s", wait.as_secs().max(1))]
pub struct TooManyReadings {
    /// How long until one more is read.
    pub wait: Duration,
}

/// What is under way, and what was read of late.
pub(super) struct ReadingBounds {
    waiting: Semaphore,
    reading: Semaphore,
    by_network: Throttle,
    by_host: Throttle,
}

impl ReadingBounds {
    /// Nothing was read yet.
    pub(super) fn new(randomness: &dyn Randomness) -> Result<Self, RandomnessUnavailable> {
        Ok(Self {
            waiting: Semaphore::new(WAITING),
            reading: Semaphore::new(READING),
            by_network: Throttle::new(BY_NETWORK, randomness)?,
            by_host: Throttle::new(BY_HOST, randomness)?,
        })
    }

    /// Callers that have a place now.
    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        WAITING - self.waiting.available_permits()
    }

    /// A place for a caller of this network, who may have to wait for a server.
    pub(super) fn admit(
        &self,
        network: IpAddr,
        now: Timestamp,
    ) -> Result<SemaphorePermit<'_>, TooManyReadings> {
        let place = self.waiting.try_acquire();
        let place = place.map_err(|_| TooManyReadings { wait: PAUSE })?;
        let charged = self.by_network.charge(&network_key(network), now);
        charged.map_err(|wait| TooManyReadings { wait })?;
        Ok(place)
    }

    /// A place for a call to this host.
    pub(super) fn begin(&self, host: &str, now: Timestamp) -> Result<SemaphorePermit<'_>, TooManyReadings> {
        let place = self.reading.try_acquire();
        let place = place.map_err(|_| TooManyReadings { wait: PAUSE })?;
        let charged = self.by_host.charge(host.as_bytes(), now);
        charged.map_err(|wait| TooManyReadings { wait })?;
        Ok(place)
    }
}
