//! The store that survives restarts: one implementation for SQLite and PostgreSQL.
//!
//! Files are named like the traits they implement, and `…_row` files hold the rows of larger ones. The rest:
//! `connection` opens a connection to either database, `pool` keeps them, `transaction` begins and ends what belongs
//! together, `sweep` deletes what is over, `failure` says what went wrong, `row` reads columns, `schema` declares the
//! tables that `migrations` makes, `sqlite_file` guards the file, `postgres_url` the password, `replica_exchange` carries
//! messages between replicas. How keys are found and checked is not here but in `store/open.rs`.
//!
//! Four rules keep both databases right with one set of queries:
//!
//! 1. What happens once is one conditional `UPDATE` or `DELETE`, and the number of rows says who did it. Nothing is
//!    read first and written later because of it.
//! 2. Instead of an upsert: insert, and take a unique violation for "it is there" (`transaction::is_inserted`).
//! 3. A transaction touches the grant first, then its codes, then access tokens, then refresh tokens, so that two of
//!    them wait for each other in one order.
//! 4. A sweep deletes a bounded number of rows, found by an index.
//!
//! To add a kind of thing: its table in a new migration of both folders of `migrations/` and in `schema.rs`; a file
//! here with a private row struct, `TryFrom` in both directions and the trait; its sweep in `SweepLock`. Migrations
//! only ever expand the schema that a released version uses: a new replica runs them while old replicas still work, so
//! new columns have defaults, and nothing is renamed or dropped before no running version needs it.

mod authorization_codes;
mod browser_sessions;
mod client_row;
mod client_use;
mod clients;
mod connection;
mod consents;
mod failure;
mod grant_row;
mod grants;
mod interactions;
mod keys;
mod login_purpose;
mod mcp_sessions;
mod migrations;
mod pending_logins;
mod pool;
mod postgres_url;
mod replay_identifiers;
mod replica_exchange;
mod row;
mod schema;
mod signing_keys;
mod sqlite_file;
mod sweep;
#[cfg(test)]
mod tests;
mod token_rows;
mod tokens;
mod transaction;
mod users;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

pub use connection::StoreLimits;
pub use failure::StoreFailures;
pub use migrations::MigrationError;
pub use postgres_url::{InvalidPostgresUrl, check_postgresql_url};
pub use sqlite_file::SqliteFileError;

use super::StoreError;
use crate::domain::secret::Secret;
use crate::replica_bus::exchange::Exchange;
use connection::{Place, StoreConnection};
use failure::{Failure, FailureCounters};
use migrations::StartLock;
use pool::Pools;
use postgres_url::PostgresUrl;
use replica_exchange::PostgresqlExchange;
use sqlite_file::SqliteFile;
use sweep::SweepLock;
use transaction::Outcome;

/// Everything in SQLite or PostgreSQL.
pub struct DieselStore {
    pools: Pools,
    place: Place,
    limits: StoreLimits,
    failures: FailureCounters,
    /// Keeps other processes away from the file. Dropped last.
    file: Option<SqliteFile>,
}

/// A store that no other replica can start on until this is dropped: what must be looked at and decided once happens
/// in between.
pub struct StartingStore {
    /// The store, with its newest schema.
    pub store: DieselStore,
    lock: StartLock,
}

