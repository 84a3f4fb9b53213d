//! One connection that runs one statement at a time, on behalf of one caller, within limits.
//!
//! A session keeps the owner's statements prepared. It says whether it is still clean: a statement that could leave
//! something behind (an open transaction, a temporary object, a setting) makes it unfit for the next caller, and it is
//! replaced by a fresh one, which costs less than finding out what to undo.

use std::collections::HashMap;
use std::sync::Arc;

use super::error::QueryError;
use super::ffi::{Connection, ExtractedStatements, InterruptSlot, Progress, VectorData};
use super::generation::{Generation, OpenError};
use super::guard;
use super::identity::{self, Seat, SqlIdentity};
use super::limits::ResultLimits;
use super::plan::OutputPlan;
use super::prepared::Prepared;
use super::read;
pub use super::read::EncodedResult;
use super::statement::Statement;
use super::statement_kind::StatementKind;
use super::syntax::SyntaxTree;
use crate::domain::cancel::{CancelReason, CancelToken, Interrupt};
use crate::sql_executor::value::SqlValue;

/// Prepared statements kept per session. A project has fewer; with one more, all of them are prepared anew at their next run.
const KEPT_STATEMENTS: usize = 512;

/// What to run.
pub enum Source<'query> {
    /// A statement of the project's owner, checked at load; kept prepared.
    Owner(&'query Statement),
    /// A caller's own text, run under the guard; prepared for this one run.
    Caller(&'query str),
}

/// One run: what, for whom, with which values, and how much of the answer.
pub struct Query<'query> {
    /// The statement.
    pub source: Source<'query>,
    /// Values by parameter name, without `$`.
    pub parameters: &'query [(String, SqlValue)],
    /// On whose behalf.
    pub caller: Arc<SqlIdentity>,
    /// Columns and shape of the answer.
    pub plan: &'query OutputPlan,
    /// Limits of the answer.
    pub limits: ResultLimits,
}

/// An open session.
pub struct Session {
    // The statements go before their connection, and the seat after both.
    statements: HashMap<u64, Prepared>,
    connection: Connection,
    seat: Seat,
    clean: bool,
    /// What stops the preparing of statements that are only checked.
    stop: Option<CancelToken>,
    generation: Arc<Generation>,
}

/// Interrupts one run. Each run has its own, so that a late interrupt finds an empty slot and not the next caller.
#[derive(Default)]
struct Interruptible(Arc<InterruptSlot>);

impl Interrupt for Interruptible {
    fn interrupt(&self) {
        self.0.interrupt();
    }
}

impl Session {
    pub(super) fn new(generation: Arc<Generation>, connection: Connection, seat: Seat) -> Self {
        Self {
            statements: HashMap::new(),
            connection,
            seat,
            clean: true,
            stop: None,
            generation,
        }
    }

    /// Whether the next caller may use this session. A session that is not clean is dropped and replaced.
    pub fn is_clean(&self) -> bool {
        self.clean
    }

    /// Keeps the session from the next caller.
    pub(super) fn set_aside(&mut self) {
        self.clean = false;
    }

    /// From now on nothing is prepared once `cancel` is tripped, and what is being prepared stops where DuckDB heeds that.
    pub(crate) fn stop_with(&mut self, cancel: CancelToken) {
        self.stop = Some(cancel);
    }

    /// The database that this session belongs to.
    pub fn generation(&self) -> &Arc<Generation> {
        &self.generation
    }

    /// Runs one statement to its encoded answer.
    pub fn run(&mut self, query: &Query<'_>, cancel: &CancelToken) -> Result<EncodedResult, QueryError> {
        cancel.check()?;
        match query.source {
            Source::Owner(statement) => self.run_owner(statement, query, cancel),
            Source::Caller(sql) => self.run_caller(sql, query, cancel),
        }
    }

    fn run_owner(
        &mut self,
        statement: &Statement,
        query: &Query<'_>,
        cancel: &CancelToken,
    ) -> Result<EncodedResult, QueryError> {
        let mut prepared = match self.statements.remove(&statement.id()) {
            Some(prepared) => prepared,
            None => self.prepare_under(statement.sql(), cancel)?,
        };
        let answer = self.execute(&mut prepared, query, cancel);
        prepared.clear_bindings();
        if self.statements.len() >= KEPT_STATEMENTS {
            self.statements.clear();
        }
        self.statements.insert(statement.id(), prepared);
        answer
    }

