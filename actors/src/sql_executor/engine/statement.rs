//! A statement of the project's owner: checked at load, run at every call.
//!
//! Checking prepares the statement and never runs any of it. Binding can do work of its own (it opens the file that
//! `read_csv` names), so what depends on the outside world is checked by its syntax and its parameters' names only.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::data_type::DataType;
use super::error::QueryError;
use super::ffi::DuckdbErrorKind;
use super::guard::Refusal;
use super::lexer;
use super::prepared::{Parameter, Prepared};
use super::session::Session;
use super::statement_kind::StatementKind;
use super::syntax::SyntaxTree;
use super::uses::{self, Separated};

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
    /// Checks `sql` on a scratch session. `declared` are the definition's parameters: where DuckDB cannot tell a
    /// parameter's type, the declared one is written into the statement as a cast, if it still binds to the same
    /// result.
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
        let written = Written {
            sql: sql.to_owned(),
            tree,
            prepared,
        };
        let Written { sql, prepared, .. } = written.improved(session, declared);
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

/// A way to write the statement.
struct Written {
    sql: String,
    /// `None` for what is no SELECT.
    tree: Option<SyntaxTree>,
    prepared: Prepared,
}

impl Written {
    /// The statement as it is to run: each use of a parameter with a type of its own, and no type left open where the
    /// definition declares one.
    fn improved(self, session: &mut Session, declared: &[Declared]) -> Self {
        let open = self.open_parameters();
        let Some(separated) = uses::separate(&self.sql) else {
            return self.with_casts(session, &open, declared).unwrap_or(self);
        };
        let alone = self.with_uses_apart(session, &separated).map(|alone| {
            let open = alone.open_parameters();
            alone.with_casts(session, &open, declared).unwrap_or(alone)
        });
        // Such as an expression that is selected and grouped by: both have to stay the same.
        let mut alike = || {
            let casts = open.union(&separated.repeated).cloned().collect();
            self.with_casts(session, &casts, declared)
        };
        match alone {
            Some(alone) if alone.is_bound() => alone,
            alone => match alike().filter(Self::is_bound) {
                Some(alike) => alike,
                // What is open is bound anew with the values of each run, and then there is nothing to decide.
                None if self.is_bound() => alone.unwrap_or(self),
                None => self,
            },
        }
    }

    /// Whether DuckDB could give every parameter a type. It has then also checked the whole statement.
    fn is_bound(&self) -> bool {
        let mut parameters = self.prepared.parameters().iter();
        parameters.all(|parameter| parameter.data_type.is_some())
    }

    /// What DuckDB calls the parameters that it gave no type.
    fn open_parameters(&self) -> BTreeSet<String> {
        let parameters = self.prepared.parameters().iter();
        let named = parameters.zip(self.prepared.identifiers());
        named
            .filter(|(parameter, _)| parameter.data_type.is_none())
            .map(|(_, identifier)| identifier.clone())
            .collect()
    }

    /// The statement with a parameter for each use, if it still binds, to columns of the same names.
    fn with_uses_apart(&self, session: &mut Session, separated: &Separated) -> Option<Self> {
        let by_tree = self.tree.clone().and_then(|mut tree| {
            tree.separate_parameters(session).ok()?;
            let sql = tree.to_sql(session).ok()?;
            tree.is_written_as(&sql, session).then_some((sql, Some(tree)))
        });
        let by_text = (separated.sql.clone(), None);
        let mut ways = by_tree.into_iter().chain([by_text]);
        ways.find_map(|(sql, tree)| {
            let prepared = session.prepare_only(&sql).ok()?;
            let identifiers: BTreeSet<&String> = prepared.identifiers().iter().collect();
            let keeps_names =
                tree.is_some() || names(&prepared.columns()).eq(names(&self.prepared.columns()));
            let is_same = identifiers.into_iter().eq(&separated.identifiers) && keeps_names;
            is_same.then_some(Self { sql, tree, prepared })
        })
    }

    /// The statement with the declared types written around these parameters, if it still means the same.
    fn with_casts(
        &self,
        session: &mut Session,
        identifiers: &BTreeSet<String>,
        declared: &[Declared],
    ) -> Option<Self> {
        let casts: Vec<(String, DataType)> = identifiers
            .iter()
            .filter_map(|identifier| {
                let name = uses::parameter_of(identifier);
                let (_, data_type) = declared.iter().find(|(known, _)| known == name)?;
                Some((identifier.clone(), data_type.clone()?))
            })
            .collect();
        let mut tree = self.tree.clone().filter(|_| !casts.is_empty())?;
        tree.cast_parameters(session, &casts).ok()?;
        let sql = tree.to_sql(session).ok()?;
        if !tree.is_written_as(&sql, session) {
            return None;
        }
        let prepared = session.prepare_only(&sql).ok()?;
        let is_same = same_result(&self.prepared.columns(), &prepared.columns());
        let tree = Some(tree);
        is_same.then_some(Self { sql, tree, prepared })
    }
}

fn names(columns: &[(String, DataType)]) -> impl Iterator<Item = &String> {
    columns.iter().map(|(name, _)| name)
}

/// Names and types agree. While a parameter is open DuckDB describes no column at all.
fn same_result(before: &[(String, DataType)], after: &[(String, DataType)]) -> bool {
    let open = before
        .iter()
        .any(|(_, data_type)| *data_type == DataType::Unresolved);
    open || before == after
}
