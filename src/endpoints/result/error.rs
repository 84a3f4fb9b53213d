//! What can be wrong with a result. Values are never part of a message: a result may be a secret.

/// A result that is not what the definition declares.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutputError {
    /// A value breaks the return type.
    #[error("Output validation failed: {path}{separator}{message}", separator = if path.is_empty() { "" } else { ": " })]
    Refused {
        /// The way to the value: `[3].amount`; empty for the result as a whole.
        path: String,
        /// What was expected.
        message: String,
    },
    /// The engine's answer is no JSON of the expected form.
    #[error("Output validation failed: the result cannot be read: {0}")]
    Unreadable(String),
}
