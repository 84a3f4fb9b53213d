//! Extracted and prepared statements.

use std::marker::PhantomData;
use std::ptr;
use std::sync::Arc;

use duckdb::ffi;

use super::connection::ConnectionHandle;
use super::logical_type::LogicalType;
use super::result::PendingResult;
use super::{DuckdbError, Value, text};
use crate::sql_executor::engine::data_type::DataType;
use crate::sql_executor::engine::statement_kind::StatementKind;

/// Statements that the server does not tell apart, with their names.
const OTHERS: [(ffi::duckdb_statement_type, &str); 15] = [
    (
        ffi::duckdb_statement_type_DUCKDB_STATEMENT_TYPE_PREPARE,
        "PREPARE",
    ),
    (
        ffi::duckdb_statement_type_DUCKDB_STATEMENT_TYPE_EXECUTE,
        "EXECUTE",
    ),
    (ffi::duckdb_statement_type_DUCKDB_STATEMENT_TYPE_COPY, "COPY"),
    (
        ffi::duckdb_statement_type_DUCKDB_STATEMENT_TYPE_ANALYZE,
        "ANALYZE",
    ),
    (
        ffi::duckdb_statement_type_DUCKDB_STATEMENT_TYPE_VARIABLE_SET,
        "SET VARIABLE",
    ),
    (ffi::duckdb_statement_type_DUCKDB_STATEMENT_TYPE_DROP, "DROP"),
    (ffi::duckdb_statement_type_DUCKDB_STATEMENT_TYPE_EXPORT, "EXPORT"),
    (ffi::duckdb_statement_type_DUCKDB_STATEMENT_TYPE_PRAGMA, "PRAGMA"),
    (
        ffi::duckdb_statement_type_DUCKDB_STATEMENT_TYPE_VACUUM,
        "VACUUM or ANALYZE",
    ),
    (
        ffi::duckdb_statement_type_DUCKDB_STATEMENT_TYPE_CALL,
        "CALL or CHECKPOINT",
    ),
    (
        ffi::duckdb_statement_type_DUCKDB_STATEMENT_TYPE_SET,
        "SET, RESET or USE",
    ),
    (
        ffi::duckdb_statement_type_DUCKDB_STATEMENT_TYPE_LOAD,
        "LOAD or INSTALL",
    ),
    (ffi::duckdb_statement_type_DUCKDB_STATEMENT_TYPE_ATTACH, "ATTACH"),
    (ffi::duckdb_statement_type_DUCKDB_STATEMENT_TYPE_DETACH, "DETACH"),
    (
        ffi::duckdb_statement_type_DUCKDB_STATEMENT_TYPE_EXTENSION,
        "a statement of an extension",
    ),
];

fn kind(raw: ffi::duckdb_statement_type) -> StatementKind {
    match raw {
        ffi::duckdb_statement_type_DUCKDB_STATEMENT_TYPE_SELECT => StatementKind::Select,
        ffi::duckdb_statement_type_DUCKDB_STATEMENT_TYPE_INSERT
        | ffi::duckdb_statement_type_DUCKDB_STATEMENT_TYPE_UPDATE
        | ffi::duckdb_statement_type_DUCKDB_STATEMENT_TYPE_DELETE
        | ffi::duckdb_statement_type_DUCKDB_STATEMENT_TYPE_MERGE_INTO => StatementKind::Write,
        ffi::duckdb_statement_type_DUCKDB_STATEMENT_TYPE_CREATE => StatementKind::Create,
        ffi::duckdb_statement_type_DUCKDB_STATEMENT_TYPE_ALTER => StatementKind::Alter,
        ffi::duckdb_statement_type_DUCKDB_STATEMENT_TYPE_TRANSACTION => StatementKind::Transaction,
        ffi::duckdb_statement_type_DUCKDB_STATEMENT_TYPE_EXPLAIN => StatementKind::Explain,
        raw => {
            let known = OTHERS.iter().find(|(other, _)| *other == raw);
            StatementKind::Other(known.map_or("this kind of statement", |(_, name)| name))
        }
    }
}

/// The statements of one text, parsed and not yet bound.
pub(crate) struct ExtractedStatements {
    raw: ffi::duckdb_extracted_statements,
    count: u64,
    connection: Arc<ConnectionHandle>,
}

impl Drop for ExtractedStatements {
    fn drop(&mut self) {
        // SAFETY: handed out by `duckdb_extract_statements`, destroyed only here.
        unsafe { ffi::duckdb_destroy_extracted(&raw mut self.raw) };
    }
}

impl ExtractedStatements {
    pub(super) fn new(
        raw: ffi::duckdb_extracted_statements,
        count: u64,
        connection: Arc<ConnectionHandle>,
    ) -> Result<Self, DuckdbError> {
        let extracted = Self {
            raw,
            count,
            connection,
        };
        // SAFETY: a live handle; the text stays with it.
        let message = unsafe { text::borrowed(ffi::duckdb_extract_statements_error(extracted.raw)) };
        match message.is_empty() {
            true => Ok(extracted),
            false => Err(DuckdbError::new(message)),
        }
    }

