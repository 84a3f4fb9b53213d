//! The versions of the schema, inside the binary, and the lock under which a replica starts.

use diesel::migration::MigrationSource;
use diesel::{RunQueryDsl, sql_query};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::connection::StoreConnection;
use super::sweep::ADVISORY_LOCKS;

const SQLITE: EmbeddedMigrations = embed_migrations!("../migrations/sqlite");
const POSTGRESQL: EmbeddedMigrations = embed_migrations!("../migrations/postgres");

/// The second half of the advisory lock of a start; those of sweeps begin at 1.
const STARTING: i32 = 0;

/// How long a replica waits for another one to finish its start.
const LONGEST_WAIT_FOR_START: &str = "60s";

/// The schema could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// Another replica did not finish its start in time.
    #[error("waited {LONGEST_WAIT_FOR_START} for another replica to finish its start: {0}")]
    Waiting(String),
    /// A migration failed; the schema is as it was before that migration.
    #[error("the schema could not be brought up to date: {0}")]
    Failed(String),
}

/// A connection that holds the start lock. Closing it gives the lock back, also when this process dies.
pub(super) struct StartLock {
    _connection: StoreConnection,
}

/// Runs the migrations that the database has not seen. Those that only a newer version knows are left alone.
pub(super) fn migrate(mut connection: StoreConnection) -> Result<StartLock, MigrationError> {
    wait_for_others(&mut connection).map_err(|error| MigrationError::Waiting(error.to_string()))?;
    let migrated = match &mut connection {
        StoreConnection::Sqlite(sqlite) => run(sqlite, SQLITE),
        StoreConnection::Postgresql(postgresql) => run(postgresql, POSTGRESQL),
    };
    migrated.map_err(|error| MigrationError::Failed(error.to_string()))?;
    Ok(StartLock {
        _connection: connection,
    })
}

/// On PostgreSQL this connection is the only one without limits: a migration may take long.
fn wait_for_others(connection: &mut StoreConnection) -> diesel::QueryResult<()> {
    let StoreConnection::Postgresql(postgresql) = connection else {
        return Ok(());
    };
    let wait = format!("SET statement_timeout = 0; SET lock_timeout = '{LONGEST_WAIT_FOR_START}'");
    diesel::connection::SimpleConnection::batch_execute(postgresql, &wait)?;
    sql_query("SELECT pg_advisory_lock($1, $2)")
        .bind::<diesel::sql_types::Integer, _>(ADVISORY_LOCKS)
        .bind::<diesel::sql_types::Integer, _>(STARTING)
        .execute(postgresql)
        .map(|_| ())
}

fn run<C, DB>(connection: &mut C, source: EmbeddedMigrations) -> diesel::migration::Result<()>
where
    DB: diesel::backend::Backend,
    C: MigrationHarness<DB>,
    EmbeddedMigrations: MigrationSource<DB>,
{
    for version in connection.run_pending_migrations(source)? {
        log::info!("database schema: migration {version} done");
    }
    Ok(())
}

/// Takes back every migration, newest first, for the test that this can be done.
#[cfg(test)]
pub(super) fn revert_all(connection: &mut StoreConnection) -> diesel::migration::Result<()> {
    match connection {
        StoreConnection::Sqlite(sqlite) => sqlite.revert_all_migrations(SQLITE).map(|_| ()),
        StoreConnection::Postgresql(postgresql) => postgresql.revert_all_migrations(POSTGRESQL).map(|_| ()),
    }
}

/// The migrations in the binary, by folder, for the test that these are those of the source tree.
#[cfg(test)]
pub(super) fn names() -> diesel::migration::Result<[(&'static str, std::collections::BTreeSet<String>); 2]> {
    let sqlite: Vec<Box<dyn diesel::migration::Migration<diesel::sqlite::Sqlite>>> = SQLITE.migrations()?;
    let postgresql: Vec<Box<dyn diesel::migration::Migration<diesel::pg::Pg>>> = POSTGRESQL.migrations()?;
    Ok([
        (
            "sqlite",
            sqlite
                .iter()
                .map(|migration| migration.name().to_string())
                .collect(),
        ),
        (
            "postgres",
            postgresql
                .iter()
                .map(|migration| migration.name().to_string())
                .collect(),
        ),
    ])
}
