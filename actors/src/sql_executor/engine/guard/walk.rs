//! The walk over DuckDB's parse tree: scopes of common table expressions, table references, expressions.

use serde_json::{Map, Value};

use super::allowed;
use super::{Catalog, Refusal};

/// One walk over one statement.
pub(super) struct Walk<'catalog> {
    catalog: &'catalog Catalog,
    /// The common table expressions in scope, innermost last.
    scope: Vec<Expression>,
    /// How many tables DuckDB would plan for what was walked.
    tables: usize,
}

/// A common table expression, which DuckDB plans again wherever it is named.
struct Expression {
    /// In lower case.
    name: String,
    tables: usize,
}

/// Tables in one statement, those of an expression counted as often as it is named. Planning knows neither time limit nor
/// memory limit, and takes a fifth of a second for so many.
pub(super) const MOST_TABLES: usize = 4_096;

fn text<'node>(node: &'node Value, member: &str) -> &'node str {
    node[member].as_str().unwrap_or_default()
}

impl<'catalog> Walk<'catalog> {
    pub(super) fn new(catalog: &'catalog Catalog) -> Self {
        Self {
            catalog,
            scope: Vec::new(),
            tables: 0,
        }
    }

    /// A SELECT, a set operation, or a recursive part: `WITH` first, because it decides which names are tables.
    pub(super) fn query_node(&mut self, node: &Value) -> Result<(), Refusal> {
        let depth = self.scope.len();
        if let Some(entries) = node["cte_map"]["map"].as_array() {
            for entry in entries {
                let before = self.tables;
                self.value(&entry["value"])?;
                let tables = self.tables - before;
                // In scope only for what follows: its own body still sees the name from outside, which may be a file.
                self.enter(text(entry, "key"), tables);
            }
        }
        match text(node, "type") {
            "SELECT_NODE" | "SET_OPERATION_NODE" => self.members(node, &["cte_map"])?,
            "RECURSIVE_CTE_NODE" => self.recursive(node)?,
            other => return Err(Refusal::Syntax(other.to_owned())),
        }
        self.scope.truncate(depth);
        Ok(())
    }

    fn enter(&mut self, name: &str, tables: usize) {
        let name = name.to_ascii_lowercase();
        self.scope.push(Expression { name, tables });
    }

    /// The name of a recursive expression is a table within its recursive part, and only there.
    fn recursive(&mut self, node: &Value) -> Result<(), Refusal> {
        self.members(node, &["cte_map", "right"])?;
        self.enter(text(node, "cte_name"), 1);
        self.value(&node["right"])?;
        self.scope.pop();
        Ok(())
    }

    fn members(&mut self, node: &Value, except: &[&str]) -> Result<(), Refusal> {
        let empty = Map::new();
        let members = node.as_object().unwrap_or(&empty);
        members
            .iter()
            .filter(|(name, _)| !except.contains(&name.as_str()))
            .try_for_each(|(_, member)| self.value(member))
    }

    /// Anything: an expression has a class; other nodes are told apart by their type.
    fn value(&mut self, value: &Value) -> Result<(), Refusal> {
        match value {
            Value::Array(elements) => elements.iter().try_for_each(|element| self.value(element)),
            Value::Object(members) if members.get("class").is_some_and(Value::is_string) => {
                self.expression(value)
            }
            Value::Object(members) => match members.get("type").and_then(Value::as_str) {
                Some(kind) => self.typed(kind, value),
                None => self.members(value, &[]),
            },
            _ => Ok(()),
        }
    }

    fn expression(&mut self, node: &Value) -> Result<(), Refusal> {
        match text(node, "class") {
            // Data, and the type names beside it: nothing that runs.
            "CONSTANT" => Ok(()),
            "CAST" => self.value(&node["child"]),
            "FUNCTION" | "WINDOW" => {
                self.function(node)?;
                self.members(node, &[])
            }
            class if allowed::EXPRESSION_CLASSES.contains(&class) => self.members(node, &[]),
            class => Err(Refusal::Syntax(class.to_owned())),
        }
    }

