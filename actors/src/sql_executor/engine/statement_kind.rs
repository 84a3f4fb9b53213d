//! What a statement does, as DuckDB's parser has it.

/// What a statement does, as far as the server tells statements apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatementKind {
    /// Reads. Not a proof of harmlessness: functions with side effects are of this kind too.
    Select,
    /// Writes rows: `INSERT`, `UPDATE`, `DELETE`, `MERGE`.
    Write,
    /// Makes tables, views, macros and their like.
    Create,
    /// Alters them.
    Alter,
    /// Opens or ends a transaction.
    Transaction,
    /// Shows a plan, and with `ANALYZE` runs it.
    Explain,
    /// Everything else, by its name: settings, files, extensions.
    Other(&'static str),
}

impl StatementKind {
    /// The kind in the words of messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Select => "a query",
            Self::Write => "a statement that writes rows",
            Self::Create => "CREATE",
            Self::Alter => "ALTER",
            Self::Transaction => "a statement that begins or ends a transaction",
            Self::Explain => "EXPLAIN",
            Self::Other(name) => name,
        }
    }

    /// Whether it works on rows alone: everything else is there for later statements too.
    pub const fn is_about_rows(self) -> bool {
        match self {
            Self::Select | Self::Write | Self::Explain => true,
            Self::Create | Self::Alter | Self::Transaction | Self::Other(_) => false,
        }
    }
}
