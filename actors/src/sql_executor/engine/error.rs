//! Everything that can go wrong between a statement and its answer.

use super::data_type::DataType;
use super::encode::EncodeError;
use super::ffi::{DuckdbError, DuckdbErrorKind};
use super::guard::Refusal;
use super::limits::LimitExceeded;
use super::plan::ShapeError;
use crate::domain::cancel::CancelReason;

/// Why a query has no answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum QueryError {
    /// DuckDB refused or failed. The message may quote the statement.
    #[error("{}", told(.0))]
    Duckdb(#[from] DuckdbError),
    /// The text does not hold exactly one statement.
    #[error("the SQL holds {0} statements; exactly one is accepted")]
    StatementCount(u64),
    /// One statement that DuckDB makes several of.
    #[error(
        "a PIVOT that finds its columns in the data is two statements to DuckDB, the first of which creates a type; exactly one is accepted: name the columns, PIVOT ... ON column IN ('a', 'b') ..."
    )]
    PivotWithoutValues,
    /// A caller's own SQL asked for something that the guard does not allow.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// A parameter's value does not fit the type that the statement expects.
    #[error("parameter ${parameter}: {message}")]
    Parameter {
        /// The parameter's name, without `$`.
        parameter: String,
        /// What does not fit.
        message: String,
    },
    /// A statement for whose parameter DuckDB has one type in a plan where several are needed.
    #[error(
        "DuckDB finds no type that fits every use of the parameter ${0}: write a cast around each, such as ${0}::VARCHAR, and give selected expressions names with AS"
    )]
    Ambiguous(String),
    /// A statement that takes no values of the declared type in one of the places where it uses the parameter.
    #[error(
        "the parameter ${parameter} is {declared} by its declaration, which DuckDB does not take in each place where the statement uses it ({reason}): write a cast around it there, such as CAST(${parameter} AS VARCHAR)"
    )]
    Untyped {
        /// The parameter's name, without `$`.
        parameter: String,
        /// The declared type.
        declared: DataType,
        /// What DuckDB said.
        reason: String,
    },
    /// The answer grew beyond a limit.
    #[error("{0}")]
    Limit(#[from] LimitExceeded),
    /// The call was stopped.
    #[error("{0}")]
    Cancelled(CancelReason),
    /// The rows do not have the shape that the definition declares.
    #[error("{0}")]
    Shape(#[from] ShapeError),
    /// A value has no JSON form.
    #[error("column {column}: {source}")]
    Encode {
        /// The column's name.
        column: String,
        /// What has no form.
        source: EncodeError,
    },
}

impl QueryError {
    /// Whether no statement will succeed any more until the database is opened anew.
    pub fn is_fatal(&self) -> bool {
        matches!(self, Self::Duckdb(error) if error.kind() == DuckdbErrorKind::Fatal)
    }

    /// Whether the message may quote values that the statement read: the engine names what it could not convert, and SQL can
    /// raise errors with any text.
    pub fn may_quote_values(&self) -> bool {
        match self {
            Self::Duckdb(error) => match error.kind() {
                DuckdbErrorKind::Interrupted | DuckdbErrorKind::OutOfMemory => false,
                DuckdbErrorKind::Parser
                | DuckdbErrorKind::Binder
                | DuckdbErrorKind::Unsupported
                | DuckdbErrorKind::Catalog
                | DuckdbErrorKind::Permission
                | DuckdbErrorKind::Io
                | DuckdbErrorKind::Conflict
                | DuckdbErrorKind::Fatal
                | DuckdbErrorKind::Other => true,
            },
            Self::StatementCount(_)
            | Self::PivotWithoutValues
            | Self::Refused(_)
            | Self::Parameter { .. }
            | Self::Ambiguous(_)
            | Self::Untyped { .. }
            | Self::Limit(_)
            | Self::Cancelled(_)
            | Self::Shape(_)
            | Self::Encode { .. } => false,
        }
    }
}

/// DuckDB's words, but for those that advise to change settings of its own, which nobody who reads them can.
fn told(error: &DuckdbError) -> &str {
    match error.kind() {
        DuckdbErrorKind::OutOfMemory => {
            "the query needs more memory than the server has for queries, and more room on the disk than \
             limits.max_temp_directory_bytes allows; filter earlier, ask for fewer rows or columns, or aggregate"
        }
        DuckdbErrorKind::Interrupted
        | DuckdbErrorKind::Parser
        | DuckdbErrorKind::Binder
        | DuckdbErrorKind::Unsupported
        | DuckdbErrorKind::Catalog
        | DuckdbErrorKind::Permission
        | DuckdbErrorKind::Io
        | DuckdbErrorKind::Conflict
        | DuckdbErrorKind::Fatal
        | DuckdbErrorKind::Other => error.message(),
    }
}

impl From<CancelReason> for QueryError {
    fn from(reason: CancelReason) -> Self {
        Self::Cancelled(reason)
    }
}
