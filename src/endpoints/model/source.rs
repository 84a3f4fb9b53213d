//! `source` and `language`: what runs when a definition is used.

use crate::yaml::{Fields, Item, Located};

/// What runs. SQL is the one language of this server; another one would be another variant here and another executor.
#[derive(Debug, Clone)]
pub enum Source {
    /// One SQL statement.
    Sql(SqlSource),
    /// A SQL statement that the caller writes. No file can say this; the server's own tool does.
    Caller {
        /// Whether the statement may read the token that the identity provider issued for the caller.
        sees_external_token: bool,
    },
}

/// Where the SQL text is.
#[derive(Debug, Clone)]
pub enum SqlSource {
    /// In the definition itself (`source.code`).
    Code(Located<String>),
    /// In a file (`source.file`), as the definition names it.
    File(Located<String>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Language {
    Sql,
    Python,
}

const LANGUAGES: [(&str, Language); 2] = [("sql", Language::Sql), ("python", Language::Python)];

impl Source {
    /// Reads `language` and `source` of a tool or resource.
    pub(super) fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let language = fields.optional_with("language", |item| {
            Located::read_with(item, |item| item.choice(&LANGUAGES))
        });
        let (inner, source) = fields.required_with("source", read_source)?;
        // The outer key wins, as it always did; the inner one was ignored even where it was the only one.
        let is_python = language
            .or(inner)
            .is_some_and(|language| language.value == Language::Python);
        if is_python {
            let key = if fields.has("language") {
                "language"
            } else {
                "source"
            };
            fields.refuse(
                key,
                "python is not supported: this server runs SQL; write the definition in SQL, or set enabled: false to skip it",
            );
            return None;
        }
        source.map(Self::Sql)
    }
}

type Written = (Option<Located<Language>>, Option<SqlSource>);

fn read_source(item: Item<'_>) -> Option<Written> {
    let mut fields = item.fields()?;
    let language = fields.optional_with("language", |item| {
        Located::read_with(item, |item| item.choice(&LANGUAGES))
    });
    let code = fields.optional_with("code", non_empty);
    let file = fields.optional_with("file", non_empty);
    let source = match (code, file) {
        (Some(_), Some(_)) => {
            fields.refuse_all("expected either code or file, found both");
            None
        }
        (Some(code), None) => Some(SqlSource::Code(code)),
        (None, Some(file)) => Some(SqlSource::File(file)),
        (None, None) => {
            if !fields.has("code") && !fields.has("file") {
                fields.refuse_all("expected code or file, found neither");
            }
            None
        }
    };
    fields.finish();
    Some((language, source))
}

fn non_empty(item: Item<'_>) -> Option<Located<String>> {
    Located::read_with(item, Item::non_empty_string)
}