impl StartingStore {
    /// Lets the next replica start.
    pub fn finish(self) -> DieselStore {
        drop(self.lock);
        self.store
    }
}

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenDatabaseError {
    /// The file cannot be used.
    #[error(transparent)]
    File(#[from] SqliteFileError),
    /// The URL cannot be used.
    #[error(transparent)]
    Url(#[from] InvalidPostgresUrl),
    /// The database cannot be reached.
    #[error("{place}: {reason}")]
    Unreachable {
        /// The file, or host and database.
        place: String,
        /// What the database said.
        reason: String,
    },
    /// The schema could not be brought up to date.
    #[error("{place}: {source}")]
    Migration {
        /// The file, or host and database.
        place: String,
        /// What happened.
        source: MigrationError,
    },
}

impl DieselStore {
    /// Opens the SQLite file, and makes it if it is not there. No other process may have it open.
    pub fn open_sqlite(path: &Path, limits: StoreLimits) -> Result<StartingStore, OpenDatabaseError> {
        let file = SqliteFile::claim(path)?;
        let place = Place::Sqlite(file.path_text()?.to_owned());
        let name = path.display().to_string();
        Self::open(&place, name, limits, Some(file))
    }

    /// Connects to a PostgreSQL database, which must exist.
    pub fn open_postgresql(url: &Secret, limits: StoreLimits) -> Result<StartingStore, OpenDatabaseError> {
        let url = PostgresUrl::parse(url)?;
        let name = format!("PostgreSQL at {url}");
        Self::open(&Place::Postgresql(url), name, limits, None)
    }

    fn open(
        place: &Place,
        name: String,
        limits: StoreLimits,
        file: Option<SqliteFile>,
    ) -> Result<StartingStore, OpenDatabaseError> {
        let mut connection = match place.connect(&limits) {
            Ok(connection) => connection,
            Err(failure) => {
                let reason = failure.reason();
                return Err(OpenDatabaseError::Unreachable { place: name, reason });
            }
        };
        if file.is_some() {
            sqlite_file::warn_of_earlier_tables(&name, &mut connection);
        }
        let lock = match migrations::migrate(connection) {
            Ok(lock) => lock,
            Err(source) => return Err(OpenDatabaseError::Migration { place: name, source }),
        };
        if let Some(file) = &file {
            file.restrict()?;
        }
        let store = Self {
            pools: Pools::new(place, limits),
            place: place.clone(),
            limits,
            failures: FailureCounters::default(),
            file,
        };
        Ok(StartingStore { store, lock })
    }

    /// Whether the database can be written to: what readiness asks. Blocks as long as any other operation may.
    pub fn check_writable(&self) -> Result<(), StoreError> {
        self.transaction("check writability", |open| {
            connection::check_writable(open)?;
            Ok(Outcome::Undo(()))
        })
    }

    /// Where replicas that share this store leave messages for each other; `None` if it cannot be shared.
    pub fn replica_exchange(&self) -> Option<Arc<dyn Exchange>> {
        match &self.place {
            Place::Sqlite(_) => None,
            Place::Postgresql(_) => Some(Arc::new(PostgresqlExchange::new(&self.place, self.limits))),
        }
    }

    /// How many operations have failed.
    pub fn failures(&self) -> StoreFailures {
        self.failures.read()
    }

    /// Runs queries that change nothing.
    fn read<T>(
        &self,
        operation: &'static str,
        query: impl FnOnce(&mut StoreConnection) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        self.answer(operation, self.pools.read(query))
    }

    /// Runs statements each of which is complete by itself.
    fn write<T>(
        &self,
        operation: &'static str,
        change: impl FnOnce(&mut StoreConnection) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        self.answer(operation, self.pools.write(change))
    }

    /// Runs statements that happen together or not at all.
    fn transaction<T>(
        &self,
        operation: &'static str,
        change: impl FnOnce(&mut StoreConnection) -> Result<Outcome<T>, Failure>,
    ) -> Result<T, StoreError> {
        self.write(operation, |connection| {
            transaction::transaction(connection, change)
        })
    }

    /// Runs a bounded clean-up, unless another replica is at it.
    fn sweep<T: Default>(
        &self,
        operation: &'static str,
        lock: SweepLock,
        change: impl FnOnce(&mut StoreConnection) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        self.write(operation, |connection| sweep::sweep(connection, lock, change))
    }

    fn answer<T>(&self, operation: &'static str, result: Result<T, Failure>) -> Result<T, StoreError> {
        result.map_err(|failure| self.failures.report(failure, operation))
    }
}

/// Moves what is in the write-ahead log into the file, so that what was deleted is overwritten when the store is closed:
/// the pool closes its connections on threads of its own, some time later.
impl Drop for DieselStore {
    fn drop(&mut self) {
        if self.file.is_none() {
            return;
        }
        if let Err(failure) = self.pools.write(connection::empty_write_ahead_log) {
            log::debug!(
                "the write-ahead log stays until the next start: {}",
                failure.reason()
            );
        }
    }
}

impl fmt::Debug for DieselStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DieselStore")
    }
}
