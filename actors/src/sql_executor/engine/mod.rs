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
//! - [`lasting`]: what of a statement would outlast it. `lexer`: the words of a statement. `uses`: parameters that are used more than once.
//!   `query_part`: the query in a statement that writes.
//!   `rewriting`: how a definition's statement is written, so that DuckDB knows the type of each of its parameters.

pub mod bind;
pub mod data_type;
pub mod encode;
pub mod error;
mod ffi;
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
mod rewriting;
pub mod script;
pub mod session;
pub mod statement;
pub mod statement_kind;
mod syntax;
mod transaction;
mod uses;
mod written;

pub use error::QueryError;
pub use ffi::{DuckdbError, DuckdbErrorKind};
