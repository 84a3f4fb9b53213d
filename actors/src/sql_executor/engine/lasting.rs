//! What in the text of a statement would outlast it and is not told by the statement's kind: functions that change the
//! connection or the whole database, and statements that DuckDB begins to carry out when it is asked what they are.
//!
//! By words alone, so that DuckDB is not asked: a hint for the owner of a definition, no guard against an attacker.

use super::lexer::{Token, Tokens, explained};

/// Functions after which the connection, or the database, is another one for the next caller.
const FUNCTIONS: [&str; 12] = [
    "setseed",
    "enable_logging",
    "disable_logging",
    "truncate_duckdb_logs",
    "enable_profiling",
    "disable_profiling",
    "enable_peg_parser",
    "disable_peg_parser",
    "enable_optimizer",
    "disable_optimizer",
    "disable_checkpoint_on_shutdown",
    "import_database",
];

/// Statements that read or write files while they are prepared.
const BEGUN_BY_PREPARING: [&str; 3] = ["COPY", "EXPORT", "IMPORT"];

/// The word for what would outlast the statement, if there is such a thing.
pub fn outlasting(sql: &str) -> Option<String> {
    let explained = explained(sql).unwrap_or([sql, sql]);
    let statement = explained.into_iter().find_map(begun_by_preparing);
    statement
        .map(str::to_owned)
        .or_else(|| lasting_function(sql).map(|name| format!("{name}()")))
}

fn begun_by_preparing(sql: &str) -> Option<&'static str> {
    let (_, first) = words(sql).next()?;
    BEGUN_BY_PREPARING
        .into_iter()
        .find(|statement| first.eq_ignore_ascii_case(statement))
}

fn lasting_function(sql: &str) -> Option<&'static str> {
    let mut tokens = words(sql).peekable();
    while let Some((_, text)) = tokens.next() {
        let is_called = tokens.peek().is_some_and(|(_, next)| *next == "(");
        let name = text.trim_matches('"');
        let mut functions = FUNCTIONS.into_iter().filter(|_| is_called);
        if let Some(function) = functions.find(|function| name.eq_ignore_ascii_case(function)) {
            return Some(function);
        }
    }
    None
}

fn words(sql: &str) -> impl Iterator<Item = (Token<'_>, &str)> {
    Tokens::of(sql).filter(|(token, _)| !matches!(token, Token::Blank { .. }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_outlasts_a_statement_is_named_however_it_is_written() {
        for (sql, expected) in [
            ("SELECT setseed(0.5)", "setseed()"),
            ("SELECT \"SetSeed\" /* x */ (0.5)", "setseed()"),
            (
                "INSERT INTO t FROM enable_logging('QueryLog')",
                "enable_logging()",
            ),
            ("-- first\nEXPORT DATABASE 'x'", "EXPORT"),
            ("explain analyze copy t to 'x'", "COPY"),
            ("PRAGMA import_database('x')", "import_database()"),
        ] {
            assert_eq!(outlasting(sql).as_deref(), Some(expected), "{sql}");
        }
    }

    #[test]
    fn texts_columns_and_other_functions_are_left_alone() {
        for sql in [
            "SELECT setseed FROM t",
            "SELECT 'setseed(1)', random()",
            "SELECT my_setseed(1)",
            "SELECT copy FROM (SELECT 1 AS copy)",
            "",
        ] {
            assert_eq!(outlasting(sql), None, "{sql}");
        }
    }
}
