//! A DuckDB instance: one database file opened with fixed settings.

use std::ffi::c_char;
use std::ptr;
use std::sync::Arc;

use duckdb::ffi;

use super::connection::Connection;
use super::{DuckdbError, text};

/// An open instance. Clones share it; it closes when the last clone and the last connection are gone.
#[derive(Clone)]
pub(crate) struct Database {
    handle: Arc<DatabaseHandle>,
}

/// Closes the instance exactly once.
pub(super) struct DatabaseHandle(ffi::duckdb_database);

// SAFETY: DuckDB documents the database handle as usable from several threads; only `duckdb_connect` (which locks
// inside) is called on it while it is shared, and `duckdb_close` runs once, when no one else holds it.
unsafe impl Send for DatabaseHandle {}
// SAFETY: as above.
unsafe impl Sync for DatabaseHandle {}

impl Drop for DatabaseHandle {
    fn drop(&mut self) {
        // SAFETY: opened in `Database::open`, closed only here.
        unsafe { ffi::duckdb_close(&raw mut self.0) };
    }
}

/// Frees a configuration object whichever way opening ends.
struct Settings(ffi::duckdb_config);

impl Drop for Settings {
    fn drop(&mut self) {
        // SAFETY: created in `Settings::new`, destroyed only here.
        unsafe { ffi::duckdb_destroy_config(&raw mut self.0) };
    }
}

impl Settings {
    fn new(settings: &[(&str, String)]) -> Result<Self, DuckdbError> {
        let mut config = ptr::null_mut();
        // SAFETY: writes one pointer to a local.
        let state = unsafe { ffi::duckdb_create_config(&raw mut config) };
        let owned = Self(config);
        if state != ffi::duckdb_state_DuckDBSuccess {
            return Err(DuckdbError::new("Out of Memory Error: no configuration object"));
        }
        for (name, value) in settings {
            let (c_name, c_value) = (text::to_c(name)?, text::to_c(value)?);
            // SAFETY: a live configuration and two NUL-terminated strings that outlive the call.
            let state = unsafe { ffi::duckdb_set_config(owned.0, c_name.as_ptr(), c_value.as_ptr()) };
            if state != ffi::duckdb_state_DuckDBSuccess {
                return Err(DuckdbError::new(format!(
                    "Invalid Input Error: unknown setting {name}"
                )));
            }
        }
        Ok(owned)
    }
}

impl Database {
    /// Opens `path` (`:memory:` for none) with settings that hold for the whole instance.
    pub(crate) fn open(path: &str, settings: &[(&str, String)]) -> Result<Self, DuckdbError> {
        let c_path = text::to_c(path)?;
        let config = Settings::new(settings)?;
        let mut database = ptr::null_mut();
        let mut message: *mut c_char = ptr::null_mut();
        // SAFETY: a NUL-terminated path, a live configuration, and two out-pointers to locals.
        let state =
            unsafe { ffi::duckdb_open_ext(c_path.as_ptr(), &raw mut database, config.0, &raw mut message) };
        if state == ffi::duckdb_state_DuckDBSuccess {
            return Ok(Self {
                handle: Arc::new(DatabaseHandle(database)),
            });
        }
        // SAFETY: on failure DuckDB hands over an error text (or null), ours to free.
        Err(DuckdbError::new(unsafe { text::owned(message) }))
    }

    /// A new connection to this instance.
    pub(crate) fn connect(&self) -> Result<Connection, DuckdbError> {
        let mut connection = ptr::null_mut();
        // SAFETY: a live database handle and an out-pointer to a local.
        let state = unsafe { ffi::duckdb_connect(self.handle.0, &raw mut connection) };
        if state != ffi::duckdb_state_DuckDBSuccess {
            return Err(DuckdbError::new(
                "IO Error: the database accepts no further connection",
            ));
        }
        Ok(Connection::new(connection, Arc::clone(&self.handle)))
    }
}
