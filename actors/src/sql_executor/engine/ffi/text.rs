//! C text in and out: nothing else.

use std::ffi::{CStr, CString, c_char, c_void};

use duckdb::ffi;

use super::DuckdbError;

/// A C string for DuckDB; text with a NUL byte is refused, because C would silently cut it there.
pub(super) fn to_c(text: &str) -> Result<CString, DuckdbError> {
    CString::new(text).map_err(|_| DuckdbError::new("Invalid Input Error: the text contains a NUL character"))
}

/// Copies text that DuckDB keeps owning.
///
/// # Safety
/// `pointer` is null or points to a NUL-terminated string that stays valid for this call.
pub(super) unsafe fn borrowed(pointer: *const c_char) -> String {
    if pointer.is_null() {
        return String::new();
    }
    // SAFETY: not null, and the caller vouches for the rest.
    unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned()
}

/// Copies text that DuckDB handed over, and frees it.
///
/// # Safety
/// `pointer` is null or came from a DuckDB function whose result is freed with `duckdb_free`, and is not used again.
pub(super) unsafe fn owned(pointer: *mut c_char) -> String {
    // SAFETY: the caller vouches that it is null or a valid string.
    let text = unsafe { borrowed(pointer) };
    // SAFETY: the caller hands over ownership; `duckdb_free` accepts null.
    unsafe { ffi::duckdb_free(pointer.cast::<c_void>()) };
    text
}
