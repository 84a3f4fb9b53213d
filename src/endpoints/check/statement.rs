//! A definition's SQL: one statement that can be prepared, with the declared parameters and no others, whose columns can be
//! what the definition declares.

use std::collections::BTreeSet;

use mxcp_actors::sql_executor::checker::{CheckError, Checker};
use mxcp_actors::sql_executor::engine::lasting;
use mxcp_actors::sql_executor::engine::statement::Statement;

use super::Parts;
use crate::endpoints::load::SqlText;
use crate::endpoints::model::TypeDefinition;
use crate::endpoints::params::ParameterSet;
use crate::endpoints::registry::{Program, Routine};
use crate::endpoints::result::{Finding, OutputContract};
use crate::yaml::Problems;

/// Why some statements that DuckDB accepts are refused: what they do would be there for every later call.
const NOT_ABOUT_ROWS: &str = "is not accepted in a definition; accepted: a query (SELECT, FROM, VALUES, WITH, PIVOT, UNPIVOT, \
     DESCRIBE, SHOW, SUMMARIZE, EXPLAIN), or INSERT, UPDATE, DELETE or MERGE, with or without RETURNING. What prepares the database belongs \
     in duckdb.init_file";

/// Prepares the statement and compiles the contract of its results. `None` after reporting.
pub(super) fn check(
    sql: &SqlText,
    Parts {
        name,
        parameters,
        policies,
        may_be_unused,
    }: Parts,
    returns: Option<&TypeDefinition>,
    checker: &mut Checker,
    problems: &mut Problems,
) -> Option<Routine> {
    let report = |problems: &mut Problems, message: String| {
        let message = match &sql.file {
            Some(file) => format!("{file}: {message}"),
            None => message,
        };
        problems.error(sql.location.clone(), sql.path.clone(), message);
    };
    if let Some(word) = lasting::outlasting(&sql.text) {
        report(problems, format!("{word} {NOT_ABOUT_ROWS}"));
        return None;
    }
    let statement = match checker.check(&sql.text, &parameters.declared()) {
        Ok(statement) => statement,
        Err(error) => {
            report(problems, told(&name, &error));
            return None;
        }
    };
    if !statement.kind().is_about_rows() {
        report(problems, format!("{} {NOT_ABOUT_ROWS}", statement.kind().name()));
        return None;
    }
    if let Some(mismatch) = mismatch(&statement, &parameters, may_be_unused) {
        report(problems, mismatch);
    }
    if let Some(warning) = statement.warning() {
        let message = warning.split_whitespace().collect::<Vec<_>>().join(" ");
        problems.warning(sql.location.clone(), sql.path.clone(), message);
    }
    let (contract, findings) = OutputContract::compile(returns, statement.columns());
    if let Some(returns) = returns {
        for finding in findings {
            match finding {
                Finding::Impossible(reason) => {
                    problems.error(returns.location.clone(), returns.path.clone(), reason);
                }
                Finding::Doubtful(reason) => {
                    problems.warning(returns.location.clone(), returns.path.clone(), reason);
                }
            }
        }
    }
    Some(Routine {
        parameters,
        program: Program::Sql(statement),
        output: contract,
        policies: policies?,
    })
}

/// Names that only one side knows. In MXCP's words, so that people find them.
fn mismatch(statement: &Statement, parameters: &ParameterSet, may_be_unused: bool) -> Option<String> {
    let declared: BTreeSet<&str> = parameters.names().collect();
    let used: BTreeSet<&str> = statement
        .parameters()
        .iter()
        .map(|parameter| parameter.name.as_str())
        .collect();
    let set = |names: Vec<String>| format!("{{{}}}", names.join(", "));
    let quoted = |name: &&str| format!("'{name}'");
    let missing: Vec<String> = used.difference(&declared).map(quoted).collect();
    let extra = declared.difference(&used).filter(|_| !may_be_unused);
    let extra: Vec<String> = extra.map(quoted).collect();
    if missing.is_empty() && extra.is_empty() {
        return None;
    }
    Some(format!(
        "Parameter mismatch: missing={}, extra={} (missing: used in the SQL as $name but not declared; extra: declared but not used)",
        set(missing),
        set(extra)
    ))
}

/// DuckDB's message without the picture of the statement below it: the first paragraph, and the line that it points at.
fn told(name: &str, error: &CheckError) -> String {
    let text = match error {
        CheckError::Query(error) => error.to_string(),
        CheckError::TimeLimit(_) | CheckError::Crashed => format!("{name}: {error}"),
    };
    let is_marker = |line: &&str| !line.trim().is_empty() && line.trim() != "^";
    text.lines()
        .filter(is_marker)
        .map(str::trim)
        .collect::<Vec<_>>()
        .join("; ")
}
