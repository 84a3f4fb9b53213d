//! One condition: at load from text to a checked CEL expression, in a call from that expression and values to true or false.
//!
//! The `cel` crate parses and evaluates. What it does not do is done here: names are checked at load, work is bounded,
//! patterns are compiled once, and whatever goes wrong while evaluating, a panic of the crate included, is a value.
//!
//! Must not live here: rules and what follows from a condition (`compile`, `evaluate`). Outside this folder nothing names `cel`.

mod check;
mod error;
mod failure;
mod functions;
mod instrument;
mod meter;
mod parse;
mod patterns;
mod reads;
mod scope;
#[cfg(test)]
mod tests;
mod value;
mod variables;

use cel::IdedExpr;

pub use error::ConditionError;
pub use failure::ConditionFailure;
pub(super) use patterns::Patterns;
pub use reads::Reads;
pub(super) use scope::Scope;
pub(super) use variables::Variables;

/// A condition that can be evaluated as often as needed.
#[derive(Debug)]
pub(super) struct Condition {
    /// Instrumented: its work is counted.
    expression: IdedExpr,
    reads: Reads,
}

impl Condition {
    /// Compiles a condition. Its literal patterns are added to `patterns`, with which it must be evaluated later.
    pub(super) fn compile(
        text: &str,
        variables: &Variables<'_>,
        patterns: &mut Patterns,
    ) -> Result<Self, Vec<ConditionError>> {
        let expression = parse::parse(text).map_err(|error| vec![error])?;
        let reads = check::check(&expression, variables, patterns)?;
        Ok(Self {
            expression: instrument::instrument(expression),
            reads,
        })
    }

    /// What the condition looks at.
    pub(super) fn reads(&self) -> &Reads {
        &self.reads
    }
}
