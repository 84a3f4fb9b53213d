//! Arguments: what a caller gives, checked and turned into the values that SQL and templates take.
//!
//! Everything that does not depend on the call is compiled once ([`ParameterSet::compile`]); a call only reads. Numbers keep
//! all their digits, every wrong argument has its own message, and nothing is rounded or guessed. Where another form means
//! the same without doubt it is taken: a number in quotes, JSON text for a list or an object, `yes` for `true`.
//!
//! Must not live here: who may call (`policy`), what SQL makes of a value (the engine).

mod distinct;
mod error;
mod given;
mod json;
mod nested;
mod place;
mod reading;
mod rule;
mod scalar;
mod set;
#[cfg(test)]
mod tests;
pub mod undeclared;
mod unify;

pub use error::{ArgumentError, ArgumentProblem};
pub use set::ParameterSet;
