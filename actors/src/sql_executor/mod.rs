//! Running SQL on behalf of a caller.
//!
//! - [`engine`]: DuckDB behind a small interface: statements, identity, the guard, limits, encoding.
//! - [`value`]: the values that parameters are bound to.

pub mod engine;
pub mod value;
