//! A statement of the project's owner: checked at load, run at every call.
//!
//! Checking prepares the statement and never runs any of it. Binding can do work of its own (it opens the file that
//! `read_csv` names), so what depends on the outside world is checked by its syntax and its parameters' names only.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::data_type::DataType;
use super::error::QueryError;
use super::ffi::DuckdbErrorKind;
use super::guard::Refusal;
use super::prepared::{Parameter, Prepared};
use super::session::Session;
use super::syntax::SyntaxTree;

/// Statements are recognised by number; a number is never used twice in a process.
static NEXT_ID: AtomicU64 = AtomicU64::new(1);

/// A checked statement. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Statement {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    id: u64,
    sql: String,
    parameters: Vec<Parameter>,
    columns: Vec<(String, DataType)>,
    warning: Option<String>,
}

/// What a definition declares about a parameter: its name, and the type that its values have.
pub type Declared = (String, Option<DataType>);

impl Statement {
    /// Checks `sql` on a scratch session. `declared` are the definition's parameters: where DuckDB cannot tell a
    /// parameter's type, the declared one is written into the statement as a cast, if it still binds to the same
    /// result.
    pub fn check(session: &mut Session, sql: &str, declared: &[Declared]) -> Result<Self, QueryError> {
        let count = session.count_statements(sql)?;
        if count != 1 {
            return Err(QueryError::StatementCount(count));
        }
        let tree = match SyntaxTree::parse(session, sql) {
            Ok(tree) => Some(tree),
            // Only SELECT has a tree, unless it is deeper than anybody follows; the rest is checked by preparing it.
            Err(QueryError::Refused(Refusal::NotASelect | Refusal::TooDeep)) => None,
            Err(error) => return Err(error),
        };
        match tree {
            Some(tree) if tree.reads_elsewhere() => Ok(Self::unbound(sql, &tree, None)),
            tree => Self::bound(session, sql, tree, declared),
        }
    }

    fn bound(
        session: &mut Session,
        sql: &str,
        tree: Option<SyntaxTree>,
        declared: &[Declared],
    ) -> Result<Self, QueryError> {
        let prepared = match (session.prepare_only(sql), &tree) {
            (Ok(prepared), _) => prepared,
            (Err(QueryError::Duckdb(error)), Some(tree)) if error.kind() == DuckdbErrorKind::Io => {
                return Ok(Self::unbound(sql, tree, Some(error.message().to_owned())));
            }
            (Err(error), _) => return Err(error),
        };
        let improved = tree.and_then(|tree| with_casts(session, tree, &prepared, declared));
        let (sql, prepared) = improved.unwrap_or_else(|| (sql.to_owned(), prepared));
        Ok(Self::new(Inner {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            parameters: prepared.parameters().to_vec(),
            columns: prepared.columns(),
            warning: None,
            sql,
        }))
    }

    /// A statement that was not bound, because binding it would reach outside.
    fn unbound(sql: &str, tree: &SyntaxTree, warning: Option<String>) -> Self {
        let parameters = tree.parameters().into_iter().map(|name| Parameter {
            name,
            data_type: None,
        });
        Self::new(Inner {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            parameters: parameters.collect(),
            columns: Vec::new(),
            warning,
            sql: sql.to_owned(),
        })
    }

    fn new(inner: Inner) -> Self {
        Self {
            inner: Arc::new(inner),
        }
    }

    /// The number by which sessions keep it prepared.
    pub(super) fn id(&self) -> u64 {
        self.inner.id
    }

    /// The text that runs: as written, with casts where they were needed.
    pub fn sql(&self) -> &str {
        &self.inner.sql
    }

    /// The parameters that the statement uses.
    pub fn parameters(&self) -> &[Parameter] {
        &self.inner.parameters
    }

    /// The columns of the result; empty if the statement could not be bound at load.
    pub fn columns(&self) -> &[(String, DataType)] {
        &self.inner.columns
    }

    /// Something the owner should know, such as a data file that is absent for now.
    pub fn warning(&self) -> Option<&str> {
        self.inner.warning.as_deref()
    }
}

/// The statement with casts around parameters that DuckDB could not type, if it still means the same.
fn with_casts(
    session: &mut Session,
    mut tree: SyntaxTree,
    original: &Prepared,
    declared: &[Declared],
) -> Option<(String, Prepared)> {
    let casts: Vec<(String, DataType)> = original
        .parameters()
        .iter()
        .filter(|parameter| parameter.data_type.is_none())
        .filter_map(|parameter| {
            let (_, data_type) = declared.iter().find(|(name, _)| *name == parameter.name)?;
            Some((parameter.name.clone(), data_type.clone()?))
        })
        .collect();
    if casts.is_empty() {
        return None;
    }
    tree.cast_parameters(session, &casts).ok()?;
    let sql = tree.to_sql(session).ok()?;
    if !tree.is_written_as(&sql, session) {
        return None;
    }
    let improved = session.prepare_only(&sql).ok()?;
    same_result(&original.columns(), &improved.columns()).then_some((sql, improved))
}

/// Names and types agree. While a parameter is open DuckDB describes no column at all.
fn same_result(before: &[(String, DataType)], after: &[(String, DataType)]) -> bool {
    let open = before
        .iter()
        .any(|(_, data_type)| *data_type == DataType::Unresolved);
    open || before == after
}
