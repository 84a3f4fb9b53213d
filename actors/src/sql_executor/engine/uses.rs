//! Parameters that a statement uses more than once: each use becomes a parameter of its own.
//!
//! DuckDB gives a parameter one type, that of whichever use it binds first, and every other use has to live with it:
//! beside `$a::VARCHAR`, `greatest($a, $b)` compares texts. Worse, a use that takes any type, bound before one that fixes
//! it, leads to a plan that cannot run and takes the whole database down. Alone, each use has the type that it asks for.
//!
//! Whoever uses the answer compares the parameters that DuckDB
//! then sees with those that were meant, so that a misread text changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::data_type::DataType;
use super::lexer::{Token, Tokens};

/// Between a parameter's name and the number of its use.
const MARK: &str = "__mxcp_use_";

/// A statement in which every parameter is used once.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Separated {
    pub(super) sql: String,
    /// All parameters of the statement, as they are called now.
    pub(super) identifiers: BTreeSet<String>,
    /// The parameters that were used more than once, as they were called.
    pub(super) repeated: BTreeSet<String>,
}

/// The name of the use of that number, from one.
pub(super) fn identifier_of_use(name: &str, number: usize) -> String {
    match number {
        0 | 1 => name.to_owned(),
        number => format!("{name}{MARK}{number}"),
    }
}

/// The parameter that a use belongs to.
pub(super) fn parameter_of(identifier: &str) -> &str {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match identifier.rsplit_once(MARK) {
        Some((name, number)) if is_number(number) => name,
        _ => identifier,
    }
}

/// A message as its reader knows the parameters: `$name` for each use of one.
pub(super) fn without_marks(message: String) -> String {
    if !message.contains(MARK) {
        return message;
    }
    let mut parts = message.split(MARK);
    let mut told = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_name = |character: &char| character.is_alphanumeric() || *character == '_';
        let before = told.trim_end_matches(|character| is_name(&character));
        let after = part.trim_start_matches(|character: char| character.is_ascii_digit());
        match before.ends_with('$') && after.len() < part.len() {
            true => told.push_str(after),
            false => told.extend([MARK, part]),
        }
    }
    told
}

/// The parameters that stand in the parentheses behind one of these macros, whose names are in lower case.
pub(super) fn in_macros(sql: &str, macros: &BTreeSet<String>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut called = false;
    let mut parentheses = Vec::new();
    for (token, text) in Tokens::of(sql) {
        let is_inside = parentheses.last() == Some(&true);
        match (token, text) {
            (Token::Blank { .. }, _) => continue,
            (_, "(") => parentheses.push(called || is_inside),
            (_, ")") => drop(parentheses.pop()),
            (Token::Parameter { name }, _) if is_inside => drop(found.insert(name.to_owned())),
            _ => {}
        }
        called = macros.contains(&text.trim_matches('"').to_ascii_lowercase());
    }
    found
}

/// The statement with a cast around each use of these parameters.
pub(super) fn cast(sql: &str, casts: &[(String, DataType)]) -> String {
    let mut written = String::with_capacity(sql.len() + 32);
    for (token, text) in Tokens::of(sql) {
        let data_type = match token {
            Token::Parameter { name } => casts.iter().find(|(known, _)| known == name),
            _ => None,
        };
        match data_type {
            Some((_, data_type)) => {
                let data_type = data_type.to_string();
                written.extend(["CAST(", text, " AS ", &data_type, ")"]);
            }
            None => written.push_str(text),
        }
    }
    written
}

/// The statement with a name for each use of a parameter, or `None` if none is used more than once.
pub(super) fn separate(sql: &str) -> Option<Separated> {
    let mut uses = BTreeMap::<&str, usize>::new();
    let mut separated = Separated {
        sql: String::with_capacity(sql.len() + 32),
        identifiers: BTreeSet::new(),
        repeated: BTreeSet::new(),
    };
    for (token, text) in Tokens::of(sql) {
        let Token::Parameter { name } = token else {
            separated.sql.push_str(text);
            continue;
        };
        let number = uses.entry(name).or_default();
        *number += 1;
        if *number > 1 {
            separated.repeated.insert(name.to_owned());
        }
        let identifier = identifier_of_use(name, *number);
        separated.sql.push('$');
        separated.sql.push_str(&identifier);
        separated.identifiers.insert(identifier);
    }
    (!separated.repeated.is_empty()).then_some(separated)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn separated(sql: &str) -> String {
        separate(sql).map_or_else(|| sql.to_owned(), |separated| separated.sql)
    }

    #[test]
    fn each_use_has_a_name_of_its_own() {
        let answer = separate("SELECT $a::VARCHAR, $b, $a + 1, $a").unwrap();
        assert_eq!(
            answer.sql,
            "SELECT $a::VARCHAR, $b, $a__mxcp_use_2 + 1, $a__mxcp_use_3"
        );
        assert_eq!(Vec::from_iter(answer.repeated), ["a"]);
        let names: Vec<_> = answer.identifiers.iter().map(|name| parameter_of(name)).collect();
        assert_eq!(names, ["a", "a", "a", "b"]);
        assert_eq!(separate("SELECT $a, $b"), None);
    }

    #[test]
    fn what_only_looks_like_a_parameter_stays() {
        for sql in [
            "SELECT '$a $a ''$a', \"$a\"\"$a\", $a",
            "SELECT E'\\'$a$a', $a",
            "SELECT $a -- $a\n",
            "SELECT $a /* $a /* $a */ $a */",
            "SELECT $a, $$ $a $$, $q$ $a $$ $a $q$",
            "SELECT $a, x$a, $1, $1",
            "SELECT $a, 'open $a",
            "SELECT $a, /* open $a",
        ] {
            assert_eq!(separated(sql), sql);
        }
        assert_eq!(
            separated("SELECT $größe, 'ß', $größe"),
            "SELECT $größe, 'ß', $größe__mxcp_use_2"
        );
    }

    #[test]
    fn a_message_names_the_parameter_as_it_is_written() {
        for (message, expected) in [
            (
                "from $a__mxcp_use_2 to, \"$größe__mxcp_use_13\"",
                "from $a to, \"$größe\"",
            ),
            (
                "a__mxcp_use_2, $a__mxcp_use_x, $a",
                "a__mxcp_use_2, $a__mxcp_use_x, $a",
            ),
        ] {
            assert_eq!(without_marks(message.to_owned()), expected);
        }
    }

    #[test]
    fn parameters_are_found_in_the_arguments_of_macros() {
        let macros = BTreeSet::from(["m".to_owned()]);
        let sql = "INSERT INTO t VALUES ($a, M /* */ (f($b), 1), (\"m\"($c)), f($d)) -- m($e)";
        assert_eq!(Vec::from_iter(in_macros(sql, &macros)), ["b", "c"]);
    }

    proptest! {
        #[test]
        fn no_text_loses_anything(sql in "([$a'\"/*\\-\\n\\\\ eß1]|\\$a|\\$\\$){0,40}") {
            prop_assert_eq!(separated(&sql).replace(MARK, "").replace(|digit: char| digit.is_ascii_digit(), ""), sql.replace('1', ""));
        }
    }
}
