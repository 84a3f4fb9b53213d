//! A database, a session and one-line queries for the engine's tests.

use std::path::PathBuf;
use std::sync::Arc;

use mxcp_actors::domain::cancel::CancelToken;
use mxcp_actors::sql_executor::engine::QueryError;
use mxcp_actors::sql_executor::engine::generation::{Generation, InstanceSettings};
use mxcp_actors::sql_executor::engine::identity::SqlIdentity;
use mxcp_actors::sql_executor::engine::limits::ResultLimits;
use mxcp_actors::sql_executor::engine::plan::OutputPlan;
use mxcp_actors::sql_executor::engine::session::{EncodedResult, Query, Session, Source};
use mxcp_actors::sql_executor::engine::statement::Statement;
use mxcp_actors::sql_executor::value::{DateTime, SqlValue};
use serde_json::Value;

/// An in-memory database.
pub(crate) fn memory() -> Arc<Generation> {
    Generation::in_memory(&InstanceSettings::default()).unwrap()
}

/// A session of an in-memory database of its own.
pub(crate) fn session() -> Session {
    memory().session().unwrap()
}

/// A folder with a database file that `setup` filled.
pub(crate) fn file(setup: &[&str]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.duckdb");
    let generation = Generation::open(&path, &InstanceSettings::default()).unwrap();
    let mut session = generation.session().unwrap();
    for sql in setup {
        owner(&mut session, sql).unwrap();
    }
    (folder, path)
}

/// A caller with a name.
pub(crate) fn user(name: &str) -> Arc<SqlIdentity> {
    Arc::new(SqlIdentity {
        username: Some(name.to_owned()),
        ..SqlIdentity::default()
    })
}

/// Runs an owner's statement without parameters, as nobody.
pub(crate) fn owner(session: &mut Session, sql: &str) -> Result<Value, QueryError> {
    owner_with(session, sql, &[])
}

/// Runs an owner's statement as nobody.
pub(crate) fn owner_with(
    session: &mut Session,
    sql: &str,
    parameters: &[(String, SqlValue)],
) -> Result<Value, QueryError> {
    let statement = Statement::check(session, sql, &[])?;
    run(session, &statement, parameters, &Arc::new(SqlIdentity::nobody()))
}

/// Runs a checked statement as `caller`.
pub(crate) fn run(
    session: &mut Session,
    statement: &Statement,
    parameters: &[(String, SqlValue)],
    caller: &Arc<SqlIdentity>,
) -> Result<Value, QueryError> {
    let query = Query {
        source: Source::Owner(statement),
        parameters,
        caller: Arc::clone(caller),
        plan: &OutputPlan::rows(),
        limits: ResultLimits::default(),
    };
    let answer = session.run(&query, &CancelToken::new())?;
    Ok(serde_json::from_slice(&answer.json).unwrap())
}

/// Runs a caller's own SQL under the guard.
pub(crate) fn caller(session: &mut Session, sql: &str) -> Result<Value, QueryError> {
    let query = Query {
        source: Source::Caller(sql),
        parameters: &[],
        caller: user("mallory"),
        plan: &OutputPlan::rows(),
        limits: ResultLimits::default(),
    };
    let answer = session.run(&query, &CancelToken::new())?;
    Ok(serde_json::from_slice(&answer.json).unwrap())
}

/// A number with its digits.
pub(crate) fn decimal(unscaled: i128, scale: u8) -> SqlValue {
    SqlValue::Decimal { unscaled, scale }
}

/// A date and time as a caller sent it.
pub(crate) fn instant(micros: i64, text: &str) -> SqlValue {
    SqlValue::DateTime(DateTime {
        micros,
        text: text.to_owned(),
    })
}

/// A parameter list from pairs.
pub(crate) fn parameters(pairs: &[(&str, SqlValue)]) -> Vec<(String, SqlValue)> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect()
}

/// Runs a checked statement without parameters within these limits.
pub(crate) fn run_within(
    session: &mut Session,
    statement: &Statement,
    limits: ResultLimits,
) -> Result<EncodedResult, QueryError> {
    let query = Query {
        source: Source::Owner(statement),
        parameters: &[],
        caller: user("ada"),
        plan: &OutputPlan::rows(),
        limits,
    };
    session.run(&query, &CancelToken::new())
}

/// An object with these members.
pub(crate) fn object(members: &[(&str, SqlValue)]) -> SqlValue {
    let members = members.iter();
    SqlValue::Struct(
        members
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect(),
    )
}
