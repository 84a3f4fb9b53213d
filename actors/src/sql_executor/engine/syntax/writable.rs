//! Changing the tree and writing it as SQL: what DuckDB would write otherwise than it has read is spelled in another way first.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{SyntaxTree, parameter_name, visit};
use crate::sql_executor::engine::data_type::DataType;
use crate::sql_executor::engine::error::QueryError;
use crate::sql_executor::engine::session::Session;
use crate::sql_executor::engine::uses;

impl SyntaxTree {
    /// Gives each use of a parameter a name of its own (see [`uses`]). Columns keep their names.
    pub(in super::super) fn separate_parameters(&mut self, session: &mut Session) -> Result<(), QueryError> {
        self.make_writable(session)?;
        separate_within(&mut self.root, &mut BTreeMap::new());
        Ok(())
    }

    /// Puts a cast around each parameter that has an entry in `casts`. Columns keep their names: DuckDB names a column
    /// without an alias by its expression, so what the expression was called before is written beside it first.
    pub(in super::super) fn cast_parameters(
        &mut self,
        session: &mut Session,
        casts: &[(String, DataType)],
    ) -> Result<(), QueryError> {
        self.make_writable(session)?;
        cast_within(&mut self.root, casts);
        Ok(())
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
    let mut tree = SyntaxTree::parse(session, "SELECT true")?;
    Ok(tree.root["statements"][0]["node"]["select_list"][0].take())
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

/// A parameter that the statement itself casts has its type already.
fn cast_within(node: &mut Value, casts: &[(String, DataType)]) {
    if node["class"] == "CAST" && parameter_name(&node["child"]).is_some() {
        return;
    }
    if let Some(data_type) = parameter_name(node).and_then(|name| cast_for(name, casts)) {
        *node = cast(node.take(), data_type);
        return;
    }
    match node {
        Value::Object(members) => members.values_mut().for_each(|member| cast_within(member, casts)),
        Value::Array(elements) => elements
            .iter_mut()
            .for_each(|element| cast_within(element, casts)),
        _ => {}
    }
}

fn separate_within(node: &mut Value, seen: &mut BTreeMap<String, usize>) {
    if let Some(name) = parameter_name(node).map(str::to_owned) {
        let number = seen.entry(name.clone()).or_default();
        *number += 1;
        node["identifier"] = Value::String(uses::identifier_of_use(&name, *number));
        return;
    }
    match node {
        Value::Object(members) => members
            .values_mut()
            .for_each(|member| separate_within(member, seen)),
        Value::Array(elements) => elements
            .iter_mut()
            .for_each(|element| separate_within(element, seen)),
        _ => {}
    }
}

fn cast_for<'casts>(name: &str, casts: &'casts [(String, DataType)]) -> Option<&'casts DataType> {
    casts
        .iter()
        .find(|(known, _)| known == name)
        .map(|(_, data_type)| data_type)
}
