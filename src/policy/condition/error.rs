//! What can be wrong with a condition at load.

use super::parse::{MAXIMUM_DEPTH, MAXIMUM_LENGTH};

/// A condition that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConditionError {
    /// The text is longer than any condition that a person wrote.
    #[error("the condition has {0} bytes; at most {MAXIMUM_LENGTH} are accepted")]
    TooLong(usize),
    /// Parentheses, calls or operators lie deeper in each other than is accepted.
    #[error("the condition is nested too deeply; at most {MAXIMUM_DEPTH} levels are accepted")]
    TooDeep,
    /// The text is not an expression.
    #[error("not a CEL expression: line {line}, column {column}: {message}")]
    Syntax {
        /// Line of the condition, from 1.
        line: usize,
        /// Character in the line, from 1.
        column: usize,
        /// What the parser says.
        message: String,
    },
    /// The parser gave up without saying why.
    #[error("not a CEL expression: the parser cannot read it")]
    Unreadable,
    /// A variable that does not exist.
    #[error("unknown variable {name:?}{hint}")]
    UnknownVariable {
        /// The name as written.
        name: String,
        /// What exists, as the end of the sentence.
        hint: String,
    },
    /// A field that users do not have.
    #[error("unknown field user.{name}{hint}")]
    UnknownUserField {
        /// The field as written.
        name: String,
        /// What exists, as the end of the sentence.
        hint: String,
    },
    /// A function that does not exist.
    #[error("unknown function {name}(){hint}")]
    UnknownFunction {
        /// The name as written.
        name: String,
        /// What exists, as the end of the sentence.
        hint: String,
    },
    /// A function that is called in a way in which it cannot be called.
    #[error("{name}() cannot be called like this; expected {expected}")]
    WrongCall {
        /// The function.
        name: String,
        /// The accepted forms.
        expected: &'static str,
    },
    /// A loop variable that hides the caller, or is no plain name.
    #[error("{0:?} cannot be the variable of a loop; choose another name")]
    LoopVariable(String),
    /// A message literal, `Name{…}`.
    #[error("values of the type {0} cannot be made in a condition")]
    Message(String),
    /// A literal pattern that `matches` cannot use.
    #[error("matches(): {0}")]
    Pattern(String),
    /// An expression that is never true and never false.
    #[error("the condition is neither true nor false; compare it with something")]
    NeverBoolean,
}