    fn run_caller(
        &mut self,
        sql: &str,
        query: &Query<'_>,
        cancel: &CancelToken,
    ) -> Result<EncodedResult, QueryError> {
        let tree = SyntaxTree::parse(self, sql)?;
        let catalog = guard::Catalog::read(self)?;
        guard::check(&tree, &catalog)?;
        cancel.check()?;
        let mut prepared = self.prepare_under(sql, cancel)?;
        if prepared.kind() != StatementKind::Select {
            return Err(guard::Refusal::NotASelect.into());
        }
        self.execute(&mut prepared, query, cancel)
    }

    /// Binds and runs; what writes or defines, in a transaction of its own.
    fn execute(
        &mut self,
        prepared: &mut Prepared,
        query: &Query<'_>,
        cancel: &CancelToken,
    ) -> Result<EncodedResult, QueryError> {
        // In a session that is not clean a transaction may be open already.
        let was_clean = self.clean;
        if !prepared.kind().is_about_rows() {
            self.clean = false;
        }
        prepared.bind(query.parameters)?;
        match prepared.kind() {
            StatementKind::Write if was_clean => self.write(prepared, query, cancel),
            StatementKind::Create | StatementKind::Alter if was_clean => self.define(prepared, query, cancel),
            StatementKind::Create | StatementKind::Alter | StatementKind::Other(_) => {
                let answer = self.answer(prepared, query, cancel);
                self.refuse_reserved_names().map_err(reserved_name)?;
                answer
            }
            StatementKind::Write
            | StatementKind::Select
            | StatementKind::Transaction
            | StatementKind::Explain => self.answer(prepared, query, cancel),
        }
    }

    /// Runs a bound statement to its encoded answer. The caller is present and the connection interruptible until the
    /// last row was read.
    pub(super) fn answer(
        &self,
        prepared: &mut Prepared,
        query: &Query<'_>,
        cancel: &CancelToken,
    ) -> Result<EncodedResult, QueryError> {
        let _occupied = self.seat.occupy(Arc::clone(&query.caller));
        self.interruptible(cancel, || stream(prepared, query, cancel))
    }

    /// Prepares a text that must hold exactly one statement, and stops when `cancel` is tripped, where DuckDB heeds that: it
    /// computes what is constant while it plans.
    pub(super) fn prepare_under(&self, sql: &str, cancel: &CancelToken) -> Result<Prepared, QueryError> {
        self.interruptible(cancel, || self.prepare_now(sql))
    }

    /// Does something on the connection that is told to stop when `cancel` is tripped.
    fn interruptible<T>(
        &self,
        cancel: &CancelToken,
        work: impl FnOnce() -> Result<T, QueryError>,
    ) -> Result<T, QueryError> {
        cancel.check()?;
        let interruptible = Arc::<Interruptible>::default();
        let lent = self.connection.lend(&interruptible.0);
        let attached = cancel.attach(interruptible);
        let outcome = work();
        drop((attached, lent));
        outcome.map_err(|error| name_the_cause(error, cancel))
    }

    /// Prepares a text that must hold exactly one statement. Nothing of it runs, also not what follows a `;`.
    pub(super) fn prepare_only(&self, sql: &str) -> Result<Prepared, QueryError> {
        match &self.stop {
            Some(cancel) => self.prepare_under(sql, cancel),
            None => self.prepare_now(sql),
        }
    }

    fn prepare_now(&self, sql: &str) -> Result<Prepared, QueryError> {
        let extracted = self.connection.extract(sql)?;
        match extracted.count() {
            1 => Ok(Prepared::new(extracted.prepare(0)?)),
            count => Err(QueryError::StatementCount(count)),
        }
    }

    /// The statements of the owner's text, none of them bound or run but the arguments of a PRAGMA.
    pub(super) fn extract(&self, sql: &str) -> Result<ExtractedStatements, QueryError> {
        Ok(self.connection.extract(sql)?)
    }

