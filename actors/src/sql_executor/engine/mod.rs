//! DuckDB behind a small interface. The only room that names `duckdb`; `ffi/` is the only one with `unsafe`.
//!
//! - [`generation`]: one open instance of one database file with fixed settings; [`session`]: one connection of it that
//!   runs one statement at a time, as somebody, within limits.
//! - [`identity`]: who asks, as SQL sees it. [`guard`]: what a caller's own SQL may do.
//! - [`statement`]: an owner's statement, checked at load and never run by the check. [`bind`] and [`encode`]: values in
//!   and out. [`plan`] and [`limits`]: what of a result goes out, and how much of it.
//! - [`script`]: statements that prepare the database at start.
//! - `transaction`: statements that write, all or nothing.
//! - `syntax`: DuckDB's own parse tree, which the guard reads and the load check rewrites.
//! - [`lasting`]: what of a statement would outlast it. `lexer`: the words of a statement. `uses`: names of a parameter's uses.
//!   `query_part`: the query in a statement that writes.
//!   `typing`: the type of each use of a parameter, and `form`, how it is written.

pub mod bind;
pub mod data_type;
pub mod encode;
pub mod error;
mod ffi;
mod form;
pub mod generation;
pub mod guard;
pub mod identity;
pub mod lasting;
mod lexer;
pub mod limits;
mod natural_type;
pub mod plan;
mod prepared;
mod query_part;
mod read;
pub mod script;
pub mod session;
pub mod statement;
pub mod statement_kind;
mod syntax;
mod transaction;
mod typing;
mod uses;
mod written;

pub use error::QueryError;
pub use ffi::{DuckdbError, DuckdbErrorKind};
