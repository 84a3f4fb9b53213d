//! Deleting what is over: a bounded number of rows, by an index, on one replica at a time.
//!
//! What is over, and when, is said by the caller.

use diesel::sql_types::{Bool, Integer};
use diesel::{QueryResult, QueryableByName, RunQueryDsl, sql_query};

use super::connection::StoreConnection;
use super::failure::Failure;
use super::transaction::{Outcome, transaction};

/// The first half of the keys of this server's advisory locks in PostgreSQL ("mxcp" in ASCII); the second half says
/// what is locked.
pub(super) const ADVISORY_LOCKS: i32 = 0x6d78_6370;

/// What a sweep cleans, and the second half of its advisory lock. The numbers are shared with replicas of other
/// versions, so they are never given to something else.
#[derive(Clone, Copy)]
pub(super) enum SweepLock {
    AuthorizationCodes = 1,
    BrowserSessions = 2,
    Clients = 3,
    Consents = 4,
    EndedGrants = 5,
    Interactions = 6,
    OverdueGrants = 7,
    PendingLogins = 8,
    ReplayIdentifiers = 9,
    Tokens = 10,
    ReplicaMessages = 11,
    McpSessions = 12,
}

/// Runs a sweep in a transaction. While another replica runs the same sweep nothing is done here, and the answer is the
/// default.
pub(super) fn sweep<T: Default>(
    connection: &mut StoreConnection,
    lock: SweepLock,
    change: impl FnOnce(&mut StoreConnection) -> Result<T, Failure>,
) -> Result<T, Failure> {
    transaction(connection, |connection| {
        if !lock.try_take(connection)? {
            return Ok(Outcome::Undo(T::default()));
        }
        change(connection).map(Outcome::Keep)
    })
}

impl SweepLock {
    /// False if another replica has it. It is given back when the transaction ends.
    fn try_take(self, connection: &mut StoreConnection) -> QueryResult<bool> {
        match connection {
            // There is one process, and the write lock is taken already.
            StoreConnection::Sqlite(_) => Ok(true),
            StoreConnection::Postgresql(postgresql) => {
                sql_query("SELECT pg_try_advisory_xact_lock($1, $2) AS is_taken")
                    .bind::<Integer, _>(ADVISORY_LOCKS)
                    .bind::<Integer, _>(self as i32)
                    .get_result::<Lock>(postgresql)
                    .map(|lock| lock.is_taken)
            }
        }
    }
}

#[derive(QueryableByName)]
struct Lock {
    #[diesel(sql_type = Bool)]
    is_taken: bool,
}

/// Deletes up to `$most` rows of a table whose column `$end` is `$moment` or earlier, the oldest first, and gives back
/// how many. A macro, because diesel has a type of its own for each table and column.
macro_rules! delete_ended {
    ($connection:expr, $table:ident.$key:ident, $end:ident <= $moment:expr, $most:expr) => {{
        diesel::alias! { const ENDED: Alias<Ended> = $table as ended; }
        let ended = ENDED
            .select(ENDED.field($table::$key))
            .filter(ENDED.field($table::$end).le($moment.microseconds()))
            .order(ENDED.field($table::$end))
            .limit(i64::from($most));
        diesel::delete($table::table.filter($table::$key.eq_any(ended)))
            .execute($connection)
            .map(|rows| rows as u64)
    }};
}
pub(super) use delete_ended;
