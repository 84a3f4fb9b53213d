//! Names of a parameter's uses. A parameter that goes into the statement as values of several types is one parameter of
//! DuckDB for each of them; the name says what the values are.
//!
//! Whoever uses the answer compares the parameters that DuckDB then sees with those that were meant, so that a misread
//! text changes nothing.

use std::collections::BTreeSet;

use serde_json::Value;

use super::data_type::DataType;
use super::lexer::{Token, Tokens};

/// Between a parameter's name and what its values are here.
const MARK: &str = "__mxcp_as_";

/// What the values of a parameter are where DuckDB knows it by this name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Values {
    /// Of the type that they have by themselves, or of the one that the statement asks for.
    Given,
    /// The text of that which was given.
    Text,
    /// The text of its JSON.
    Json,
    /// A clock's reading, in UTC.
    Timestamp,
    /// A duration.
    Interval,
    /// Numbers of the type that the statement asks for if they fit it exactly, and floating-point numbers if not.
    Exact(usize),
    /// Like `Given`, apart from other uses of the same parameter.
    Apart(usize),
}

impl Values {
    /// The type to convert to, where it does not depend on the statement.
    pub(super) fn data_type(&self) -> Option<DataType> {
        match self {
            Self::Text => Some(DataType::Varchar),
            Self::Json => Some(DataType::Json),
            Self::Timestamp => Some(DataType::Timestamp),
            Self::Interval => Some(DataType::Interval),
            Self::Given | Self::Exact(_) | Self::Apart(_) => None,
        }
    }

    fn of_mark(mark: &str) -> Option<Self> {
        let number = |mark: &str| mark.parse().ok();
        match mark {
            "text" => Some(Self::Text),
            "json" => Some(Self::Json),
            "timestamp" => Some(Self::Timestamp),
            "interval" => Some(Self::Interval),
            mark => match mark.strip_prefix("exact_") {
                Some(place) => number(place).map(Self::Exact),
                None => mark.strip_prefix("use_").and_then(number).map(Self::Apart),
            },
        }
    }
}

/// What DuckDB calls the values of a parameter.
pub(super) fn identifier(parameter: &str, values: &Values) -> String {
    match values {
        Values::Given => parameter.to_owned(),
        Values::Text => format!("{parameter}{MARK}text"),
        Values::Json => format!("{parameter}{MARK}json"),
        Values::Timestamp => format!("{parameter}{MARK}timestamp"),
        Values::Interval => format!("{parameter}{MARK}interval"),
        Values::Exact(number) => format!("{parameter}{MARK}exact_{number}"),
        Values::Apart(number) => format!("{parameter}{MARK}use_{number}"),
    }
}

/// The parameter behind one of DuckDB's, and what its values are there.
pub(super) fn meaning_of(identifier: &str) -> (&str, Values) {
    let marked = identifier.rsplit_once(MARK);
    let known = marked.and_then(|(parameter, mark)| Some((parameter, Values::of_mark(mark)?)));
    known.unwrap_or((identifier, Values::Given))
}

/// A message as its reader knows the parameters: `$name` for each use of one.
pub(super) fn without_marks(message: String) -> String {
    if !message.contains(MARK) {
        return message;
    }
    let is_name = |character: char| character.is_alphanumeric() || character == '_';
    let mut parts = message.split(MARK);
    let mut told = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let after = part.trim_start_matches(is_name);
        let mark = part.strip_suffix(after).unwrap_or_default();
        match told.trim_end_matches(is_name).ends_with('$') && Values::of_mark(mark).is_some() {
            true => told.push_str(after),
            false => told.extend([MARK, part]),
        }
    }
    told
}

/// A parameter as a text uses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Use {
    /// Its name, without `$`.
    pub(super) parameter: String,
    /// Whether it stands in the arguments of one of the owner's macros, which may use it more than once.
    pub(super) in_macro: bool,
    /// The cast that the statement itself puts around it, where its tree says so.
    pub(super) cast: Option<Value>,
}

