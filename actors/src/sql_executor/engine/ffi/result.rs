//! A running statement, task by task, and its result, chunk by chunk.
//!
//! Destroying a run that is not at its end makes DuckDB finish the tasks it has begun, on this thread, however long they
//! take. So whoever leaves early interrupts the connection first; the next start clears that again.

use std::mem::MaybeUninit;

use duckdb::ffi;

use super::chunk::DataChunk;
use super::connection::ConnectionHandle;
use super::logical_type::LogicalType;
use super::{DuckdbError, text};
use crate::sql_executor::engine::data_type::DataType;

/// How far a pending statement is after one task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// The first rows can be read.
    Ready,
    /// There is more to do before the first rows.
    Working,
    /// Other threads of the instance hold all remaining tasks.
    Elsewhere,
}

/// A statement that was started and has no result yet.
pub(crate) struct PendingResult<'statement> {
    raw: ffi::duckdb_pending_result,
    connection: &'statement ConnectionHandle,
    /// The result was taken, or there is none.
    is_over: bool,
}

impl Drop for PendingResult<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.connection.interrupt();
        }
        // SAFETY: handed out by a pending call, destroyed only here.
        unsafe { ffi::duckdb_destroy_pending(&raw mut self.raw) };
    }
}

impl<'statement> PendingResult<'statement> {
    pub(super) fn new(raw: ffi::duckdb_pending_result, connection: &'statement ConnectionHandle) -> Self {
        Self {
            raw,
            connection,
            is_over: false,
        }
    }

    pub(super) fn error(&self) -> DuckdbError {
        // SAFETY: a live handle or null; the text stays with it.
        DuckdbError::new(unsafe { text::borrowed(ffi::duckdb_pending_error(self.raw)) })
    }

    /// Runs one task on this thread.
    pub(crate) fn execute_task(&mut self) -> Result<Progress, DuckdbError> {
        // SAFETY: a live handle.
        match unsafe { ffi::duckdb_pending_execute_task(self.raw) } {
            ffi::duckdb_pending_state_DUCKDB_PENDING_RESULT_READY => Ok(Progress::Ready),
            ffi::duckdb_pending_state_DUCKDB_PENDING_RESULT_NOT_READY => Ok(Progress::Working),
            ffi::duckdb_pending_state_DUCKDB_PENDING_NO_TASKS_AVAILABLE => Ok(Progress::Elsewhere),
            _ => Err(self.error()),
        }
    }

    /// Waits for the first rows and hands over the result.
    pub(crate) fn finish(mut self) -> Result<StreamingResult<'statement>, DuckdbError> {
        self.is_over = true;
        let mut raw = MaybeUninit::<ffi::duckdb_result>::zeroed();
        // SAFETY: a live handle and an out-pointer to a zeroed local, which DuckDB fills.
        let state = unsafe { ffi::duckdb_execute_pending(self.raw, raw.as_mut_ptr()) };
        let mut result = StreamingResult {
            // SAFETY: an all-zero result is valid for `duckdb_destroy_result` even where DuckDB left it untouched.
            raw: unsafe { raw.assume_init() },
            connection: self.connection,
            is_over: state != ffi::duckdb_state_DuckDBSuccess,
        };
        match state {
            ffi::duckdb_state_DuckDBSuccess => Ok(result),
            _ => Err(result.error().unwrap_or_else(|| self.error())),
        }
    }
}

/// A result whose rows are produced while they are read.
pub(crate) struct StreamingResult<'statement> {
    raw: ffi::duckdb_result,
    connection: &'statement ConnectionHandle,
    /// The last row was read, or reading failed.
    is_over: bool,
}

impl Drop for StreamingResult<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.connection.interrupt();
        }
        // SAFETY: filled by `duckdb_execute_pending` (or all zero), destroyed only here.
        unsafe { ffi::duckdb_destroy_result(&raw mut self.raw) };
    }
}

impl StreamingResult<'_> {
    fn error(&mut self) -> Option<DuckdbError> {
        // SAFETY: a live result; the text stays with it.
        let message = unsafe { text::borrowed(ffi::duckdb_result_error(&raw mut self.raw)) };
        (!message.is_empty()).then(|| DuckdbError::new(message))
    }

    /// Names and types of the columns, final now that all parameters are bound.
    pub(crate) fn columns(&mut self) -> Vec<(String, DataType)> {
        // SAFETY: a live result.
        let count = unsafe { ffi::duckdb_column_count(&raw mut self.raw) };
        (0..count)
            .map(|index| {
                // SAFETY: the index is in range; the text stays with the result.
                let name = unsafe { text::borrowed(ffi::duckdb_column_name(&raw mut self.raw, index)) };
                // SAFETY: the index is in range; the type is handed over.
                let raw = unsafe { ffi::duckdb_column_logical_type(&raw mut self.raw, index) };
                let logical = LogicalType::from_raw(raw);
                (
                    name,
                    logical.map_or(DataType::Unresolved, |logical| logical.data_type()),
                )
            })
            .collect()
    }

    /// The next rows, or `None` at the end.
    pub(crate) fn next_chunk(&mut self) -> Result<Option<DataChunk>, DuckdbError> {
        // SAFETY: a live result; the chunk is handed over.
        let chunk = DataChunk::from_raw(unsafe { ffi::duckdb_fetch_chunk(self.raw) });
        let error = self.error();
        self.is_over = chunk.is_none() || error.is_some();
        match error {
            Some(error) => Err(error),
            None => Ok(chunk),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    use crate::sql_executor::engine::ffi::Database;

    /// Hours of work, whose first row comes at the end.
    const HOURS: &str =
        "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE (a.range * b.range) % 7 = 3";

    #[test]
    fn a_run_that_is_left_before_its_first_task_is_not_finished_by_leaving() {
        let (sender, left) = mpsc::channel();
        thread::spawn(move || {
            let connection = Database::open(":memory:", &[("threads", "1".to_owned())])
                .unwrap()
                .connect()
                .unwrap();
            let mut statement = connection.extract(HOURS).unwrap().prepare(0).unwrap();
            drop(statement.start().unwrap());
            let mut next = connection.extract("SELECT 1").unwrap().prepare(0).unwrap();
            let mut result = next.start().unwrap().finish().unwrap();
            sender
                .send(result.next_chunk().unwrap().unwrap().row_count())
                .unwrap();
        });
        assert_eq!(left.recv_timeout(Duration::from_mins(1)), Ok(1));
    }
}
