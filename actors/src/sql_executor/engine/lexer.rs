//! A statement's text by the rules of DuckDB's lexer, as far as they matter: parameters, words, blanks, and what is quoted.
//!
//! Only a hint: whoever uses it asks DuckDB what it makes of the answer.

/// What matters of a text's beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// `$name`
    Parameter { name: &'a str },
    /// So many bytes of a keyword, or of a name without quotes.
    Word { length: usize },
    /// So many bytes of a comment, or one blank.
    Blank { length: usize },
    /// So many bytes without any of these: a quoted text, or one other character.
    Other { length: usize },
}

/// The tokens of a text, each with its own text. None of it is left out.
#[derive(Debug, Clone)]
pub(super) struct Tokens<'a> {
    rest: &'a str,
}

impl<'a> Tokens<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self { rest: text }
    }

    /// What was not taken yet.
    pub(super) fn rest(&self) -> &'a str {
        self.rest
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = (Token<'a>, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let token = Token::next(self.rest)?;
        let (text, after) = self.rest.split_at_checked(token.length())?;
        self.rest = after;
        Some((token, text))
    }
}

/// Whether the text is one statement, which DuckDB makes several of to find the columns of a `PIVOT` in the data.
pub(super) fn is_pivot_without_values(sql: &str) -> bool {
    let mut tokens = Tokens::of(sql);
    let is_pivot = |(token, text): (Token<'_>, &str)| {
        let names = ["PIVOT", "PIVOT_WIDER"];
        matches!(token, Token::Word { .. }) && names.iter().any(|name| text.eq_ignore_ascii_case(name))
    };
    let has_pivot = tokens.clone().any(is_pivot);
    let is_end = |(token, text): (Token<'_>, &str)| matches!(token, Token::Blank { .. }) || text == ";";
    tokens.find(|(_, text)| *text == ";");
    has_pivot && tokens.all(is_end)
}

/// The lines, from one, in which the statements of a text begin.
pub(super) fn first_lines(sql: &str) -> Vec<u64> {
    let mut lines = Vec::new();
    let (mut line, mut is_before_statement) = (1, true);
    for (token, text) in Tokens::of(sql) {
        match token {
            Token::Blank { .. } => {}
            _ if text == ";" => is_before_statement = true,
            _ if is_before_statement => {
                lines.push(line);
                is_before_statement = false;
            }
            _ => {}
        }
        line += text.bytes().map(|byte| u64::from(byte == b'\n')).sum::<u64>();
    }
    lines
}

/// The statement behind `EXPLAIN`, as the text may be read: without what stands in parentheses first, which are its options,
/// and with it, for they may also be those of a query.
pub(super) fn explained(sql: &str) -> Option<[&str; 2]> {
    let mut tokens = Tokens::of(sql);
    let is_word = |token: Token<'_>, text: &str, word: &str| {
        matches!(token, Token::Word { .. }) && text.eq_ignore_ascii_case(word)
    };
    let (token, text) = tokens.find(|(token, _)| !matches!(token, Token::Blank { .. }))?;
    if !is_word(token, text, "EXPLAIN") {
        return None;
    }
    let mut statement = tokens.clone();
    while let Some((token, text)) = tokens.next() {
        match token {
            Token::Blank { .. } => {}
            _ if is_word(token, text, "ANALYZE") || is_word(token, text, "ANALYSE") => {
                statement = tokens.clone();
            }
            _ => break,
        }
    }
    let whole = statement.rest();
    let mut depth = 0_usize;
    for (token, text) in statement.by_ref() {
        match (token, text) {
            (Token::Blank { .. }, _) => continue,
            (_, "(") => depth += 1,
            (_, ")") => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    let begins_with_parenthesis = |text: &str| {
        let first = Tokens::of(text).find(|(token, _)| !matches!(token, Token::Blank { .. }));
        first.is_some_and(|(_, text)| text == "(")
    };
    match begins_with_parenthesis(whole) {
        true => Some([statement.rest(), whole]),
        false => Some([whole, whole]),
    }
}

impl<'a> Token<'a> {
    fn next(text: &'a str) -> Option<Self> {
        let mut characters = text.chars();
        let first = characters.next()?;
        let second = characters.next();
        let other = |length| Some(Self::Other { length });
        let blank = |length| Some(Self::Blank { length });
        match (first, second) {
            ('E' | 'e', Some('\'')) => other(1 + quoted(text.get(1..)?, '\'', true)),
            ('\'' | '"', _) => other(quoted(text, first, false)),
            ('-', Some('-')) => blank(text.find('\n').unwrap_or(text.len())),
            ('/', Some('*')) => blank(comment(text)),
            ('$', _) => Some(Self::after_dollar(text)),
            (first, _) if first.is_whitespace() => blank(first.len_utf8()),
            (first, _) if starts_word(first) => Some(Self::Word { length: word(text) }),
            (first, _) => other(first.len_utf8()),
        }
    }

    /// A parameter, a text in dollar quotes, or `$1`, which has a number and no name.
    fn after_dollar(text: &'a str) -> Self {
        let inner = text.get(1..).unwrap_or_default();
        let is_name = inner.starts_with(starts_word);
        let end = inner.find(|next: char| !is_name || !continues_name(next));
        let name = inner.get(..end.unwrap_or(inner.len())).unwrap_or_default();
        let quote_length = 2 + name.len();
        if let (true, Some(quote)) = (
            inner
                .get(name.len()..)
                .is_some_and(|after| after.starts_with('$')),
            text.get(..quote_length),
        ) {
            let content = text.get(quote_length..).unwrap_or_default();
            let length = content.find(quote).map(|end| 2 * quote_length + end);
            return Self::Other {
                length: length.unwrap_or(text.len()),
            };
        }
        match name.is_empty() {
            true => Self::Other { length: 1 },
            false => Self::Parameter { name },
        }
    }

    fn length(&self) -> usize {
        match self {
            Self::Parameter { name } => 1 + name.len(),
            Self::Word { length } | Self::Blank { length } | Self::Other { length } => *length,
        }
    }
}

/// The length of a text in quotes, in which a doubled quote stands for one.
fn quoted(text: &str, quote: char, escapes: bool) -> usize {
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((place, character)) = characters.next() {
        if escapes && character == '\\' {
            characters.next();
        } else if character == quote && characters.next_if(|(_, next)| *next == quote).is_none() {
            return place + quote.len_utf8();
        }
    }
    text.len()
}

/// The length of a comment in `/* */`, which may hold others.
fn comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut place = 0;
    while let Some(rest) = text.get(place..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("/*") {
            depth += 1;
            place += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            place += 2;
            if depth == 0 {
                return place;
            }
        } else {
            place += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

fn word(text: &str) -> usize {
    let is_inside = |next: char| continues_name(next) || next == '$';
    text.find(|next| !is_inside(next)).unwrap_or(text.len())
}

fn starts_word(character: char) -> bool {
    character.is_ascii_alphabetic() || character == '_' || !character.is_ascii()
}

fn continues_name(character: char) -> bool {
    starts_word(character) || character.is_ascii_digit()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_pivot_is_told_from_several_statements() {
        for sql in [
            "PIVOT t ON a USING sum(b)",
            "FROM (pivot t ON a USING sum(b)); -- done\n",
            "SELECT ';' FROM (PIVOT t ON a /* ; */ USING sum(b))",
        ] {
            assert!(is_pivot_without_values(sql), "{sql}");
        }
        for sql in [
            "SELECT 1; SELECT 2",
            "PIVOT t ON a USING sum(b); SELECT 1",
            "SELECT 'PIVOT', \"PIVOT\" -- PIVOT",
        ] {
            assert!(!is_pivot_without_values(sql), "{sql}");
        }
    }

    #[test]
    fn the_explained_statement_follows_the_options() {
        for (sql, expected) in [
            ("EXPLAIN SELECT 1", [" SELECT 1", " SELECT 1"]),
            ("/* x */ explain Analyze SELECT 1", [" SELECT 1", " SELECT 1"]),
            (
                "EXPLAIN (ANALYZE, FORMAT json) DROP TABLE t",
                [" DROP TABLE t", " (ANALYZE, FORMAT json) DROP TABLE t"],
            ),
            ("EXPLAIN (SELECT (1))", ["", " (SELECT (1))"]),
        ] {
            assert_eq!(explained(sql), Some(expected), "{sql}");
        }
        assert_eq!(explained("SELECT 1"), None);
    }
}