    fn function(&self, node: &Value) -> Result<(), Refusal> {
        let name = text(node, "function_name").to_ascii_lowercase();
        let own = self.catalog.own_functions.contains(&name);
        let has_effects = self.catalog.volatile_functions.contains(&name)
            && !allowed::HARMLESS_VOLATILE.contains(&name.as_str());
        if allowed::REFUSED_FUNCTIONS.contains(&name.as_str()) || (has_effects && !own) {
            return Err(Refusal::Function(name));
        }
        match own {
            true => self.refuse_shadows(name),
            false => Ok(()),
        }
    }

    /// The body of a macro is read where it is called, so that an expression in scope here would be found there before the
    /// table of that name: the one, perhaps, that says what the caller may see.
    fn refuse_shadows(&self, function: String) -> Result<(), Refusal> {
        let mut scope = self.scope.iter();
        match scope.find(|expression| self.catalog.may_be_meant_by_a_macro(&expression.name)) {
            Some(expression) => Err(Refusal::Shadowed {
                function,
                name: expression.name.clone(),
            }),
            None => Ok(()),
        }
    }

    fn typed(&mut self, kind: &str, node: &Value) -> Result<(), Refusal> {
        match kind {
            "SELECT_NODE" | "SET_OPERATION_NODE" | "RECURSIVE_CTE_NODE" => self.query_node(node),
            "BASE_TABLE" => {
                self.table(node)?;
                self.members(node, &[])
            }
            "TABLE_FUNCTION" => self.table_function(node),
            "SHOW_REF" => self.show(node),
            "EMPTY" | "JOIN" | "SUBQUERY" | "EXPRESSION_LIST" | "PIVOT" => self.members(node, &[]),
            kind if allowed::PLAIN_NODES.contains(&kind) => self.members(node, &[]),
            other => Err(Refusal::Syntax(other.to_owned())),
        }
    }

    fn table(&mut self, node: &Value) -> Result<(), Refusal> {
        let (database, schema, name) = (
            text(node, "catalog_name"),
            text(node, "schema_name"),
            text(node, "table_name"),
        );
        let unqualified = database.is_empty() && schema.is_empty();
        let mut scope = self.scope.iter().rev().filter(|_| unqualified);
        let expression = scope.find(|expression| expression.name.eq_ignore_ascii_case(name));
        self.tables += expression.map_or(1, |expression| expression.tables.max(1));
        if self.tables > MOST_TABLES {
            return Err(Refusal::TooManyTables(MOST_TABLES));
        }
        let described = schema.eq_ignore_ascii_case("information_schema")
            && allowed::INFORMATION_SCHEMA.contains(&name.to_ascii_lowercase().as_str());
        if expression.is_some() || described || self.catalog.has_relation(database, schema, name) {
            return Ok(());
        }
        let qualified = [database, schema, name]
            .into_iter()
            .filter(|part| !part.is_empty());
        Err(Refusal::Table(qualified.collect::<Vec<_>>().join(".")))
    }

    fn table_function(&mut self, node: &Value) -> Result<(), Refusal> {
        let function = &node["function"];
        let name = text(function, "function_name").to_ascii_lowercase();
        if self.catalog.own_table_functions.contains(&name) {
            self.refuse_shadows(name)?;
        } else if !allowed::TABLE_FUNCTIONS.contains(&name.as_str()) {
            return Err(Refusal::TableFunction(name));
        }
        self.members(function, &[])?;
        self.members(node, &["function"])
    }

    /// `DESCRIBE`, `SUMMARIZE` and `SHOW TABLES`; the other forms of `SHOW` look beyond this database.
    fn show(&mut self, node: &Value) -> Result<(), Refusal> {
        let shown = text(node, "table_name");
        if node["query"].is_object() {
            return self.value(&node["query"]);
        }
        match shown {
            "\"tables\"" => Ok(()),
            other => Err(Refusal::Syntax(format!("SHOW {other}"))),
        }
    }
}
