//! What can go wrong inside this store, and what callers and operators are told about it.
//!
//! A failure is logged once, here, as one line that begins with `store operation failed`, and counted. Callers answer
//! by the kind of [`StoreError`] and log nothing.

use std::sync::atomic::{AtomicU64, Ordering};

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error as DieselError};

use super::row::InvalidRow;
use crate::store::StoreError;

/// What went wrong, before it is known in which operation.
#[derive(Debug)]
pub(super) enum Failure {
    /// No connection came free in time.
    Busy,
    /// No connection could be opened.
    Unavailable(String),
    /// The database refused a statement.
    Database(DieselError),
    /// A row contradicts the rules.
    InvalidRow(InvalidRow),
    /// A statement changed another number of rows than it can.
    UnexpectedCount { expected: u64, actual: u64 },
}

impl From<DieselError> for Failure {
    fn from(error: DieselError) -> Self {
        Self::Database(error)
    }
}

impl From<InvalidRow> for Failure {
    fn from(row: InvalidRow) -> Self {
        Self::InvalidRow(row)
    }
}

impl Failure {
    /// Whether the connection that it happened on should not be used again.
    pub(super) fn spoils_connection(&self) -> bool {
        matches!(self.kind(), Kind::Unavailable)
    }

    /// What the store said, without values.
    pub(super) fn reason(&self) -> String {
        match self {
            Self::Busy => "no connection came free in time".to_owned(),
            Self::Unavailable(reason) => reason.clone(),
            Self::Database(error) => database_reason(error),
            Self::InvalidRow(row) => row.to_string(),
            Self::UnexpectedCount { expected, actual } => format!("{actual} rows instead of {expected}"),
        }
    }

    pub(super) fn into_store_error(self, operation: &'static str) -> StoreError {
        match (self.kind(), &self) {
            (_, Self::UnexpectedCount { expected, actual }) => StoreError::UnexpectedCount {
                operation,
                expected: *expected,
                actual: *actual,
            },
            (Kind::Busy, _) => StoreError::Busy { operation },
            (Kind::Unavailable, _) => StoreError::Unavailable {
                operation,
                reason: self.reason(),
            },
            (Kind::Inconsistent, _) => StoreError::Inconsistent {
                operation,
                reason: self.reason(),
            },
        }
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Busy => Kind::Busy,
            Self::Unavailable(_) => Kind::Unavailable,
            Self::Database(error) => database_kind(error),
            Self::InvalidRow(_) | Self::UnexpectedCount { .. } => Kind::Inconsistent,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Busy,
    Unavailable,
    Inconsistent,
}

fn database_kind(error: &DieselError) -> Kind {
    match error {
        DieselError::DatabaseError(kind, information) => match kind {
            DatabaseErrorKind::SerializationFailure => Kind::Busy,
            // Those that an operation expects never get here.
            DatabaseErrorKind::UniqueViolation
            | DatabaseErrorKind::ForeignKeyViolation
            | DatabaseErrorKind::NotNullViolation
            | DatabaseErrorKind::CheckViolation
            | DatabaseErrorKind::RestrictViolation
            | DatabaseErrorKind::ExclusionViolation => Kind::Inconsistent,
            _ if is_waiting_in_vain(information.message()) => Kind::Busy,
            _ => Kind::Unavailable,
        },
        DieselError::DeserializationError(_) | DieselError::SerializationError(_) => Kind::Inconsistent,
        DieselError::RollbackErrorOnCommit { commit_error, .. } => database_kind(commit_error),
        _ => Kind::Unavailable,
    }
}

/// Neither driver gives diesel a code for these. On a PostgreSQL server that speaks another language they count as
/// [`Kind::Unavailable`], which is answered with the same status.
fn is_waiting_in_vain(message: &str) -> bool {
    const SAID_BY_SQLITE: [&str; 2] = ["database is locked", "database table is locked"];
    const SAID_BY_POSTGRESQL: [&str; 3] = [
        "due to lock timeout",
        "due to statement timeout",
        "deadlock detected",
    ];
    SAID_BY_SQLITE
        .iter()
        .chain(&SAID_BY_POSTGRESQL)
        .any(|text| message.contains(text))
}

fn database_reason(error: &DieselError) -> String {
    match error {
        DieselError::DatabaseError(kind, information) => constraint_reason(*kind, information.as_ref())
            .unwrap_or_else(|| information.message().trim().to_owned()),
        DieselError::DeserializationError(_) => "a column holds a value of another type".to_owned(),
        DieselError::RollbackErrorOnCommit { commit_error, .. } => database_reason(commit_error),
        other => other.to_string(),
    }
}

/// The constraint instead of the message: PostgreSQL's messages about constraints may carry values.
fn constraint_reason(kind: DatabaseErrorKind, information: &dyn DatabaseErrorInformation) -> Option<String> {
    let violation = match kind {
        DatabaseErrorKind::UniqueViolation => "a value is there already",
        DatabaseErrorKind::ForeignKeyViolation => "a row refers to one that is not there",
        DatabaseErrorKind::NotNullViolation => "a column has no value",
        DatabaseErrorKind::CheckViolation => "a value is not allowed in its column",
        DatabaseErrorKind::RestrictViolation | DatabaseErrorKind::ExclusionViolation => {
            "a constraint is violated"
        }
        _ => return None,
    };
    let place = information
        .constraint_name()
        .or(information.table_name())
        .unwrap_or_default();
    Some(format!("{violation} ({place})"))
}

/// Failed operations since the start, for metrics and for the admin page.
#[derive(Debug, Default)]
pub(super) struct FailureCounters {
    busy: AtomicU64,
    unavailable: AtomicU64,
    inconsistent: AtomicU64,
}

/// How many operations of a store have failed since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoreFailures {
    /// For want of a connection or a lock in time.
    pub busy: u64,
    /// Because the database could not be reached or refused to work.
    pub unavailable: u64,
    /// Because a row or a row count contradicts the rules.
    pub inconsistent: u64,
}

impl FailureCounters {
    /// Logs and counts a failure, and gives it back as callers see it.
    pub(super) fn report(&self, failure: Failure, operation: &'static str) -> StoreError {
        let error = failure.into_store_error(operation);
        let counter = match &error {
            StoreError::Busy { .. } => &self.busy,
            StoreError::Unavailable { .. } => &self.unavailable,
            StoreError::Inconsistent { .. } | StoreError::UnexpectedCount { .. } => &self.inconsistent,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        log::error!("store operation failed: {error}");
        error
    }

    pub(super) fn read(&self) -> StoreFailures {
        StoreFailures {
            busy: self.busy.load(Ordering::Relaxed),
            unavailable: self.unavailable.load(Ordering::Relaxed),
            inconsistent: self.inconsistent.load(Ordering::Relaxed),
        }
    }
}
