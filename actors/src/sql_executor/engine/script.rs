//! A script of the project's owner: several statements that prepare the database before anything else uses it.
//!
//! The one place where a text may hold more than one statement. It runs in one transaction, as nobody, under the settings
//! that hold for every other statement; a caller's text never comes here.

use std::sync::Arc;

use super::error::QueryError;
use super::generation::{Generation, OpenError};
use super::lexer;
use super::prepared::Prepared;
use super::session::Session;
use super::statement_kind::StatementKind;

/// Why a script did not run. Nothing of it stays.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ScriptError {
    /// The database is open for reading only.
    #[error("the database is open for reading only, so nothing can be prepared in it")]
    ReadOnly,
    /// The text is no SQL.
    #[error("{source}")]
    Syntax {
        /// The line, from one, if DuckDB names it.
        line: Option<u64>,
        /// What DuckDB said.
        source: QueryError,
    },
    /// A statement failed.
    #[error("statement {number}: {source}")]
    Statement {
        /// Which one, from one.
        number: u64,
        /// The line in which it begins, from one, as far as it can be told.
        line: Option<u64>,
        /// What DuckDB said.
        source: QueryError,
    },
    /// A statement that would end the transaction around all of them.
    #[error(
        "statement {number}: the whole script is one transaction; BEGIN, COMMIT and ROLLBACK are not accepted"
    )]
    Transaction {
        /// Which one, from one.
        number: u64,
        /// The line in which it begins, from one, as far as it can be told.
        line: Option<u64>,
    },
    /// The script could not be begun or committed.
    #[error("{0}")]
    Commit(QueryError),
    /// The script defines a function under a name that tells SQL who the caller is.
    #[error("{0}")]
    ReservedName(OpenError),
}

impl ScriptError {
    /// The line that it is about, from one, as far as it can be told.
    pub fn line(&self) -> Option<u64> {
        match self {
            Self::Syntax { line, .. } | Self::Statement { line, .. } | Self::Transaction { line, .. } => {
                *line
            }
            Self::ReadOnly | Self::Commit(_) | Self::ReservedName(_) => None,
        }
    }
}

impl Generation {
    /// Runs all statements of `sql` in one transaction and answers how many there were.
    pub fn run_script(self: &Arc<Self>, sql: &str) -> Result<u64, ScriptError> {
        if self.is_read_only() {
            return Err(ScriptError::ReadOnly);
        }
        let mut session = self.session().map_err(ScriptError::Commit)?;
        let administer = |session: &mut Session, sql| session.administer(sql).map_err(ScriptError::Commit);
        administer(&mut session, "BEGIN TRANSACTION")?;
        let outcome = run_all(&mut session, sql).and_then(|count| {
            session
                .refuse_reserved_names()
                .map_err(ScriptError::ReservedName)?;
            Ok(count)
        });
        match outcome {
            Ok(count) => administer(&mut session, "COMMIT").map(|()| count),
            Err(error) => {
                // A transaction that has failed is over already; what failed is what counts.
                session.administer("ROLLBACK").ok();
                Err(error)
            }
        }
    }
}

fn run_all(session: &mut Session, sql: &str) -> Result<u64, ScriptError> {
    let extracted = session.extract(sql).map_err(syntax)?;
    let lines = first_lines(sql, extracted.count());
    for index in 0..extracted.count() {
        let number = index + 1;
        let line = usize::try_from(index)
            .ok()
            .and_then(|index| lines.get(index).copied());
        let failed = |source| ScriptError::Statement { number, line, source };
        // Prepared when its turn comes, because it may need what an earlier one made.
        let prepared = extracted.prepare(index).map_err(|error| failed(error.into()))?;
        let mut prepared = Prepared::new(prepared);
        if prepared.kind() == StatementKind::Transaction {
            return Err(ScriptError::Transaction { number, line });
        }
        session.read_texts(&mut prepared, &[]).map_err(failed)?;
    }
    Ok(extracted.count())
}

/// The lines in which the statements begin; none where DuckDB makes several of one.
fn first_lines(sql: &str, count: u64) -> Vec<u64> {
    let lines = lexer::first_lines(sql);
    match u64::try_from(lines.len()) == Ok(count) {
        true => lines,
        false => Vec::new(),
    }
}

/// A text that is no SQL. DuckDB points at the line, below its message.
fn syntax(source: QueryError) -> ScriptError {
    let text = source.to_string();
    let lines = text.lines().filter_map(|line| line.strip_prefix("LINE "));
    let mut numbers = lines.filter_map(|line| line.split_once(':')?.0.parse().ok());
    ScriptError::Syntax {
        line: numbers.next(),
        source,
    }
}
