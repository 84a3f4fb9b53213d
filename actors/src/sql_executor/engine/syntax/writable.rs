//! Changing the tree and writing it as SQL: what DuckDB would write otherwise than it has read is spelled in another way first.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{SyntaxTree, parameter_name, visit};
use crate::sql_executor::engine::data_type::DataType;
use crate::sql_executor::engine::error::QueryError;
use crate::sql_executor::engine::session::Session;
use crate::sql_executor::engine::uses::Use;

impl SyntaxTree {
    /// The tree in a shape that DuckDB writes as it reads it, if there is one. Columns keep their names: DuckDB names a
    /// column without an alias by its expression, so what the expression is called is written beside it.
    pub(in super::super) fn writable(mut self, session: &mut Session) -> Option<Self> {
        self.make_writable(session).ok()?;
        let sql = self.to_sql(session).ok()?;
        self.is_written_as(&sql, session).then_some(self)
    }

    /// The uses of parameters, in an order of their own; the macros' names are in lower case.
    pub(in super::super) fn uses(&self, macros: &BTreeSet<String>) -> Vec<Use> {
        let mut found = Vec::new();
        uses_within(&self.root, false, macros, &mut found);
        found
    }

    /// The tree with an expression in the place of each use, in the order of [`Self::uses`].
    pub(in super::super) fn replaced(&self, expressions: impl IntoIterator<Item = Value>) -> Self {
        let mut tree = self.clone();
        replace_within(&mut tree.root, &mut expressions.into_iter());
        tree
    }

    /// A tree of an expression as SQL.
    pub(in super::super) fn expression_sql(
        session: &mut Session,
        expression: &Value,
    ) -> Result<String, QueryError> {
        expression_text(expression, session)
    }

    /// An expression as a tree.
    pub(in super::super) fn expression(session: &mut Session, sql: &str) -> Result<Value, QueryError> {
        let mut tree = Self::parse(session, &format!("SELECT {sql}"))?;
        Ok(tree.root["statements"][0]["node"]["select_list"][0].take())
    }

    /// Prepares the tree for being changed and written as SQL: columns keep their names, `1e3` stays a `DOUBLE`, which DuckDB
    /// would write like a decimal, and a `CROSS JOIN` stays where it is, which DuckDB would write as a comma, behind which a
    /// further join binds first.
    fn make_writable(&mut self, session: &mut Session) -> Result<(), QueryError> {
        name_columns(&mut self.root, session)?;
        spell_doubles(&mut self.root);
        spell_cross_joins(&mut self.root, &always(session)?);
        Ok(())
    }
}

/// Gives every selected expression that will be changed the name that DuckDB would give it.
fn name_columns(node: &mut Value, session: &mut Session) -> Result<(), QueryError> {
    if let Some(columns) = node.get_mut("select_list").and_then(Value::as_array_mut) {
        for column in columns
            .iter_mut()
            .filter(|column| column["alias"] == "" && will_change(column))
        {
            let name = expression_text(column, session)?;
            column["alias"] = Value::String(name);
        }
    }
    match node {
        Value::Object(members) => members
            .values_mut()
            .try_for_each(|member| name_columns(member, session)),
        Value::Array(elements) => elements
            .iter_mut()
            .try_for_each(|element| name_columns(element, session)),
        _ => Ok(()),
    }
}

fn will_change(node: &Value) -> bool {
    let mut found = false;
    visit(node, &mut |node| {
        found |= parameter_name(node).is_some() || double(node).is_some();
    });
    found
}

/// The number of a literal such as `1e3`.
fn double(node: &Value) -> Option<f64> {
    let is_double = node["class"] == "CONSTANT" && node["value"]["type"]["id"] == "DOUBLE";
    node["value"]["value"].as_f64().filter(|_| is_double)
}

/// Writes such literals as casts of their digits.
fn spell_doubles(node: &mut Value) {
    if let Some(number) = double(node) {
        let mut literal = node.take();
        literal["value"]["type"]["id"] = Value::from(DataType::Varchar.to_string());
        literal["value"]["value"] = Value::from(format!("{number:?}"));
        *node = cast(literal, &DataType::Double);
        return;
    }
    match node {
        Value::Object(members) => members.values_mut().for_each(spell_doubles),
        Value::Array(elements) => elements.iter_mut().for_each(spell_doubles),
        _ => {}
    }
}

