//! What is wrong with an argument, one value for each. Which argument is wrong is decided elsewhere.

use std::fmt;

use crate::endpoints::number::ExactNumber;

/// One wrong argument.
#[derive(Debug, Clone, PartialEq)]
pub struct ArgumentError {
    /// The way to the value: `filter.dates[2]`; empty for the arguments as a whole.
    pub path: String,
    /// What is wrong.
    pub problem: ArgumentProblem,
}

/// What can be wrong with an argument. Values are never part of a message: an argument may be a secret.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ArgumentProblem {
    /// A required argument is absent or null.
    #[error("is missing")]
    Missing,
    /// Nothing of that name is declared.
    #[error("is unknown{}", accepted_names(hint, accepted))]
    Unknown {
        /// `; did you mean …?` or a full stop.
        hint: String,
        /// The declared names.
        accepted: Vec<String>,
    },
    /// The same name stands twice in one object.
    #[error("is given twice")]
    GivenTwice,
    /// Another kind of value was wanted.
    #[error("expected {expected}, found {found}")]
    WrongType {
        /// What was wanted.
        expected: &'static str,
        /// What was given.
        found: &'static str,
    },
    /// A text that does not mean what it should.
    #[error("expected {0}")]
    Expected(&'static str),
    /// The text holds escapes that are no Unicode characters.
    #[error("is not valid Unicode text")]
    NotUnicode,
    /// None of the listed values.
    #[error("must be one of: {0}")]
    NotAccepted(String),
    /// A number that is too small, too large, or between the steps.
    #[error("must be {relation} {bound}")]
    OutOfBounds {
        /// `at least`, `a multiple of`, …
        relation: &'static str,
        /// The bound.
        bound: ExactNumber,
    },
    /// A text or list that is too short or too long.
    #[error("must have {relation} {bound} {unit}, found {found}")]
    Size {
        /// `at least` or `at most`.
        relation: &'static str,
        /// The bound.
        bound: usize,
        /// `characters` or `elements`.
        unit: &'static str,
        /// How many there are.
        found: usize,
    },
    /// The pattern is not found in the text.
    #[error("must match the pattern {0}")]
    Pattern(String),
    /// Two equal elements.
    #[error("must not hold equal elements")]
    NotUnique,
    /// Lists and objects inside each other beyond the limit.
    #[error("is nested deeper than {0} levels")]
    TooDeep(usize),
    /// An object with more members than are taken where no type names them.
    #[error("has more than {0} members")]
    TooWide(usize),
    /// More values than are taken in one call.
    #[error("holds more than {0} values")]
    TooMany(usize),
}

fn accepted_names(hint: &str, accepted: &[String]) -> String {
    match accepted.is_empty() {
        true => format!("{hint} None is accepted"),
        false => format!("{hint} Accepted: {}", accepted.join(", ")),
    }
}

/// Openings that users of MXCP know; the rest of a message says more than theirs did.
impl fmt::Display for ArgumentError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, problem } = self;
        match problem {
            _ if path.is_empty() => write!(formatter, "The arguments are not accepted: {problem}"),
            ArgumentProblem::Missing => write!(formatter, "Required parameter missing: {path}"),
            ArgumentProblem::Unknown { hint, accepted } => {
                write!(
                    formatter,
                    "Unknown parameter: {path}{}",
                    accepted_names(hint, accepted)
                )
            }
            ArgumentProblem::NotAccepted(accepted) => {
                write!(formatter, "Invalid value for {path}. Must be one of: {accepted}")
            }
            ArgumentProblem::GivenTwice
            | ArgumentProblem::WrongType { .. }
            | ArgumentProblem::Expected(_)
            | ArgumentProblem::NotUnicode
            | ArgumentProblem::OutOfBounds { .. }
            | ArgumentProblem::Size { .. }
            | ArgumentProblem::Pattern(_)
            | ArgumentProblem::NotUnique
            | ArgumentProblem::TooDeep(_)
            | ArgumentProblem::TooWide(_)
            | ArgumentProblem::TooMany(_) => {
                write!(formatter, "Error validating parameter '{path}': {problem}")
            }
        }
    }
}

impl std::error::Error for ArgumentError {}
