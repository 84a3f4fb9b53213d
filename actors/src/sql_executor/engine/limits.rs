//! How large an answer may grow. The time limit is the cancel token's, the number of queries at once the admission's.

use std::fmt;

/// Limits on one answer, enforced while it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResultLimits {
    /// Rows at most.
    pub max_rows: u64,
    /// Bytes of encoded JSON at most.
    pub max_result_bytes: u64,
}

impl Default for ResultLimits {
    /// 10,000 rows and 10 MiB: more than a model can read, less than a server can hold for every caller.
    fn default() -> Self {
        Self {
            max_rows: 10_000,
            max_result_bytes: 10 * 1024 * 1024,
        }
    }
}

/// A limit that an answer went beyond, with its value: the caller can act on it, nothing was cut silently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitExceeded {
    /// More rows than allowed.
    Rows(u64),
    /// More bytes than allowed.
    Bytes(u64),
}

impl fmt::Display for LimitExceeded {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rows(limit) => write!(
                formatter,
                "the result has more than {limit} rows (max_rows); add a filter or LIMIT, or aggregate"
            ),
            Self::Bytes(limit) => write!(
                formatter,
                "the result is larger than {limit} bytes (max_result_bytes); ask for fewer columns or rows, or aggregate"
            ),
        }
    }
}

impl std::error::Error for LimitExceeded {}

impl ResultLimits {
    /// The limit in bytes as a length in memory.
    pub(crate) fn most_bytes(&self) -> usize {
        usize::try_from(self.max_result_bytes).unwrap_or(usize::MAX)
    }

    /// Whether an answer of this size may go on.
    pub(crate) fn check(&self, rows: u64, bytes: usize) -> Result<(), LimitExceeded> {
        if rows > self.max_rows {
            return Err(LimitExceeded::Rows(self.max_rows));
        }
        if bytes > self.most_bytes() {
            return Err(LimitExceeded::Bytes(self.max_result_bytes));
        }
        Ok(())
    }
}
