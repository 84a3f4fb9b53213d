//! What SQL that a caller wrote may do: read tables and views of this database, and compute.
//!
//! The type of a statement proves nothing: `FROM enable_logging()`, `FROM checkpoint()` or `FROM query('…')` are all
//! SELECT. So the guard reads DuckDB's own parse tree and allows what it knows: table functions by an allow-list, tables
//! only if they exist in the catalog (a name that does not would be taken for a file), scalar functions unless they have
//! effects or reveal the server. A node that it does not know is refused, so a new DuckDB cannot widen it silently.

mod allowed;
mod planned;
mod walk;

pub(super) use planned::check_size;

use std::collections::BTreeSet;

use super::error::QueryError;
use super::session::Session;
use super::syntax::SyntaxTree;

/// Why a caller's SQL was refused, in words that a model can act on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Anything but one SELECT.
    #[error("only one SELECT statement is accepted here")]
    NotASelect,
    /// More nesting than the server follows.
    #[error("the statement is nested too deeply")]
    TooDeep,
    /// More tables than the server lets DuckDB plan.
    #[error(
        "the statement names more than {0} tables, those of a WITH expression counted each time that it is named"
    )]
    TooManyTables(usize),
    /// A table function outside the allow-list.
    #[error("the table function {0}() is not allowed here; accepted: tables and views of this database, {list}", list = allowed::TABLE_FUNCTIONS.join(", "))]
    TableFunction(String),
    /// A scalar function with effects, or one that reveals the server.
    #[error("the function {0}() is not allowed here")]
    Function(String),
    /// A table that is not in the catalog, or in a part of it that is not for callers.
    #[error("the table {0} is not a table or view of this database")]
    Table(String),
    /// Syntax that the guard does not know.
    #[error("this kind of SQL is not allowed here: {0}")]
    Syntax(String),
    /// A common table expression that would be read in the place of something that the owner's macro means.
    #[error("{function}() cannot be called beside a WITH expression named {name}; give that another name")]
    Shadowed {
        /// The owner's macro.
        function: String,
        /// The expression.
        name: String,
    },
    /// Parameters, which nobody could fill.
    #[error("the parameter ${0} has no value; write the value into the statement")]
    Parameter(String),
    /// A definition under a reserved name.
    #[error("{0}")]
    ReservedName(String),
}

/// What the database offers to callers, read from DuckDB for each statement.
pub(crate) struct Catalog {
    /// `(database, schema, name)` of tables and views, with small letters in place of ASCII's capital ones, as DuckDB
    /// compares them.
    relations: BTreeSet<(String, String, String)>,
    /// Functions that are not part of DuckDB (the owner's macros), in lower case.
    own_functions: BTreeSet<String>,
    /// Table macros of the owner, in lower case.
    own_table_functions: BTreeSet<String>,
    /// DuckDB's functions with effects, in lower case.
    volatile_functions: BTreeSet<String>,
}

// Spelled with the system's own schema, and without a function or an operator: a macro in the database could change
// what an unqualified name means here.
const RELATIONS: &str = "\
    SELECT database_name, schema_name, table_name FROM system.main.duckdb_tables() WHERE NOT internal \
    UNION ALL SELECT database_name, schema_name, view_name FROM system.main.duckdb_views() WHERE NOT internal";

const FUNCTIONS: &str = "\
    SELECT DISTINCT function_name, CASE WHEN internal OR database_name IN ('system', 'temp') THEN 'duckdb' ELSE 'own' END, \
           function_type, CASE WHEN stability IS NULL THEN '' ELSE stability END \
    FROM system.main.duckdb_functions() WHERE stability = 'VOLATILE' OR NOT internal";

impl Catalog {
    /// Reads the catalog through `session`.
    pub(super) fn read(session: &mut Session) -> Result<Self, QueryError> {
        let relations = session
            .texts(RELATIONS, &[])?
            .into_iter()
            .filter_map(|row| {
                <[String; 3]>::try_from(row)
                    .ok()
                    .map(|parts| parts.map(|part| part.to_ascii_lowercase()).into())
            })
            .collect();
        let mut catalog = Self {
            relations,
            own_functions: BTreeSet::new(),
            own_table_functions: BTreeSet::new(),
            volatile_functions: BTreeSet::new(),
        };
        for row in session.texts(FUNCTIONS, &[])? {
            if let Ok([name, origin, kind, stability]) = <[String; 4]>::try_from(row) {
                catalog.add_function(name.to_ascii_lowercase(), &origin, &kind, &stability);
            }
        }
        Ok(catalog)
    }

    fn add_function(&mut self, name: String, origin: &str, kind: &str, stability: &str) {
        let _: bool = match (origin, kind) {
            ("own", "table_macro") => self.own_table_functions.insert(name),
            ("own", _) => self.own_functions.insert(name),
            (_, _) if stability == "VOLATILE" => self.volatile_functions.insert(name),
            _ => false,
        };
    }

    /// Whether a common table expression of this name could stand in the way of a macro's body: for a table or view, or for
    /// a file, whose name has an extension.
    fn may_be_meant_by_a_macro(&self, name: &str) -> bool {
        name.contains('.') || self.has_relation("", "", name)
    }

    fn has_relation(&self, database: &str, schema: &str, name: &str) -> bool {
        let fits = |wanted: &str, found: &str| wanted.is_empty() || wanted.eq_ignore_ascii_case(found);
        self.relations
            .iter()
            .any(|(found_database, found_schema, found_name)| {
                // `a.t` may mean table t of schema a, or of database a.
                let qualified = fits(schema, found_schema) && fits(database, found_database);
                let by_database = database.is_empty() && fits(schema, found_database);
                (qualified || by_database) && name.eq_ignore_ascii_case(found_name)
            })
    }
}

/// Refuses whatever is not known to be harmless.
pub(super) fn check(tree: &SyntaxTree, catalog: &Catalog) -> Result<(), Refusal> {
    if let Some(parameter) = tree.parameters().into_iter().next() {
        return Err(Refusal::Parameter(parameter));
    }
    walk::Walk::new(catalog).query_node(tree.node())
}
