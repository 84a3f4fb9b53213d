//! Everything about several statements that belong together, and about inserting what may be there already.
//!
//! diesel's own way to begin a transaction asks SQLite for a lock when the first change comes, after something was
//! read; if another connection wrote in between, that fails at once however long it might wait. Here a transaction
//! that writes says so when it begins.

use diesel::connection::{AnsiTransactionManager, TransactionManager};
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel::{Connection, QueryResult};

use super::connection::StoreConnection;
use super::failure::Failure;

/// What a transaction should become.
pub(super) enum Outcome<T> {
    /// All of its changes are kept.
    Keep(T),
    /// None of its changes happened; the value says why.
    Undo(T),
}

/// Runs `change` in a transaction that may write from its beginning. An error undoes everything.
pub(super) fn transaction<T>(
    connection: &mut StoreConnection,
    change: impl FnOnce(&mut StoreConnection) -> Result<Outcome<T>, Failure>,
) -> Result<T, Failure> {
    begin(connection)?;
    match change(connection) {
        Ok(Outcome::Keep(value)) => {
            StoreConnection::commit_transaction(connection)?;
            Ok(value)
        }
        Ok(Outcome::Undo(value)) => {
            StoreConnection::rollback_transaction(connection)?;
            Ok(value)
        }
        Err(failure) => {
            // The pool drops a connection whose transaction did not end, so nothing is lost with this result.
            StoreConnection::rollback_transaction(connection).ok();
            Err(failure)
        }
    }
}

fn begin(connection: &mut StoreConnection) -> QueryResult<()> {
    match connection {
        StoreConnection::Sqlite(sqlite) => {
            AnsiTransactionManager::begin_transaction_sql(sqlite, "BEGIN IMMEDIATE")
        }
        StoreConnection::Postgresql(postgresql) => AnsiTransactionManager::begin_transaction(postgresql),
    }
}

/// Whether an insertion of one row happened; false if the row is there already.
///
/// Inside a transaction use [`insert_in_savepoint`]: PostgreSQL gives a transaction up after an error.
pub(super) fn is_inserted(result: QueryResult<usize>) -> Result<bool, Failure> {
    match result {
        Err(DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => Ok(false),
        result => exactly(1, result?).map(|()| true),
    }
}

/// Inserts one row inside a transaction; false if the row is there already, and the transaction goes on.
pub(super) fn insert_in_savepoint(
    connection: &mut StoreConnection,
    insert: impl FnOnce(&mut StoreConnection) -> QueryResult<usize>,
) -> Result<bool, Failure> {
    is_inserted(connection.transaction(insert))
}

/// Whether a conditional change of one row happened.
pub(super) fn is_changed(rows: usize) -> Result<bool, Failure> {
    match rows {
        0 => Ok(false),
        rows => exactly(1, rows).map(|()| true),
    }
}

/// Checks that a statement changed as many rows as it must.
pub(super) fn exactly(expected: u64, actual: usize) -> Result<(), Failure> {
    let actual = actual as u64;
    if actual == expected {
        Ok(())
    } else {
        Err(Failure::UnexpectedCount { expected, actual })
    }
}
