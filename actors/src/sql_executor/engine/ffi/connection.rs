//! One connection: extracting statements, its identity for the SQL functions, lending itself for interrupts.

use std::cell::Cell;
use std::marker::PhantomData;
use std::ptr;
use std::sync::Arc;

use duckdb::ffi;

use super::database::DatabaseHandle;
use super::interrupt::{InterruptSlot, Lent};
use super::scalar_function::{self, TextFunction};
use super::statement::ExtractedStatements;
use super::{DuckdbError, text};

/// An open connection, used by one thread at a time. It keeps its database open.
pub(crate) struct Connection {
    handle: Arc<ConnectionHandle>,
    /// The handle may be shared, the connection must not be: it makes statements, which have one thread.
    _one_thread: PhantomData<Cell<()>>,
}

/// Disconnects exactly once, when neither the connection nor a statement of it is left.
pub(super) struct ConnectionHandle {
    raw: ffi::duckdb_connection,
    _database: Arc<DatabaseHandle>,
}

// SAFETY: a DuckDB connection may be moved between threads; it must not be *used* by two at once. `Connection`,
// `PreparedStatement` and what they lend are not `Sync`, and a session keeps a connection with all its statements
// together, so that they move as one. The one call from other threads is the interrupt, which DuckDB allows.
unsafe impl Send for ConnectionHandle {}
// SAFETY: as above: the shared handle is only read (its pointer copied); DuckDB locks the context inside each call.
unsafe impl Sync for ConnectionHandle {}

impl ConnectionHandle {
    pub(super) fn raw(&self) -> ffi::duckdb_connection {
        self.raw
    }

    /// Stops what runs on this connection, from the thread that runs it.
    pub(super) fn interrupt(&self) {
        // SAFETY: a live connection.
        unsafe { ffi::duckdb_interrupt(self.raw) };
    }
}

impl Drop for ConnectionHandle {
    fn drop(&mut self) {
        // SAFETY: connected in `Database::connect`, disconnected only here.
        unsafe { ffi::duckdb_disconnect(&raw mut self.raw) };
    }
}

impl Connection {
    pub(super) fn new(raw: ffi::duckdb_connection, database: Arc<DatabaseHandle>) -> Self {
        let handle = Arc::new(ConnectionHandle {
            raw,
            _database: database,
        });
        Self {
            handle,
            _one_thread: PhantomData,
        }
    }

    /// The number by which SQL functions recognise this connection. Unique within its instance only.
    pub(crate) fn id(&self) -> u64 {
        let mut context = ptr::null_mut();
        // SAFETY: a live connection and an out-pointer to a local.
        unsafe { ffi::duckdb_connection_get_client_context(self.handle.raw, &raw mut context) };
        // SAFETY: the context was just handed out.
        let id = unsafe { ffi::duckdb_client_context_get_connection_id(context) };
        // SAFETY: the context is ours to destroy, once.
        unsafe { ffi::duckdb_destroy_client_context(&raw mut context) };
        id
    }

    /// Lets `slot` interrupt what this connection runs, for as long as the answer lives.
    pub(crate) fn lend(&self, slot: &Arc<InterruptSlot>) -> Lent<'_> {
        Lent::new(slot.lend(self.handle.raw))
    }

    /// Parses `sql` into its statements; runs and binds nothing.
    pub(crate) fn extract(&self, sql: &str) -> Result<ExtractedStatements, DuckdbError> {
        let c_sql = text::to_c(sql)?;
        let mut extracted = ptr::null_mut();
        // SAFETY: a live connection, a NUL-terminated text and an out-pointer to a local.
        let count =
            unsafe { ffi::duckdb_extract_statements(self.handle.raw, c_sql.as_ptr(), &raw mut extracted) };
        ExtractedStatements::new(extracted, count, Arc::clone(&self.handle))
    }

    /// Registers a text function for every connection of the instance.
    pub(crate) fn register(&self, function: Arc<dyn TextFunction>) -> Result<(), DuckdbError> {
        scalar_function::register(self.handle.raw, function)
    }
}
