//! Scalar SQL functions that answer text about the connection they run on.

use std::any::Any;
use std::ffi::{CString, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::Arc;

use duckdb::ffi;

use super::chunk::StringValue;
use super::{DuckdbError, text};

/// A function `name()` or `name(argument)` whose answer depends on the connection that asks. It counts as volatile,
/// so that no plan ever keeps an answer.
pub(crate) trait TextFunction: Send + Sync + 'static {
    /// The name in SQL.
    fn name(&self) -> &'static str;

    /// Whether it takes one text argument.
    fn takes_argument(&self) -> bool;

    /// What it needs to know about the connection; asked once per run and thread, before the first value.
    fn begin(&self, connection_id: u64) -> Result<Box<dyn Any + Send>, String>;

    /// The value for one row, or `None` for `NULL`.
    fn value(&self, begun: &dyn Any, argument: Option<&str>) -> Option<String>;
}

/// What travels through DuckDB as the function's extra info.
struct Registered(Arc<dyn TextFunction>);

/// What `begin` answered, kept by DuckDB for one run on one thread.
struct Begun(Box<dyn Any + Send>);

/// Owns the description while it is being filled; registering copies it.
struct Description(ffi::duckdb_scalar_function);

impl Drop for Description {
    fn drop(&mut self) {
        // SAFETY: created in `register`, destroyed only here.
        unsafe { ffi::duckdb_destroy_scalar_function(&raw mut self.0) };
    }
}

pub(super) fn register(
    connection: ffi::duckdb_connection,
    function: Arc<dyn TextFunction>,
) -> Result<(), DuckdbError> {
    let name = text::to_c(function.name())?;
    let takes_argument = function.takes_argument();
    // SAFETY: the description is live until the end of this function; DuckDB copies what is set; the extra info is a
    // box that DuckDB frees with `free::<Registered>`; the callbacks have the signatures that DuckDB calls.
    let state = unsafe {
        let description = Description(ffi::duckdb_create_scalar_function());
        let mut varchar = ffi::duckdb_create_logical_type(ffi::DUCKDB_TYPE_DUCKDB_TYPE_VARCHAR);
        ffi::duckdb_scalar_function_set_name(description.0, name.as_ptr());
        if takes_argument {
            ffi::duckdb_scalar_function_add_parameter(description.0, varchar);
        }
        ffi::duckdb_scalar_function_set_return_type(description.0, varchar);
        ffi::duckdb_destroy_logical_type(&raw mut varchar);
        ffi::duckdb_scalar_function_set_volatile(description.0);
        ffi::duckdb_scalar_function_set_special_handling(description.0);
        let info = Box::into_raw(Box::new(Registered(function))).cast::<c_void>();
        ffi::duckdb_scalar_function_set_extra_info(description.0, info, Some(free::<Registered>));
        ffi::duckdb_scalar_function_set_init(description.0, Some(init));
        ffi::duckdb_scalar_function_set_function(description.0, Some(execute));
        ffi::duckdb_register_scalar_function(connection, description.0)
    };
    match state {
        ffi::duckdb_state_DuckDBSuccess => Ok(()),
        _ => Err(DuckdbError::new(format!(
            "Catalog Error: the function {} could not be registered",
            name.to_string_lossy()
        ))),
    }
}

/// Frees a box that was handed to DuckDB.
unsafe extern "C" fn free<T>(boxed: *mut c_void) {
    // SAFETY: DuckDB hands back, once, the pointer that `Box::into_raw` gave it.
    let dropped = catch_unwind(|| drop(unsafe { Box::from_raw(boxed.cast::<T>()) }));
    debug_assert!(dropped.is_ok(), "a destructor of a SQL function panicked");
}

unsafe extern "C" fn init(info: ffi::duckdb_init_info) {
    // SAFETY: DuckDB calls this with a live info whose extra info is the box of `register`.
    let registered = unsafe { &*ffi::duckdb_scalar_function_init_get_extra_info(info).cast::<Registered>() };
    // SAFETY: as above.
    let connection_id = unsafe { connection_of(info) };
    let answer = catch_unwind(AssertUnwindSafe(|| registered.0.begin(connection_id)))
        .unwrap_or_else(|_| Err(format!("{} panicked", registered.0.name())));
    match answer {
        Ok(begun) => {
            let state = Box::into_raw(Box::new(Begun(begun))).cast::<c_void>();
            // SAFETY: a live info; DuckDB frees the box with `free::<Begun>`.
            unsafe { ffi::duckdb_scalar_function_init_set_state(info, state, Some(free::<Begun>)) };
        }
        Err(message) => {
            let message = error_text(message);
            // SAFETY: a live info and a NUL-terminated text, which DuckDB copies.
            unsafe { ffi::duckdb_scalar_function_init_set_error(info, message.as_ptr()) };
        }
    }
}