    /// How many statements the owner's text holds. Nothing of it is bound or run but the arguments of a PRAGMA.
    pub(super) fn count_statements(&self, sql: &str) -> Result<u64, QueryError> {
        Ok(self.connection.extract(sql)?.count())
    }

    /// Runs a statement of the server itself and forgets its rows.
    pub(super) fn administer(&mut self, sql: &str) -> Result<(), QueryError> {
        self.texts(sql, &[]).map(drop)
    }

    /// Runs a statement of the server itself and reads its rows as text (`NULL` and what is no text as the empty string).
    pub(super) fn texts(
        &mut self,
        sql: &str,
        parameters: &[(String, SqlValue)],
    ) -> Result<Vec<Vec<String>>, QueryError> {
        let mut prepared = self.prepare_only(sql)?;
        self.read_texts(&mut prepared, parameters)
    }

    /// The same with a statement that is prepared.
    pub(super) fn read_texts(
        &mut self,
        prepared: &mut Prepared,
        parameters: &[(String, SqlValue)],
    ) -> Result<Vec<Vec<String>>, QueryError> {
        prepared.bind(parameters)?;
        let _occupied = self.seat.occupy(Generation::nobody());
        let mut result = prepared.start()?.finish()?;
        let width = result.columns().len();
        let mut rows = Vec::new();
        while let Some(chunk) = result.next_chunk()? {
            if chunk.row_count() == 0 {
                break;
            }
            let columns: Vec<_> = (0..width).filter_map(|index| chunk.column(index)).collect();
            for row in 0..chunk.row_count() {
                rows.push(columns.iter().map(|column| text_at(column, row)).collect());
            }
        }
        Ok(rows)
    }

    /// Nobody may define an identity function of their own: a macro in the database's main schema would change the
    /// built-in for every connection.
    pub(super) fn refuse_reserved_names(&mut self) -> Result<(), OpenError> {
        // Without a function or an operator: a macro in the database could change what an unqualified name means.
        let sql = "SELECT function_name, database_name, schema_name, function_type \
                   FROM system.main.duckdb_functions() WHERE database_name NOT IN ('system', 'temp')";
        let found = self.texts(sql, &[])?;
        let reserved =
            |name: &str| identity::reserved_names().any(|reserved| reserved.eq_ignore_ascii_case(name));
        for row in found {
            if let Ok([name, database, schema, kind]) = <[String; 4]>::try_from(row)
                && reserved(&name)
            {
                let schema = format!("{database}.{schema}");
                return Err(OpenError::ReservedName { name, schema, kind });
            }
        }
        Ok(())
    }
}

pub(super) fn reserved_name(error: OpenError) -> QueryError {
    match error {
        OpenError::Query(error) => error,
        other => QueryError::Refused(guard::Refusal::ReservedName(other.to_string())),
    }
}

fn text_at(column: &super::ffi::Vector<'_>, row: usize) -> String {
    match column.data() {
        VectorData::Text(values) if !column.is_null(row) => values
            .get(row)
            .map(|value| String::from_utf8_lossy(value.bytes()).into_owned())
            .unwrap_or_default(),
        _ => String::new(),
    }
}

fn stream(
    prepared: &mut Prepared,
    query: &Query<'_>,
    cancel: &CancelToken,
) -> Result<EncodedResult, QueryError> {
    let mut pending = prepared.start()?;
    loop {
        // Starting cleared an interrupt that came before it; the token still knows.
        cancel.check()?;
        match pending.execute_task()? {
            Progress::Working => {}
            Progress::Ready | Progress::Elsewhere => break,
        }
    }
    let mut result = pending.finish()?;
    read::encode(&mut result, query.plan, query.limits, cancel)
}

/// An interrupted statement fails with DuckDB's word for it; what counts is who tripped the token.
fn name_the_cause(error: QueryError, cancel: &CancelToken) -> QueryError {
    match (&error, cancel.reason()) {
        (QueryError::Duckdb(duckdb), Some(reason))
            if duckdb.kind() == super::ffi::DuckdbErrorKind::Interrupted =>
        {
            QueryError::Cancelled(reason)
        }
        (QueryError::Duckdb(duckdb), None) if duckdb.kind() == super::ffi::DuckdbErrorKind::Interrupted => {
            QueryError::Cancelled(CancelReason::Operator)
        }
        _ => error,
    }
}
