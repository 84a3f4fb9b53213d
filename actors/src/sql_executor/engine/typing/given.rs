//! What is known beside a statement: the declared parameters, the owner's macros, and which table functions reach nothing
//! outside of the database, so that a statement with them can be bound at load.

use std::collections::BTreeSet;

use super::way::Way;
use super::{apart, candidates};
use crate::sql_executor::engine::data_type::DataType;
use crate::sql_executor::engine::error::QueryError;
use crate::sql_executor::engine::form::Form;
use crate::sql_executor::engine::lexer::{Token, Tokens};
use crate::sql_executor::engine::session::Session;
use crate::sql_executor::engine::statement::Declared;
use crate::sql_executor::engine::syntax::SyntaxTree;

/// What is known beside the statement.
pub(in super::super) struct Given<'check> {
    declared: &'check [Declared],
    /// The owner's macros, in lower case.
    pub(super) macros: BTreeSet<String>,
    /// Table functions that reach nothing outside of the database, in lower case.
    local: BTreeSet<String>,
}

// Spelled with the system's own schema: a macro in the database could change what an unqualified name means.
const MACROS: &str = "SELECT function_name, function_type, macro_definition FROM system.main.duckdb_functions() \
     WHERE NOT internal AND (function_type = 'macro' OR function_type = 'table_macro')";

/// DuckDB's own table functions that compute with their arguments alone.
const COMPUTING: [&str; 6] = [
    "range",
    "generate_series",
    "unnest",
    "repeat",
    "json_each",
    "json_tree",
];

impl<'check> Given<'check> {
    /// What the database adds to the declared parameters, if the statement has any.
    pub(in super::super) fn of(
        session: &mut Session,
        sql: &str,
        declared: &'check [Declared],
    ) -> Result<Self, QueryError> {
        let is_parameter = |(token, _): (Token<'_>, &str)| matches!(token, Token::Parameter { .. });
        let rows = match Tokens::of(sql).any(is_parameter) {
            true => session.texts(MACROS, &[])?,
            false => Vec::new(),
        };
        let (mut macros, mut tables) = (BTreeSet::new(), Vec::new());
        for row in rows {
            if let Ok([name, kind, definition]) = <[String; 3]>::try_from(row) {
                let name = name.to_ascii_lowercase();
                if kind == "table_macro" {
                    tables.push((name.clone(), definition));
                }
                macros.insert(name);
            }
        }
        let mut local: BTreeSet<String> = COMPUTING.map(str::to_owned).into();
        local.retain(|name| !macros.contains(name));
        let computing = local.clone();
        for (name, definition) in tables {
            let tree = SyntaxTree::parse(session, &definition);
            if tree.is_ok_and(|tree| tree.calls_only(&computing)) {
                local.insert(name);
            }
        }
        Ok(Self {
            declared,
            macros,
            local,
        })
    }

    /// Table functions that reach nothing outside of the database, in lower case.
    pub(in super::super) fn local(&self) -> &BTreeSet<String> {
        &self.local
    }

    pub(super) fn declared_type(&self, parameter: &str) -> Option<DataType> {
        let (_, data_type) = self.declared.iter().find(|(known, _)| known == parameter)?;
        data_type.clone()
    }

    /// The text of a statement that is not bound at load: with the declared type where each value has just that, so that
    /// `NULL` has it too, and in the arguments of macros, which may use them more than once. Elsewhere with the type that
    /// DuckDB finds, each use apart.
    pub(in super::super) fn unbound(&self, session: &mut Session, sql: &str, tree: &SyntaxTree) -> String {
        let Some(mut way) = Way::of_query(session, tree.clone()) else {
            return sql.to_owned();
        };
        let uses = way.uses(&self.macros);
        let forms = uses.iter().enumerate().map(|(place, found)| {
            let alone = Form::bare(&found.parameter, apart(&uses, place));
            match self.declared_type(&found.parameter) {
                Some(data_type) if found.in_macro || candidates::is_of_values(&data_type) => {
                    candidates::of_declared(&found.parameter, data_type)
                }
                _ => candidates::undeclared(found, None, alone),
            }
        });
        let forms: Vec<Form> = forms.collect();
        way.written(session, &forms).unwrap_or_else(|| sql.to_owned())
    }
}
