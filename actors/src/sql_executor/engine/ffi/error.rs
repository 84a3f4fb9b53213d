//! What DuckDB answers when it refuses: the message as it gave it, and the class that we act on.

use std::fmt;

use crate::sql_executor::engine::{form, uses};

/// The class of a DuckDB failure, as far as the server acts on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DuckdbErrorKind {
    /// The running statement was stopped by an interrupt.
    Interrupted,
    /// The text is not SQL.
    Parser,
    /// A name, type or argument does not fit.
    Binder,
    /// DuckDB does not do this, or not with these types.
    Unsupported,
    /// Something named in the statement does not exist, or exists already.
    Catalog,
    /// The instance's settings forbid it (read-only, external access, locked configuration).
    Permission,
    /// A file or the network failed.
    Io,
    /// Another transaction changed the same rows first; nothing of this one stays.
    Conflict,
    /// The instance's memory limit was reached.
    OutOfMemory,
    /// The instance has given itself up, after a failure of its own: every further statement fails like this.
    Fatal,
    /// Everything else, among it `error()` in SQL.
    Other,
}

/// A refusal of DuckDB. The message may quote the statement and values in it: redact before it leaves the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DuckdbError {
    kind: DuckdbErrorKind,
    message: String,
}

impl DuckdbError {
    /// Classifies a message by the prefix that DuckDB puts before every one (`Binder Error: …`). The stack that it adds to
    /// errors of its own is left out: it tells of the server's files and of nothing that a caller can do.
    pub(super) fn new(message: impl Into<String>) -> Self {
        let mut message = message.into();
        if let Some(stack) = message.find("\n\nStack Trace:") {
            message.truncate(stack);
        }
        let kind = Self::classify(&message);
        // Nor does a picture of the statement as it was written for DuckDB.
        if let Some(picture) = message.find("\n\nLINE ")
            && form::is_written_in(message.get(picture..).unwrap_or_default())
        {
            message.truncate(picture);
        }
        let message = uses::without_marks(message);
        Self { kind, message }
    }

    /// What DuckDB's parser said of a text, where it says so without its prefix; `position` is the offset as it wrote it.
    pub(crate) fn parser(message: &str, position: Option<&str>) -> Self {
        let place = position.map_or_else(String::new, |position| format!(" (at offset {position})"));
        Self {
            kind: DuckdbErrorKind::Parser,
            message: format!("Parser Error: {message}{place}"),
        }
    }

    fn classify(message: &str) -> DuckdbErrorKind {
        let prefix = message.split(" Error").next().unwrap_or_default();
        match prefix {
            "INTERRUPT" => DuckdbErrorKind::Interrupted,
            "Parser" | "Syntax" => DuckdbErrorKind::Parser,
            "Binder" | "Mismatch Type" => DuckdbErrorKind::Binder,
            "Not implemented" => DuckdbErrorKind::Unsupported,
            "Catalog" => DuckdbErrorKind::Catalog,
            "TransactionContext" => DuckdbErrorKind::Conflict,
            "Permission" => DuckdbErrorKind::Permission,
            "IO" | "HTTP" => DuckdbErrorKind::Io,
            "FATAL" => DuckdbErrorKind::Fatal,
            "Out of Memory" => DuckdbErrorKind::OutOfMemory,
            _ => DuckdbErrorKind::Other,
        }
    }

    /// The class that callers act on.
    pub fn kind(&self) -> DuckdbErrorKind {
        self.kind
    }

    /// DuckDB's own words.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for DuckdbError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for DuckdbError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_classified_by_its_prefix() {
        let kind = |message: &str| DuckdbError::new(message).kind();
        assert_eq!(
            kind("INTERRUPT Error: Interrupted!"),
            DuckdbErrorKind::Interrupted
        );
        assert_eq!(
            kind("Parser Error: syntax error at or near"),
            DuckdbErrorKind::Parser
        );
        assert_eq!(kind("Binder Error: column \"x\""), DuckdbErrorKind::Binder);
        assert_eq!(kind("Out of Memory Error: failed"), DuckdbErrorKind::OutOfMemory);
        assert_eq!(
            kind("FATAL Error: Failed: database has been invalidated"),
            DuckdbErrorKind::Fatal
        );
        assert_eq!(
            kind("Invalid Input Error: FATAL Error: x"),
            DuckdbErrorKind::Other
        );
        assert_eq!(kind("Invalid Input Error: Binder Error"), DuckdbErrorKind::Other);
    }
}
