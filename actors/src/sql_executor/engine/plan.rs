//! What of a result goes out, and in which shape: compiled once per definition, applied while rows are encoded.

use std::collections::BTreeSet;

/// The JSON value that the rows become (a definition's `return.type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ResultShape {
    /// An array with one object per row.
    #[default]
    Rows,
    /// An array with the value of the only column of each row.
    Values,
    /// The only row, as an object.
    SingleRow,
    /// The only value of the only row.
    SingleValue,
}

/// Which columns go out, how, and in which shape.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OutputPlan {
    /// The shape of the whole.
    pub shape: ResultShape,
    /// Columns that are left out.
    pub dropped: BTreeSet<String>,
    /// Columns whose values are replaced by `"****"`.
    pub masked: BTreeSet<String>,
}

/// What a masked value becomes.
pub const MASK: &str = "\"****\"";

/// Rows that do not have the declared shape.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShapeError {
    /// One row was declared, none came.
    #[error("No results returned")]
    NoRow,
    /// One row was declared, more came.
    #[error("Expected single result, but the statement returned more than one row")]
    SeveralRows,
    /// One value was declared, the row has another number of columns.
    #[error("Expected single value, but the statement returns {0} columns")]
    SeveralColumns(usize),
}

/// What the plan says about one column, the stricter the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Treatment {
    Keep,
    Mask,
    Drop,
}

impl OutputPlan {
    /// All columns of all rows.
    pub fn rows() -> Self {
        Self::default()
    }

    /// All columns in the given shape.
    pub fn shaped(shape: ResultShape) -> Self {
        Self {
            shape,
            ..Self::default()
        }
    }

    /// Whether columns are left out or masked.
    pub fn hides_columns(&self) -> bool {
        !(self.dropped.is_empty() && self.masked.is_empty())
    }

    pub(crate) fn treatment(&self, column: &str) -> Treatment {
        if self.dropped.contains(column) {
            return Treatment::Drop;
        }
        match self.masked.contains(column) {
            true => Treatment::Mask,
            false => Treatment::Keep,
        }
    }
}