    /// How many statements the text holds; zero for an empty or comment-only text.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Binds and plans the statement at `index` (from zero) and no other. It does not run it.
    pub(crate) fn prepare(&self, index: u64) -> Result<PreparedStatement, DuckdbError> {
        let mut raw = ptr::null_mut();
        // SAFETY: a live connection and extraction of the same connection; an index out of range is an error there.
        let state = unsafe {
            ffi::duckdb_prepare_extracted_statement(self.connection.raw(), self.raw, index, &raw mut raw)
        };
        let statement = PreparedStatement {
            raw,
            connection: Arc::clone(&self.connection),
            _one_thread: PhantomData,
        };
        if state == ffi::duckdb_state_DuckDBSuccess {
            return Ok(statement);
        }
        // SAFETY: also a failed preparation hands out a handle that keeps its message (null is accepted).
        Err(DuckdbError::new(unsafe {
            text::borrowed(ffi::duckdb_prepare_error(raw))
        }))
    }
}

/// A statement that is bound and planned; run it as often as wanted, one run at a time.
pub(crate) struct PreparedStatement {
    raw: ffi::duckdb_prepared_statement,
    connection: Arc<ConnectionHandle>,
    /// A statement must not be shared between threads (moving it is fine).
    _one_thread: PhantomData<std::cell::Cell<()>>,
}

// SAFETY: like its connection, a statement may move to another thread, and `PhantomData<Cell>` keeps it from being shared.
unsafe impl Send for PreparedStatement {}

impl Drop for PreparedStatement {
    fn drop(&mut self) {
        // SAFETY: handed out by a prepare call, destroyed only here.
        unsafe { ffi::duckdb_destroy_prepare(&raw mut self.raw) };
    }
}

impl PreparedStatement {
    /// What the statement does.
    pub(crate) fn kind(&self) -> StatementKind {
        // SAFETY: a live statement.
        kind(unsafe { ffi::duckdb_prepared_statement_type(self.raw) })
    }

    /// The names of the parameters, without `$`, in the order of their positions.
    pub(crate) fn parameter_names(&self) -> Vec<String> {
        // SAFETY: a live statement.
        let count = unsafe { ffi::duckdb_nparams(self.raw) };
        (1..=count)
            // SAFETY: the position is in range; the text is handed over.
            .map(|position| unsafe { text::owned(ffi::duckdb_parameter_name(self.raw, position).cast_mut()) })
            .collect()
    }

    /// The type that DuckDB resolved for the parameter at `position` (from one), or `None` if it could not.
    pub(crate) fn parameter_type(&self, position: u64) -> Option<DataType> {
        // SAFETY: a live statement; a position out of range answers null.
        let raw = unsafe { ffi::duckdb_param_logical_type(self.raw, position) };
        LogicalType::from_raw(raw)
            .map(|logical| logical.data_type())
            .filter(|data_type| *data_type != DataType::Unresolved)
    }

    /// Names and types of the result's columns, as far as they are known before the parameters are bound.
    pub(crate) fn columns(&self) -> Vec<(String, DataType)> {
        // SAFETY: a live statement.
        let count = unsafe { ffi::duckdb_prepared_statement_column_count(self.raw) };
        (0..count).map(|index| self.column(index)).collect()
    }

    fn column(&self, index: u64) -> (String, DataType) {
        // SAFETY: the index is in range; the text is handed over.
        let name =
            unsafe { text::owned(ffi::duckdb_prepared_statement_column_name(self.raw, index).cast_mut()) };
        // SAFETY: the index is in range.
        let raw = unsafe { ffi::duckdb_prepared_statement_column_logical_type(self.raw, index) };
        let data_type =
            LogicalType::from_raw(raw).map_or(DataType::Unresolved, |logical| logical.data_type());
        (name, data_type)
    }

    /// Binds `value` to the parameter at `position` (from one).
    pub(crate) fn bind(&mut self, position: u64, value: &Value) -> Result<(), DuckdbError> {
        // SAFETY: a live statement and a live value, which DuckDB copies.
        let state = unsafe { ffi::duckdb_bind_value(self.raw, position, value.raw()) };
        match state {
            ffi::duckdb_state_DuckDBSuccess => Ok(()),
            // SAFETY: a live statement; the text stays with it.
            _ => Err(DuckdbError::new(unsafe {
                text::borrowed(ffi::duckdb_prepare_error(self.raw))
            })),
        }
    }

    /// Forgets all bound values, so that none outlives its call.
    pub(crate) fn clear_bindings(&mut self) {
        // SAFETY: a live statement. Clearing cannot fail on one.
        unsafe { ffi::duckdb_clear_bindings(self.raw) };
    }

    /// Starts a run whose rows are produced while they are read.
    pub(crate) fn start(&mut self) -> Result<PendingResult<'_>, DuckdbError> {
        let mut pending = ptr::null_mut();
        // SAFETY: a live statement and an out-pointer to a local. The answer borrows the statement.
        let state = unsafe { ffi::duckdb_pending_prepared_streaming(self.raw, &raw mut pending) };
        let pending = PendingResult::new(pending, &self.connection);
        match state {
            ffi::duckdb_state_DuckDBSuccess => Ok(pending),
            _ => Err(pending.error()),
        }
    }
}
