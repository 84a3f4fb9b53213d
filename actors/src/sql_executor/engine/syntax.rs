//! DuckDB's own parse tree of a SELECT, as JSON: read by the guard, rewritten by the load check.
//!
//! Only DuckDB knows what it will run, so nothing here looks at the text of a statement. The tree is a plain JSON value;
//! what its nodes mean is said where they are used.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::data_type::DataType;
use super::error::QueryError;
use super::ffi::DuckdbError;
use super::guard::Refusal;
use super::session::Session;
use super::uses;
use crate::sql_executor::value::SqlValue;

/// The tree of exactly one SELECT statement.
#[derive(Clone)]
pub(crate) struct SyntaxTree {
    root: Value,
}

impl SyntaxTree {
    /// Parses a text that holds exactly one SELECT. Runs and binds nothing of it, so that a caller's text comes here first:
    /// even to extract statements, DuckDB runs the arguments of a PRAGMA and reads the script of an IMPORT DATABASE.
    pub(super) fn parse(session: &mut Session, sql: &str) -> Result<Self, QueryError> {
        let json = one_text(
            session,
            "SELECT system.main.json_serialize_sql($sql::VARCHAR)::VARCHAR",
            sql,
        )?;
        let root: Value = serde_json::from_str(&json).map_err(|_| Refusal::TooDeep)?;
        if root["error"] == false {
            return match root["statements"].as_array().map_or(0, Vec::len) {
                1 => Ok(Self { root }),
                count => Err(QueryError::StatementCount(count as u64)),
            };
        }
        match (root["error_type"].as_str(), root["error_message"].as_str()) {
            (Some("parser"), Some(message)) => {
                Err(DuckdbError::parser(message, root["position"].as_str()).into())
            }
            _ => Err(Refusal::NotASelect.into()),
        }
    }

    /// The statement's node.
    pub(super) fn node(&self) -> &Value {
        &self.root["statements"][0]["node"]
    }

    /// The tree as SQL again.
    pub(super) fn to_sql(&self, session: &mut Session) -> Result<String, QueryError> {
        one_text(
            session,
            "SELECT system.main.json_deserialize_sql($sql::JSON)",
            &self.root.to_string(),
        )
    }

    /// Whether `sql` parses into just this tree. What DuckDB writes is not always what it has read: a join after a
    /// `CROSS JOIN` becomes another one.
    pub(super) fn is_written_as(&self, sql: &str, session: &mut Session) -> bool {
        Self::parse(session, sql).is_ok_and(|read| is_same(&read.root, &self.root))
    }

    /// Names of the parameters, in the order of their first appearance.
    pub(super) fn parameters(&self) -> Vec<String> {
        let mut names = Vec::new();
        visit(&self.root, &mut |node| {
            if let Some(name) = parameter_name(node)
                && !names.iter().any(|known| known == name)
            {
                names.push(name.to_owned());
            }
        });
        names
    }

    /// Whether binding the statement would read something that may be absent, far away or named by a parameter: a
    /// table function (or a file named as a table) with an address or a parameter among its arguments.
    pub(super) fn reads_elsewhere(&self) -> bool {
        let mut found = false;
        visit(&self.root, &mut |node| {
            let is_table_function = node["type"] == "TABLE_FUNCTION";
            found |= is_table_function && mentions(&node["function"]["children"]);
            found |= node["type"] == "BASE_TABLE" && is_address(&node["table_name"]);
        });
        found
    }

    /// Gives each use of a parameter a name of its own (see [`uses`]). Columns keep their names.
    pub(super) fn separate_parameters(&mut self, session: &mut Session) -> Result<(), QueryError> {
        self.make_writable(session)?;
        separate_within(&mut self.root, &mut BTreeMap::new());
        Ok(())
    }

    /// Puts a cast around each parameter that has an entry in `casts`. Columns keep their names: DuckDB names a column
    /// without an alias by its expression, so what the expression was called before is written beside it first.
    pub(super) fn cast_parameters(
        &mut self,
        session: &mut Session,
        casts: &[(String, DataType)],
    ) -> Result<(), QueryError> {
        self.make_writable(session)?;
        cast_within(&mut self.root, casts);
        Ok(())
    }

    /// Prepares the tree for being changed and written as SQL: columns keep their names, and `1e3` stays a `DOUBLE`, which
    /// DuckDB would write like a decimal.
    fn make_writable(&mut self, session: &mut Session) -> Result<(), QueryError> {
        name_columns(&mut self.root, session)?;
        spell_doubles(&mut self.root);
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

fn one_text(session: &mut Session, sql: &str, argument: &str) -> Result<String, QueryError> {
    let rows = session.texts(sql, &[("sql".to_owned(), SqlValue::from(argument))])?;
    Ok(rows.into_iter().flatten().next().unwrap_or_default())
}

/// Whether two trees say the same, wherever in a text it stands.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            let is_said = |name: &String| !UNSAID.contains(&name.as_str());
            let said = |members: &Map<String, Value>| members.keys().filter(|name| is_said(name)).count();
            said(one) == said(other)
                && one.iter().all(|(name, member)| {
                    !is_said(name) || other.get(name).is_some_and(|other| is_same(member, other))
                })
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (one, other) => one == other,
    }
}

/// Members that say nothing of their own: where in the text a node was found, and the names of the parameters once more,
/// with the numbers that they had when the text was read.
const UNSAID: [&str; 2] = ["query_location", "named_param_map"];

/// Calls `see` for every object of the tree.
fn visit(node: &Value, see: &mut impl FnMut(&Value)) {
    match node {
        Value::Object(members) => {
            see(node);
            members.values().for_each(|member| visit(member, see));
        }
        Value::Array(elements) => elements.iter().for_each(|element| visit(element, see)),
        _ => {}
    }
}

fn parameter_name(node: &Value) -> Option<&str> {
    match node["class"] == "PARAMETER" {
        true => node["identifier"].as_str(),
        false => None,
    }
}

fn mentions(arguments: &Value) -> bool {
    let mut found = false;
    visit(arguments, &mut |node| {
        found |= parameter_name(node).is_some();
        found |= node["class"] == "CONSTANT" && is_address(&node["value"]["value"]);
    });
    found
}

fn is_address(text: &Value) -> bool {
    text.as_str().is_some_and(|text| text.contains("://"))
}

fn cast_within(node: &mut Value, casts: &[(String, DataType)]) {
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