/// The uses of parameters in a text; the macros' names are in lower case.
pub(super) fn of(sql: &str, macros: &BTreeSet<String>) -> Vec<Use> {
    let mut found = Vec::new();
    let mut called = false;
    let mut parentheses = Vec::new();
    for (token, text) in Tokens::of(sql) {
        let in_macro = parentheses.last() == Some(&true);
        match (token, text) {
            (Token::Blank { .. }, _) => continue,
            (_, "(") => parentheses.push(called || in_macro),
            (_, ")") => drop(parentheses.pop()),
            (Token::Parameter { name }, _) => found.push(Use {
                parameter: name.to_owned(),
                in_macro,
                cast: None,
            }),
            _ => {}
        }
        called = macros.contains(&text.trim_matches('"').to_ascii_lowercase());
    }
    found
}

/// The text with something else in the place of each use, in the order of the text.
pub(super) fn replaced<'with>(sql: &str, mut with: impl Iterator<Item = &'with String>) -> String {
    let mut written = String::with_capacity(sql.len() + 64);
    for (token, text) in Tokens::of(sql) {
        match token {
            Token::Parameter { .. } => written.push_str(with.next().map_or(text, String::as_str)),
            _ => written.push_str(text),
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn numbered(sql: &str) -> String {
        let uses = of(sql, &BTreeSet::new());
        let names: Vec<String> = (1..=uses.len()).map(|number| format!("<{number}>")).collect();
        replaced(sql, names.iter())
    }

    #[test]
    fn each_use_is_replaced_by_its_own() {
        assert_eq!(
            numbered("SELECT $a::VARCHAR, $b, $a + 1, $größe"),
            "SELECT <1>::VARCHAR, <2>, <3> + 1, <4>"
        );
    }

    #[test]
    fn what_only_looks_like_a_parameter_stays() {
        for sql in [
            "SELECT '$a $a ''$a', \"$a\"\"$a\"",
            "SELECT E'\\'$a$a'",
            "SELECT 1 -- $a\n",
            "SELECT 1 /* $a /* $a */ $a */",
            "SELECT $$ $a $$, $q$ $a $$ $a $q$",
            "SELECT x$a, $1, $1",
            "SELECT 'open $a",
            "SELECT /* open $a",
        ] {
            assert_eq!(numbered(sql), sql);
        }
    }

    #[test]
    fn a_name_tells_the_parameter_and_what_its_values_are() {
        for values in [
            Values::Given,
            Values::Text,
            Values::Json,
            Values::Timestamp,
            Values::Interval,
            Values::Exact(3),
            Values::Apart(12),
        ] {
            assert_eq!(
                meaning_of(&identifier("a", &values)),
                ("a", values.clone()),
                "{values:?}"
            );
        }
        assert_eq!(meaning_of("a__mxcp_as_x").1, Values::Given);
    }

    #[test]
    fn a_message_names_the_parameter_as_it_is_written() {
        for (message, expected) in [
            (
                "from $a__mxcp_as_text to, \"$größe__mxcp_as_use_13\"",
                "from $a to, \"$größe\"",
            ),
            (
                "a__mxcp_as_text, $a__mxcp_as_x, $a",
                "a__mxcp_as_text, $a__mxcp_as_x, $a",
            ),
        ] {
            assert_eq!(without_marks(message.to_owned()), expected);
        }
    }

    #[test]
    fn uses_are_told_that_stand_in_the_arguments_of_macros() {
        let macros = BTreeSet::from(["m".to_owned()]);
        let sql = "INSERT INTO t VALUES ($a, M /* */ (f($b), 1), (\"m\"($c)), f($d)) -- m($e)";
        let uses = of(sql, &macros);
        let inside: Vec<&str> = uses
            .iter()
            .filter(|found| found.in_macro)
            .map(|found| found.parameter.as_str())
            .collect();
        assert_eq!((inside, uses.len()), (vec!["b", "c"], 4));
    }

    proptest! {
        #[test]
        fn no_text_loses_anything(sql in "([$a'\"/*\\-\\n\\\\ eß1]|\\$a|\\$\\$){0,40}") {
            let uses = of(&sql, &BTreeSet::new());
            let same: Vec<String> = uses.iter().map(|found| format!("${}", found.parameter)).collect();
            prop_assert_eq!(replaced(&sql, same.iter()), sql);
        }
    }
}
