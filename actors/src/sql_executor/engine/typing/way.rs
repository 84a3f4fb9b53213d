//! Two ways to write a statement with something else in the place of its parameters: by DuckDB's tree, where the statement is
//! a query that DuckDB writes as it reads it, and by the text.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use crate::sql_executor::engine::error::QueryError;
use crate::sql_executor::engine::form::Form;
use crate::sql_executor::engine::session::Session;
use crate::sql_executor::engine::syntax::SyntaxTree;
use crate::sql_executor::engine::uses::{self, Use};

/// A statement that can be written.
pub(super) enum Way {
    Tree {
        tree: SyntaxTree,
        /// Forms that were parsed already.
        parsed: HashMap<String, Value>,
    },
    Text(String),
}

impl Way {
    /// By the tree, if it can be written.
    pub(super) fn of_query(session: &mut Session, tree: SyntaxTree) -> Option<Self> {
        Some(Self::Tree {
            tree: tree.writable(session)?,
            parsed: HashMap::new(),
        })
    }

    /// By the text.
    pub(super) fn of_text(sql: &str) -> Self {
        Self::Text(sql.to_owned())
    }

    /// Whether columns keep their names, however their expressions are written.
    pub(super) fn keeps_names(&self) -> bool {
        matches!(self, Self::Tree { .. })
    }

    /// The uses of parameters, in the order in which they are written.
    pub(super) fn uses(&self, macros: &BTreeSet<String>) -> Vec<Use> {
        match self {
            Self::Tree { tree, .. } => tree.uses(macros),
            Self::Text(text) => uses::of(text, macros),
        }
    }

    /// The statement with these forms, to ask DuckDB about it.
    pub(super) fn drafted(&mut self, session: &mut Session, forms: &[Form]) -> Result<String, QueryError> {
        match self {
            Self::Tree { tree, parsed } => with_forms(tree, parsed, session, forms)?.to_sql(session),
            Self::Text(text) => {
                let texts: Vec<String> = forms.iter().map(Form::sql).collect();
                Ok(uses::replaced(text, texts.iter()))
            }
        }
    }

    /// The statement with these forms, if it can be written.
    pub(super) fn written(&mut self, session: &mut Session, forms: &[Form]) -> Option<String> {
        let sql = self.drafted(session, forms).ok()?;
        match self {
            Self::Tree { tree, parsed } => {
                let meant = with_forms(tree, parsed, session, forms).ok()?;
                meant.is_written_as(&sql, session).then_some(sql)
            }
            Self::Text(_) => Some(sql),
        }
    }
}

fn with_forms(
    tree: &SyntaxTree,
    parsed: &mut HashMap<String, Value>,
    session: &mut Session,
    forms: &[Form],
) -> Result<SyntaxTree, QueryError> {
    let mut expressions = Vec::with_capacity(forms.len());
    for form in forms {
        let sql = form.sql();
        if let Some(known) = parsed.get(&sql) {
            expressions.push(known.clone());
        } else {
            let expression = SyntaxTree::expression(session, &sql)?;
            expressions.push(expression.clone());
            parsed.insert(sql, expression);
        }
    }
    Ok(tree.replaced(expressions))
}
