//! DuckDB's own parse tree of a SELECT, as JSON: read by the guard, rewritten by the load check.
//!
//! Only DuckDB knows what it will run, so nothing here looks at the text of a statement. The tree is a plain JSON value;
//! what its nodes mean is said where they are used. `writable` changes it and prepares it for being written as SQL.

mod writable;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::error::QueryError;
use super::ffi::DuckdbError;
use super::guard::Refusal;
use super::session::Session;
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

    /// Whether `sql` parses into just this tree. What DuckDB writes is not always what it has read.
    pub(super) fn is_written_as(&self, sql: &str, session: &mut Session) -> bool {
        Self::parse(session, sql).is_ok_and(|mut read| {
            writable::fold_values(&mut read.root);
            is_same(&read.root, &self.root)
        })
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

    /// Whether it calls no table functions but these, and names no address.
    pub(super) fn calls_only(&self, known: &BTreeSet<String>) -> bool {
        let mut holds = true;
        visit(&self.root, &mut |node| {
            holds &= table_function(node).is_none_or(|name| known.contains(&name));
            holds &= !(node["type"] == "BASE_TABLE" && is_address(&node["table_name"]));
        });
        holds
    }

    /// Whether binding the statement would read something that may be absent, far away or named by a parameter: a
    /// table function (or a file named as a table) with an address or a parameter among its arguments, unless it is one of
    /// those that reach nothing.
    pub(super) fn reads_elsewhere(&self, local: &BTreeSet<String>) -> bool {
        let mut found = false;
        visit(&self.root, &mut |node| {
            let is_reader = table_function(node).is_some_and(|name| !local.contains(&name));
            found |= is_reader && mentions(&node["function"]["children"]);
            found |= node["type"] == "BASE_TABLE" && is_address(&node["table_name"]);
        });
        found
    }
}

/// The name of a table function that is called, in lower case.
fn table_function(node: &Value) -> Option<String> {
    match node["type"] == "TABLE_FUNCTION" {
        true => node["function"]["function_name"]
            .as_str()
            .map(str::to_ascii_lowercase),
        false => None,
    }
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
