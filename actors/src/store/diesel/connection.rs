//! A connection to either database, and what each of them is told before the first query.
//!
//! Queries are written once, for [`StoreConnection`]. Where the two databases differ (how a transaction begins, what
//! a lock is called) is decided by a `match` on it, and only in this folder's `connection`, `transaction` and
//! `migrations`.

use std::num::NonZeroU32;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query};

use super::failure::Failure;
use super::postgres_url::PostgresUrl;

/// A connection to SQLite or to PostgreSQL that runs the same queries.
#[derive(diesel::MultiConnection)]
pub(super) enum StoreConnection {
    Sqlite(SqliteConnection),
    Postgresql(PgConnection),
}

/// How long the store may take and how much it may open. Whoever asks waits for a connection and for a lock one after
/// the other, so an answer comes after the sum of both at the latest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreLimits {
    /// Connections at most. SQLite has one more, which does all the writing.
    pub connections: NonZeroU32,
    /// How long a call waits for a connection.
    pub pool_wait: Duration,
    /// How long a statement waits for a lock that another transaction holds.
    pub lock_wait: Duration,
    /// How long PostgreSQL may work on one statement. SQLite's statements touch a bounded number of rows instead.
    pub statement_time: Duration,
}

impl Default for StoreLimits {
    fn default() -> Self {
        Self {
            connections: NonZeroU32::MIN.saturating_add(7),
            pool_wait: Duration::from_secs(2),
            lock_wait: Duration::from_secs(2),
            statement_time: Duration::from_secs(5),
        }
    }
}

/// Where connections go.
#[derive(Clone)]
pub(super) enum Place {
    /// The absolute path of a file.
    Sqlite(String),
    /// A server and a database there.
    Postgresql(PostgresUrl),
}

impl Place {
    pub(super) fn connect(&self, limits: &StoreLimits) -> Result<StoreConnection, Failure> {
        match self {
            Self::Sqlite(path) => {
                let mut connection =
                    SqliteConnection::establish(path).map_err(|error| unreachable_store(&error))?;
                connection.batch_execute(&sqlite_settings(limits))?;
                Ok(StoreConnection::Sqlite(connection))
            }
            Self::Postgresql(url) => {
                let mut connection = PgConnection::establish(url.expose())
                    .map_err(|error| Failure::Unavailable(url.told(&error.to_string())))?;
                connection.batch_execute(&postgresql_settings(limits))?;
                Ok(StoreConnection::Postgresql(connection))
            }
        }
    }
}

fn unreachable_store(error: &diesel::ConnectionError) -> Failure {
    Failure::Unavailable(error.to_string())
}

/// `synchronous = NORMAL`: with a write-ahead log a commit survives the death of the process, while a power failure
/// may take the latest commits back, all of a commit or nothing. An exchange that was answered in that moment is
/// forgotten, which costs a login. `FULL` would cost an fsync for each exchange.
///
/// `secure_delete`: what is deleted is overwritten. `trusted_schema = OFF`: views and triggers that somebody put into
/// the file run no function with effects.
fn sqlite_settings(limits: &StoreLimits) -> String {
    format!(
        "PRAGMA busy_timeout = {};
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = NORMAL;
         PRAGMA foreign_keys = ON;
         PRAGMA secure_delete = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA temp_store = MEMORY;
         PRAGMA journal_size_limit = 67108864;",
        limits.lock_wait.as_millis()
    )
}

/// Conditional changes count on READ COMMITTED: a statement that waited for a row looks at it again. A server that
/// prefers another isolation level does not get to choose.
fn postgresql_settings(limits: &StoreLimits) -> String {
    format!(
        "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED;
         SET statement_timeout = {statement};
         SET lock_timeout = {lock};
         SET idle_in_transaction_session_timeout = {statement};",
        statement = limits.statement_time.as_millis(),
        lock = limits.lock_wait.as_millis(),
    )
}

/// Fails on a PostgreSQL server that has become a read-only standby: it accepts transactions and refuses changes.
/// To SQLite the write lock of the transaction around this call is proof enough.
pub(super) fn check_writable(connection: &mut StoreConnection) -> Result<(), Failure> {
    let StoreConnection::Postgresql(postgresql) = connection else {
        return Ok(());
    };
    let setting = sql_query("SELECT current_setting('transaction_read_only') AS value")
        .get_result::<Setting>(postgresql)?;
    if setting.value == "off" {
        Ok(())
    } else {
        Err(Failure::Unavailable("the database is read-only".to_owned()))
    }
}

/// Moves the write-ahead log of an SQLite file into the file.
pub(super) fn empty_write_ahead_log(connection: &mut StoreConnection) -> Result<(), Failure> {
    match connection {
        StoreConnection::Sqlite(sqlite) => Ok(sqlite.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)")?),
        StoreConnection::Postgresql(_) => Ok(()),
    }
}

#[derive(QueryableByName)]
struct Setting {
    #[diesel(sql_type = Text)]
    value: String,
}
