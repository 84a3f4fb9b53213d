//! The query inside a statement that writes: DuckDB shows its parser's tree of queries alone.
//!
//! Only a hint, from the words of the text: what it does not find is not there for whoever asks.

use super::lexer::{self, Token, Tokens};

/// The queries that are read in a statement which is none itself, as texts that may parse as queries.
pub(super) fn candidates(sql: &str) -> Vec<String> {
    if let Some(explained) = lexer::explained(sql) {
        let inner = explained.iter().flat_map(|sql| candidates(sql));
        return explained
            .iter()
            .map(|sql| (*sql).to_owned())
            .chain(inner)
            .collect();
    }
    let words = outer_words(sql);
    let place_of = |names: &[&str], after: usize| {
        let is_one = |word: &str| names.iter().any(|name| word.eq_ignore_ascii_case(name));
        let mut words = words.iter().filter(|(place, _)| *place >= after);
        words
            .find(|(_, word)| is_one(word))
            .map(|(place, word)| (*place, *word))
    };
    let Some((start, verb)) = place_of(&["INSERT", "UPDATE", "DELETE", "MERGE"], 0) else {
        return Vec::new();
    };
    // `WITH` may stand before the verb, and then its expressions are named behind it.
    let with = sql.get(..start).unwrap_or_default();
    let end = place_of(&["RETURNING", "CONFLICT", "WHEN"], start).map_or(sql.len(), |(place, _)| place);
    let part = |names: &[&str], before: &str, skipped: bool| {
        let (place, word) = place_of(names, start)?;
        let place = place + if skipped { word.len() } else { 0 };
        Some(format!("{with}{before}{}", sql.get(place..end)?))
    };
    let parts = match verb.to_ascii_uppercase().as_str() {
        "INSERT" => vec![part(&["WITH", "SELECT", "FROM", "VALUES"], "", false)],
        "UPDATE" => vec![part(&["SET"], "SELECT ", true)],
        "DELETE" => vec![part(&["FROM"], "", false)],
        _ => vec![part(&["USING"], "SELECT 1 FROM (SELECT 1) JOIN ", true)],
    };
    parts.into_iter().flatten().collect()
}

/// The words outside of parentheses, with their places.
fn outer_words(sql: &str) -> Vec<(usize, &str)> {
    let (mut place, mut depth) = (0, 0_usize);
    let mut words = Vec::new();
    for (token, text) in Tokens::of(sql) {
        match (token, text) {
            (_, "(") => depth += 1,
            (_, ")") => depth = depth.saturating_sub(1),
            (Token::Word { .. }, word) if depth == 0 => words.push((place, word)),
            _ => {}
        }
        place += text.len();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_of_a_statement_that_writes_is_found() {
        for (sql, expected) in [
            ("INSERT INTO t (a) SELECT 1 RETURNING a", vec!["SELECT 1 "]),
            (
                "WITH q AS (SELECT 1) INSERT INTO t FROM q",
                vec!["WITH q AS (SELECT 1) FROM q"],
            ),
            (
                "UPDATE t SET a = (SELECT 1) FROM q",
                vec!["SELECT  a = (SELECT 1) FROM q"],
            ),
            (
                "DELETE FROM t WHERE a IN (SELECT 1)",
                vec!["FROM t WHERE a IN (SELECT 1)"],
            ),
            (
                "MERGE INTO t USING q ON t.a = q.a WHEN MATCHED THEN DELETE",
                vec!["SELECT 1 FROM (SELECT 1) JOIN  q ON t.a = q.a "],
            ),
            ("DROP TABLE t", vec![]),
        ] {
            assert_eq!(candidates(sql), expected, "{sql}");
        }
        assert_eq!(
            candidates("EXPLAIN INSERT INTO t FROM q").last().unwrap(),
            " FROM q"
        );
    }
}
