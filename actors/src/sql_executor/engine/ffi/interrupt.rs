//! Stopping a running statement from another thread.
//!
//! DuckDB's interrupt belongs to a connection, not to a statement: sent late it hits whatever runs there next. So a
//! connection is never shared for interrupting; it is lent to the slot of one query and withdrawn before the
//! connection is used again.

use std::sync::{Arc, Mutex, PoisonError};

use duckdb::ffi;

/// The place where the connection of one query can be interrupted while it is lent, and where nothing happens before
/// and after.
#[derive(Default)]
pub(crate) struct InterruptSlot {
    lent: Mutex<Option<LentConnection>>,
}

struct LentConnection(ffi::duckdb_connection);

// SAFETY: `duckdb_interrupt` is documented as callable from any thread, and the pointer is used for nothing else.
unsafe impl Send for LentConnection {}

impl InterruptSlot {
    /// Interrupts the connection if it is lent right now; says whether it was.
    pub(crate) fn interrupt(&self) -> bool {
        let lent = self.lent.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(connection) = lent.as_ref() else {
            return false;
        };
        // SAFETY: while the lock is held the connection cannot be withdrawn, so it is alive (`Lent` borrows it).
        unsafe { ffi::duckdb_interrupt(connection.0) };
        true
    }

    pub(super) fn lend(self: &Arc<Self>, connection: ffi::duckdb_connection) -> LentSlot {
        *self.lent.lock().unwrap_or_else(PoisonError::into_inner) = Some(LentConnection(connection));
        LentSlot(Arc::clone(self))
    }
}

/// Withdraws the connection from its slot when dropped.
pub(super) struct LentSlot(Arc<InterruptSlot>);

impl Drop for LentSlot {
    fn drop(&mut self) {
        *self.0.lent.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// A connection that is lent to a slot for as long as this value lives; it borrows the connection, so that the
/// connection cannot be closed meanwhile.
pub(crate) struct Lent<'connection> {
    _slot: LentSlot,
    _connection: std::marker::PhantomData<&'connection ()>,
}

impl Lent<'_> {
    pub(super) fn new(slot: LentSlot) -> Self {
        Self {
            _slot: slot,
            _connection: std::marker::PhantomData,
        }
    }
}