/// # Safety
/// `info` is live, inside an init callback.
unsafe fn connection_of(info: ffi::duckdb_init_info) -> u64 {
    let mut context = ptr::null_mut();
    // SAFETY: a live info and an out-pointer to a local.
    unsafe { ffi::duckdb_scalar_function_init_get_client_context(info, &raw mut context) };
    // SAFETY: the context was just handed out.
    let id = unsafe { ffi::duckdb_client_context_get_connection_id(context) };
    // SAFETY: the context is ours to destroy, once.
    unsafe { ffi::duckdb_destroy_client_context(&raw mut context) };
    id
}

fn error_text(message: String) -> CString {
    CString::new(message).unwrap_or_default()
}

unsafe extern "C" fn execute(
    info: ffi::duckdb_function_info,
    input: ffi::duckdb_data_chunk,
    output: ffi::duckdb_vector,
) {
    // SAFETY: DuckDB calls this with a live info whose extra info is the box of `register`.
    let registered = unsafe { &*ffi::duckdb_scalar_function_get_extra_info(info).cast::<Registered>() };
    // SAFETY: the state is the box of `init`, or null where DuckDB did not run that: without an answer nobody is named.
    let begun = unsafe {
        ffi::duckdb_scalar_function_get_state(info)
            .cast::<Begun>()
            .as_ref()
    };
    let filled = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: the chunk and the vector are live for this call.
        begun.map(|begun| unsafe { fill(&*registered.0, &*begun.0, input, output) })
    }));
    let failure = match filled {
        Ok(Some(())) => return,
        Ok(None) => "was not begun",
        Err(_) => "panicked",
    };
    let message = error_text(format!("{} {failure}", registered.0.name()));
    // SAFETY: a live info and a NUL-terminated text, which DuckDB copies.
    unsafe { ffi::duckdb_scalar_function_set_error(info, message.as_ptr()) };
}

/// # Safety
/// `input` holds the arguments (flat), `output` has room for as many values; both are live.
unsafe fn fill(
    function: &dyn TextFunction,
    begun: &dyn Any,
    input: ffi::duckdb_data_chunk,
    output: ffi::duckdb_vector,
) {
    // SAFETY: a live chunk.
    let rows = unsafe { ffi::duckdb_data_chunk_get_size(input) };
    if !function.takes_argument() {
        let value = function.value(begun, None);
        // SAFETY: every row is in range.
        (0..rows).for_each(|row| unsafe { assign(output, row, value.as_deref()) });
        return;
    }
    for row in 0..rows {
        // SAFETY: the argument is the first column, and the row is in range.
        let argument = unsafe { text_at(ffi::duckdb_data_chunk_get_vector(input, 0), row) };
        let value = argument.and_then(|argument| function.value(begun, Some(argument)));
        // SAFETY: the row is in range.
        unsafe { assign(output, row, value.as_deref()) };
    }
}

/// # Safety
/// `vector` is a live, flat VARCHAR vector with a value at `row`.
unsafe fn text_at<'chunk>(vector: ffi::duckdb_vector, row: u64) -> Option<&'chunk str> {
    // SAFETY: a live vector; null means that every value is valid.
    let validity = unsafe { ffi::duckdb_vector_get_validity(vector) };
    // SAFETY: the mask covers the row.
    if !validity.is_null() && !unsafe { ffi::duckdb_validity_row_is_valid(validity, row) } {
        return None;
    }
    // SAFETY: a live vector of strings.
    let strings = unsafe { ffi::duckdb_vector_get_data(vector) }.cast::<StringValue>();
    // SAFETY: the row is in range.
    let value = unsafe { &*strings.add(usize::try_from(row).unwrap_or(usize::MAX)) };
    std::str::from_utf8(value.bytes()).ok()
}

/// # Safety
/// `vector` is a live, writable VARCHAR vector with room at `row`.
unsafe fn assign(vector: ffi::duckdb_vector, row: u64, value: Option<&str>) {
    if let Some(text) = value {
        // SAFETY: room at `row`; DuckDB copies the text.
        unsafe {
            ffi::duckdb_vector_assign_string_element_len(
                vector,
                row,
                text.as_ptr().cast(),
                text.len() as u64,
            );
        }
        return;
    }
    // SAFETY: a live, writable vector.
    unsafe { ffi::duckdb_vector_ensure_validity_writable(vector) };
    // SAFETY: the mask was just made, and covers the row.
    unsafe { ffi::duckdb_validity_set_row_invalid(ffi::duckdb_vector_get_validity(vector), row) };
}
