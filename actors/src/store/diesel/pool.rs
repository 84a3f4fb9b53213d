//! Connections that are kept open, and how long a call waits for one.
//!
//! PostgreSQL has one pool. SQLite has one pool for reading and a pool of a single connection for writing: it admits
//! one writer at a time in any case, and waiting in a line for the only writing connection is fair, while SQLite's own
//! waiting polls the file and starves some.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use diesel::r2d2::{ManageConnection, NopErrorHandler, Pool, PooledConnection, R2D2Connection};

use super::connection::{Place, StoreConnection, StoreLimits};
use super::failure::Failure;

/// A connection that was used within this time is taken to be alive: asking it costs a round trip.
const TRUSTED_FOR: Duration = Duration::from_secs(1);

/// The connections of a store.
pub(super) struct Pools {
    readers: Pool<Connector>,
    writers: Pool<Connector>,
    refusal: Refusal,
}

impl Pools {
    /// Pools without connections; the first calls open them.
    pub(super) fn new(place: &Place, limits: StoreLimits) -> Self {
        let refusal = Refusal::default();
        let pool = |connections: u32| {
            let connector = Connector {
                place: place.clone(),
                limits,
                refusal: refusal.clone(),
            };
            let builder = Pool::builder()
                .max_size(connections)
                .min_idle(Some(0))
                .connection_timeout(limits.pool_wait)
                .test_on_check_out(true)
                // The same failure is answered to whoever waits, and logged there.
                .error_handler(Box::new(NopErrorHandler));
            match place {
                // Opening a file again learns nothing new about it.
                Place::Sqlite(_) => builder.idle_timeout(None).max_lifetime(None),
                Place::Postgresql(_) => builder,
            }
            .build_unchecked(connector)
        };
        let readers = pool(limits.connections.get());
        let writers = match place {
            Place::Sqlite(_) => pool(1),
            Place::Postgresql(_) => readers.clone(),
        };
        Self {
            readers,
            writers,
            refusal,
        }
    }

    /// Runs queries that change nothing.
    pub(super) fn read<T>(
        &self,
        query: impl FnOnce(&mut StoreConnection) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.take(&self.readers)?.run(query)
    }

    /// Runs queries that may change something.
    pub(super) fn write<T>(
        &self,
        change: impl FnOnce(&mut StoreConnection) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.take(&self.writers)?.run(change)
    }

    fn take(&self, pool: &Pool<Connector>) -> Result<PooledConnection<Connector>, Failure> {
        pool.get()
            .map_err(|_| self.refusal.read().map_or(Failure::Busy, Failure::Unavailable))
    }
}

/// Why the latest attempt to connect failed; nothing if it succeeded. Tells a pool whose connections are all in use
/// from a database that is down.
#[derive(Clone, Default)]
struct Refusal(Arc<Mutex<Option<String>>>);

impl Refusal {
    fn read(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn write(&self, reason: Option<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = reason;
    }
}

/// Opens connections for a pool.
struct Connector {
    place: Place,
    limits: StoreLimits,
    refusal: Refusal,
}

/// A connection in a pool.
struct Kept {
    connection: StoreConnection,
    last_used: Instant,
    is_useless: bool,
}

impl Kept {
    fn run<T>(
        &mut self,
        query: impl FnOnce(&mut StoreConnection) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let result = query(&mut self.connection);
        self.is_useless |= result.as_ref().is_err_and(Failure::spoils_connection);
        self.last_used = Instant::now();
        result
    }
}

/// What a pool is told; the store answers with [`Refusal`] instead.
#[derive(Debug)]
struct NotConnected;

impl fmt::Display for NotConnected {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the database cannot be reached")
    }
}

impl std::error::Error for NotConnected {}

impl ManageConnection for Connector {
    type Connection = Kept;
    type Error = NotConnected;

    fn connect(&self) -> Result<Kept, NotConnected> {
        let connected = self.place.connect(&self.limits);
        self.refusal.write(connected.as_ref().err().map(Failure::reason));
        let connection = connected.map_err(|_| NotConnected)?;
        Ok(Kept {
            connection,
            last_used: Instant::now(),
            is_useless: false,
        })
    }

    fn is_valid(&self, kept: &mut Kept) -> Result<(), NotConnected> {
        if kept.last_used.elapsed() < TRUSTED_FOR {
            return Ok(());
        }
        kept.connection.ping().map_err(|_| NotConnected)
    }

    fn has_broken(&self, kept: &mut Kept) -> bool {
        kept.is_useless || kept.connection.is_broken()
    }
}
