//! A statement of the project's owner: checked at load, run at every call.
//!
//! Checking prepares the statement and never runs any of it. Binding can do work of its own (it opens the file that
//! `read_csv` names), so what depends on the outside world is checked by its syntax and its parameters' names only.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::data_type::DataType;
use super::error::QueryError;
use super::ffi::DuckdbErrorKind;
use super::guard::{self, Refusal};
use super::lexer;
use super::prepared::{Parameter, Prepared};
use super::query_part;
use super::session::Session;
use super::statement_kind::StatementKind;
use super::syntax::SyntaxTree;
use super::typing::{self, Given, Typed};

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
    kind: StatementKind,
}

/// What a definition declares about a parameter: its name, and the type that its values have.
pub type Declared = (String, Option<DataType>);

impl Statement {
    /// Checks `sql` on a scratch session. `declared` are the definition's parameters: their types are written into the
    /// statement wherever it does not say the same by itself.
    pub fn check(session: &mut Session, sql: &str, declared: &[Declared]) -> Result<Self, QueryError> {
        match session.count_statements(sql)? {
            1 => {}
            _ if lexer::is_pivot_without_values(sql) => return Err(QueryError::PivotWithoutValues),
            count => return Err(QueryError::StatementCount(count)),
        }
        let tree = match SyntaxTree::parse(session, sql) {
            Ok(tree) => Some(tree),
            // Only SELECT has a tree, unless it is deeper than anybody follows; the rest is checked by preparing it.
            Err(QueryError::Refused(Refusal::NotASelect | Refusal::TooDeep)) => None,
            Err(error) => return Err(error),
        };
        refuse_endless_plans(session, sql, tree.as_ref())?;
        let given = Given::of(session, sql, declared)?;
        match tree {
            Some(tree) if tree.reads_elsewhere(given.local()) => {
                let sql = given.unbound(session, sql, &tree);
                Ok(Self::unbound(&sql, &tree, None))
            }
            tree => Self::bound(session, sql, tree, &given),
        }
    }

    fn bound(
        session: &mut Session,
        sql: &str,
        tree: Option<SyntaxTree>,
        given: &Given<'_>,
    ) -> Result<Self, QueryError> {
        let prepared = match (session.prepare_only(sql), &tree) {
            (Ok(prepared), _) => prepared,
            (Err(QueryError::Duckdb(error)), Some(tree)) if error.kind() == DuckdbErrorKind::Io => {
                let sql = given.unbound(session, sql, tree);
                return Ok(Self::unbound(&sql, tree, Some(error.message().to_owned())));
            }
            (Err(error), _) => return Err(error),
        };
        let Typed { sql, prepared } = typing::typed(session, sql, tree, prepared, given)?;
        let mut parameters = prepared.parameters().to_vec();
        parameters.sort_by(|one, other| one.name.cmp(&other.name));
        parameters.dedup_by(|one, other| one.name == other.name);
        Ok(Self::new(Inner {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            parameters,
            columns: prepared.columns(),
            warning: None,
            kind: kind_of(session, &prepared, &sql),
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
            // Only a query has a tree.
            kind: StatementKind::Select,
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

    /// What the statement does. An `EXPLAIN` can run what it explains, and is of this kind only where that is about rows.
    pub fn kind(&self) -> StatementKind {
        self.inner.kind
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

/// Refuses what DuckDB would plan for ever, as in a caller's statement.
fn refuse_endless_plans(
    session: &mut Session,
    sql: &str,
    tree: Option<&SyntaxTree>,
) -> Result<(), QueryError> {
    if let Some(tree) = tree {
        return Ok(guard::check_size(tree)?);
    }
    for part in query_part::candidates(sql) {
        // What does not parse is no query.
        if let Ok(tree) = SyntaxTree::parse(session, &part) {
            guard::check_size(&tree)?;
        }
    }
    Ok(())
}

/// What a prepared statement does, and what is run by an `EXPLAIN` of anything but rows.
fn kind_of(session: &Session, prepared: &Prepared, sql: &str) -> StatementKind {
    if prepared.kind() != StatementKind::Explain {
        return prepared.kind();
    }
    let ways = lexer::explained(sql).unwrap_or_default();
    let mut kinds = ways.iter().filter_map(|sql| session.prepare_only(sql).ok());
    match kinds.next().map(|explained| explained.kind()) {
        Some(kind) if kind.is_about_rows() => StatementKind::Explain,
        Some(kind) => kind,
        None => StatementKind::Other("EXPLAIN of this kind of statement"),
    }
}
