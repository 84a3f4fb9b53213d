//! Safe wrappers around DuckDB's C API, and the only room of the product with `unsafe` in it.
//!
//! What must not live here: decisions. A wrapper owns one handle, frees it once, turns C text into Rust text and a
//! failure into a [`DuckdbError`]; what to run, for whom and within which limits is decided one floor up.
//!
//! Why not the safe Rust crate: preparing through it executes every statement before the last one, it hands out
//! neither the raw connection (interrupt, connection id) nor the raw statement (parameter types), and it has no
//! access to vectors, from which results are encoded without an intermediate row model.
//!
//! Rules of the room: each handle is destroyed in exactly one `Drop`; a handle that needs another one alive holds it
//! (by reference count or by lifetime); callbacks that DuckDB calls catch panics, because unwinding into C++ is
//! undefined; and every `unsafe` block says why it is sound.
#![expect(
    unsafe_code,
    reason = "the C API is unsafe; this room makes it safe for the rest of the product"
)]

mod chunk;
mod connection;
mod database;
mod error;
mod interrupt;
mod logical_type;
mod result;
mod scalar_function;
mod statement;
mod text;
mod value;

pub(crate) use chunk::{DataChunk, Interval, StringValue, Vector, VectorData, signed, unsigned};
pub(crate) use connection::Connection;
pub(crate) use database::Database;
pub use error::{DuckdbError, DuckdbErrorKind};
pub(crate) use interrupt::InterruptSlot;
pub(crate) use result::{PendingResult, Progress, StreamingResult};
pub(crate) use scalar_function::TextFunction;
pub(crate) use statement::{ExtractedStatements, PreparedStatement};
pub(crate) use value::Value;
