//! What can go wrong while a condition is evaluated, told without any value: it may be a secret, and ends up in logs.

use cel::ExecutionError;

/// A condition that is neither true nor false for this call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConditionFailure {
    /// The result is something else than true or false.
    #[error("its result is of the type {0}, not bool")]
    NotBoolean(String),
    /// An operator or function does not take values of these types: null, mostly.
    #[error("{function} does not take ({})", .types.join(", "))]
    WrongTypes {
        /// The operator or function.
        function: String,
        /// The types that it was given, the receiver of a method first.
        types: Vec<String>,
    },
    /// A value of this type was needed, and another was found.
    #[error("it needs a value of the type {0} where it finds another")]
    OtherType(String),
    /// A member or an element that is not there.
    #[error("it reads a field or an element that is not there")]
    Missing,
    /// A text that a conversion or pattern does not accept.
    #[error("{0}() does not accept the value")]
    NotConvertible(String),
    /// A number beyond its type, or a division by zero.
    #[error("its arithmetic has no result")]
    Arithmetic,
    /// A map literal with the same key twice.
    #[error("it makes a map with the same key twice")]
    RepeatedKey,
    /// The work is more than one condition may cause.
    #[error("it takes more than {0} steps")]
    TooExpensive(u64),
    /// A value that lies deeper in others than is accepted, or JSON that cannot be read.
    #[error("the values that it looks at cannot be read")]
    UnreadableValues,
    /// The evaluator itself failed.
    #[error("the evaluator failed: {0}")]
    Evaluator(&'static str),
}

impl ConditionFailure {
    /// The evaluator's error without the values in it.
    pub(super) fn from_evaluator(error: &ExecutionError) -> Self {
        let wrong = |function: &str, types: &[String]| Self::WrongTypes {
            function: operator(function).to_owned(),
            types: types.to_vec(),
        };
        match error {
            ExecutionError::NoSuchOverload(call) => wrong(call.function(), call.argument_types()),
            // The type that was found is told by its value in places.
            ExecutionError::UnexpectedType { want, .. } => Self::OtherType(want.clone()),
            ExecutionError::UnsupportedBinaryOperator(name, left, right) => {
                wrong(name, &[left.type_of().to_string(), right.type_of().to_string()])
            }
            ExecutionError::NoSuchKey(_) | ExecutionError::IndexOutOfBounds(_) => Self::Missing,
            ExecutionError::FunctionError { function, .. } => Self::NotConvertible(function.clone()),
            ExecutionError::DivisionByZero(_)
            | ExecutionError::RemainderByZero(_)
            | ExecutionError::Overflow(..) => Self::Arithmetic,
            ExecutionError::DuplicateKey(_) => Self::RepeatedKey,
            ExecutionError::UnsupportedIndex(..) | ExecutionError::UnsupportedKeyType(_) => {
                Self::Evaluator("a value cannot be used as an index or key")
            }
            ExecutionError::ValuesNotComparable(..) => Self::Evaluator("two values cannot be compared"),
            _ => Self::Evaluator("it has no name for the reason"),
        }
    }
}

/// `_==_` as people write it.
fn operator(name: &str) -> &str {
    match name {
        "@in" => "in",
        "_._" => "field access",
        "_[_]" => "[]",
        _ => name.trim_matches('_'),
    }
}