/// Writes a join of everything with everything as one whose condition always holds, which DuckDB plans alike.
fn spell_cross_joins(node: &mut Value, always: &Value) {
    if node["type"] == "JOIN" && node["ref_type"] == "CROSS" {
        node["ref_type"] = Value::from("REGULAR");
        node["condition"] = always.clone();
    }
    match node {
        Value::Object(members) => members
            .values_mut()
            .for_each(|member| spell_cross_joins(member, always)),
        Value::Array(elements) => elements
            .iter_mut()
            .for_each(|element| spell_cross_joins(element, always)),
        _ => {}
    }
}

/// The condition that always holds, as DuckDB reads it.
fn always(session: &mut Session) -> Result<Value, QueryError> {
    SyntaxTree::expression(session, "true")
}

/// Takes away the query that DuckDB writes around a list of `VALUES`, which says nothing.
pub(super) fn fold_values(node: &mut Value) {
    match node {
        Value::Object(members) => members.values_mut().for_each(fold_values),
        Value::Array(elements) => elements.iter_mut().for_each(fold_values),
        _ => {}
    }
    let is_around = node["type"] == "SUBQUERY" && node["alias"] == VALUES_ALIAS;
    let query = &node["subquery"]["node"];
    let is_list =
        query["from_table"]["type"] == "EXPRESSION_LIST" && query["from_table"]["alias"] == VALUES_ALIAS;
    if is_around && is_list && query["select_list"][0]["class"] == "STAR" {
        let list = query["from_table"].clone();
        *node = list;
    }
}

/// What DuckDB calls a list of `VALUES`.
const VALUES_ALIAS: &str = "valueslist";

/// A cast around an expression, under whose alias it goes on.
fn cast(mut expression: Value, data_type: &DataType) -> Value {
    let mut cast = json!({
        "class": "CAST",
        "type": "OPERATOR_CAST",
        "cast_type": { "id": data_type.to_string(), "type_info": null },
        "try_cast": false,
    });
    cast["alias"] = std::mem::replace(&mut expression["alias"], Value::String(String::new()));
    cast["child"] = expression;
    cast
}

/// An expression as DuckDB writes it.
fn expression_text(expression: &Value, session: &mut Session) -> Result<String, QueryError> {
    let mut tree = SyntaxTree::parse(session, "SELECT 1")?;
    tree.root["statements"][0]["node"]["select_list"][0] = expression.clone();
    let sql = tree.to_sql(session)?;
    Ok(sql.strip_prefix("SELECT ").unwrap_or(&sql).to_owned())
}

fn uses_within(node: &Value, in_macro: bool, macros: &BTreeSet<String>, found: &mut Vec<Use>) {
    if let Some(name) = parameter_name(node) {
        found.push(Use {
            parameter: name.to_owned(),
            in_macro,
            cast: None,
        });
        return;
    }
    if let (true, Some(name)) = (node["class"] == "CAST", parameter_name(&node["child"])) {
        found.push(Use {
            parameter: name.to_owned(),
            in_macro,
            cast: Some(node.clone()),
        });
        return;
    }
    let called = node["function_name"].as_str().unwrap_or_default();
    let in_macro = in_macro || macros.contains(&called.to_ascii_lowercase());
    match node {
        Value::Object(members) => members
            .values()
            .for_each(|member| uses_within(member, in_macro, macros, found)),
        Value::Array(elements) => elements
            .iter()
            .for_each(|element| uses_within(element, in_macro, macros, found)),
        _ => {}
    }
}

/// An expression goes on under the alias of the parameter.
fn replace_within(node: &mut Value, expressions: &mut impl Iterator<Item = Value>) {
    if parameter_name(node).is_some() {
        if let Some(mut expression) = expressions.next() {
            expression["alias"] = node["alias"].take();
            *node = expression;
        }
        return;
    }
    match node {
        Value::Object(members) => members
            .values_mut()
            .for_each(|member| replace_within(member, expressions)),
        Value::Array(elements) => elements
            .iter_mut()
            .for_each(|element| replace_within(element, expressions)),
        _ => {}
    }
}
