//! How many tables DuckDB would plan for a statement of the owner, which may name any.
//!
//! Planning knows neither a time limit nor a memory limit, and nothing can interrupt it: what is too much of it has to be
//! refused before. What a caller's statement may do is said by the walk, which counts as it goes.

use serde_json::Value;

use super::Refusal;
use super::walk::MOST_TABLES;
use crate::sql_executor::engine::syntax::SyntaxTree;

/// Refuses a statement that names more tables than the server lets DuckDB plan.
pub(in super::super) fn check_size(tree: &SyntaxTree) -> Result<(), Refusal> {
    let mut count = Count {
        scope: Vec::new(),
        tables: 0,
    };
    count.add(tree.node());
    match count.tables > MOST_TABLES {
        true => Err(Refusal::TooManyTables(MOST_TABLES)),
        false => Ok(()),
    }
}

struct Count<'tree> {
    /// The common table expressions in scope, innermost last, each with its tables.
    scope: Vec<(&'tree str, usize)>,
    tables: usize,
}

impl<'tree> Count<'tree> {
    fn add(&mut self, node: &'tree Value) {
        let depth = self.scope.len();
        for entry in node["cte_map"]["map"].as_array().into_iter().flatten() {
            let before = self.tables;
            self.add(&entry["value"]);
            let tables = self.tables.saturating_sub(before);
            self.scope
                .push((entry["key"].as_str().unwrap_or_default(), tables));
        }
        if node["type"] == "BASE_TABLE" {
            self.tables = self.tables.saturating_add(self.tables_of(node));
        }
        // The name of a recursive expression is a table within its recursive part.
        let is_recursive = node["type"] == "RECURSIVE_CTE_NODE";
        let recursive = node["cte_name"].as_str().filter(|_| is_recursive);
        match node {
            Value::Object(members) => {
                for (name, member) in members.iter().filter(|(name, _)| *name != "cte_map") {
                    let itself = recursive.filter(|_| name == "right").map(|name| (name, 1));
                    self.scope.extend(itself);
                    self.add(member);
                    self.scope
                        .truncate(self.scope.len() - usize::from(itself.is_some()));
                }
            }
            Value::Array(elements) => elements.iter().for_each(|element| self.add(element)),
            _ => {}
        }
        self.scope.truncate(depth);
    }

    fn tables_of(&self, table: &Value) -> usize {
        let is_qualified = table["schema_name"] != "" || table["catalog_name"] != "";
        let name = table["table_name"].as_str().unwrap_or_default();
        let mut scope = self.scope.iter().rev().filter(|_| !is_qualified);
        let expression = scope.find(|(known, _)| known.eq_ignore_ascii_case(name));
        expression.map_or(1, |(_, tables)| (*tables).max(1))
    }
}
