//! The return type of one definition against the columns of its statement: compiled once, applied to every result.

use mxcp_actors::sql_executor::engine::data_type::DataType;
use mxcp_actors::sql_executor::engine::plan::{OutputPlan, ResultShape};

use super::check::{Check, CheckKind, ListCheck};
use super::error::OutputError;
use super::proof::{self, Proof, prove};
use super::verify::{Rows, verify};
use crate::endpoints::model::{ArrayRules, ObjectRules, TypeDefinition, TypeKind};

/// What the rows become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A list with one object per row.
    Rows,
    /// A list with the value of the only column of each row.
    Values,
    /// The only row, as an object.
    SingleRow,
    /// The only value of the only row.
    SingleValue,
}

/// What the columns say about the declared type at load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// No call can succeed.
    Impossible(String),
    /// A call succeeds only if values are null.
    Doubtful(String),
}

/// The shape of results, and what is left to check of each.
#[derive(Debug, Clone)]
pub struct OutputContract {
    shape: Shape,
    check: Option<Check>,
}

impl OutputContract {
    /// Compiles a return type. `columns` are those of the prepared statement; empty or unresolved ones prove nothing.
    pub fn compile(returns: Option<&TypeDefinition>, columns: &[(String, DataType)]) -> (Self, Vec<Finding>) {
        let Some(returns) = returns else {
            let unchecked = Self {
                shape: Shape::Rows,
                check: None,
            };
            return (unchecked, Vec::new());
        };
        let shape = Shape::of(returns);
        // DuckDB describes no column truly while one of them depends on an open parameter.
        let is_known = !columns.is_empty()
            && columns
                .iter()
                .all(|(_, data_type)| *data_type != DataType::Unresolved);
        let (check, findings) = match is_known {
            true => settle(returns, shape, &distinct(columns)),
            false => (Some(Check::complete(returns)), Vec::new()),
        };
        (Self { shape, check }, findings)
    }

    /// The same shape, and no check.
    #[must_use]
    pub fn unchecked(&self) -> Self {
        Self {
            shape: self.shape,
            check: None,
        }
    }

    /// What the rows become.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Whether results need no check.
    pub fn is_proven(&self) -> bool {
        self.check.is_none()
    }

    /// The engine's plan for the shape. Columns to drop or mask are for the caller to add.
    pub fn plan(&self) -> OutputPlan {
        OutputPlan::shaped(match self.shape {
            Shape::Rows => ResultShape::Rows,
            Shape::Values => ResultShape::Values,
            Shape::SingleRow => ResultShape::SingleRow,
            Shape::SingleValue => ResultShape::SingleValue,
        })
    }

    /// Checks a result. `plan` is the one that the engine applied.
    pub fn check(&self, json: &[u8], plan: &OutputPlan) -> Result<(), OutputError> {
        let Some(check) = &self.check else {
            return Ok(());
        };
        let rows = match self.shape {
            Shape::Rows => Rows::Elements,
            Shape::SingleRow => Rows::Whole,
            Shape::Values | Shape::SingleValue => Rows::Nowhere,
        };
        verify(json, check, plan, rows)
    }
}

impl Shape {
    /// The shape that a return type asks for.
    pub fn of(returns: &TypeDefinition) -> Self {
        match &returns.kind {
            TypeKind::Object(_) => Self::SingleRow,
            TypeKind::Array(ArrayRules {
                items: Some(items), ..
            }) if !matches!(items.kind, TypeKind::Object(_)) => Self::Values,
            TypeKind::Array(_) => Self::Rows,
            TypeKind::String(_) | TypeKind::Number(_) | TypeKind::Integer(_) | TypeKind::Boolean => {
                Self::SingleValue
            }
        }
    }
}

/// What the known columns leave to check, and what they contradict.
fn settle(
    returns: &TypeDefinition,
    shape: Shape,
    columns: &[(String, DataType)],
) -> (Option<Check>, Vec<Finding>) {
    let complete = Some(Check::complete(returns));
    match (&returns.kind, shape, columns) {
        (TypeKind::Object(rules), Shape::SingleRow, _) => settle_row(returns, rules, columns),
        (TypeKind::Array(rules), Shape::Rows, _) => match rules.items.as_deref() {
            Some(
                items @ TypeDefinition {
                    kind: TypeKind::Object(row),
                    ..
                },
            ) => {
                let (check, findings) = settle_row(items, row, columns);
                (settle_list(returns, rules, check), findings)
            }
            _ => (settle_list(returns, rules, None), Vec::new()),
        },
        (TypeKind::Array(rules), Shape::Values, [(name, data_type)]) => {
            let Some(items) = rules.items.as_deref() else {
                return (complete, Vec::new());
            };
            let (check, findings) = settle_value(items, name, data_type);
            (settle_list(returns, rules, check), findings)
        }
        (_, Shape::SingleValue, [(name, data_type)]) => settle_value(returns, name, data_type),
        (kind, _, several) => {
            let reason = several_columns(kind, several.len());
            (complete, vec![Finding::Impossible(reason)])
        }
    }
}

fn several_columns(kind: &TypeKind, columns: usize) -> String {
    match kind {
        TypeKind::Array(_) => {
            format!("an array without objects needs a statement of one column, not of {columns}")
        }
        other => {
            let name = other.as_str();
            format!("Expected single value for return type '{name}', but got {columns} columns")
        }
    }
}

fn settle_value(
    definition: &TypeDefinition,
    name: &str,
    data_type: &DataType,
) -> (Option<Check>, Vec<Finding>) {
    match prove(definition, data_type) {
        Proof::Proven => (None, Vec::new()),
        Proof::Open(check) => (Some(check), Vec::new()),
        Proof::Contradicted(check, reason) => {
            (Some(check), vec![Finding::Doubtful(format!("{name} {reason}"))])
        }
    }
}

fn settle_row(
    definition: &TypeDefinition,
    rules: &ObjectRules,
    columns: &[(String, DataType)],
) -> (Option<Check>, Vec<Finding>) {
    let impossible: Vec<Finding> = [proof::missing(rules, columns), proof::undeclared(rules, columns)]
        .into_iter()
        .flatten()
        .map(Finding::Impossible)
        .collect();
    if !impossible.is_empty() || definition.accepted.is_some() {
        return (Some(Check::complete(definition)), impossible);
    }
    let (check, doubts) = proof::members_check(rules, columns);
    let check = (!check.properties.is_empty()).then_some(Check {
        kind: CheckKind::Object(check),
        accepted: None,
    });
    (check, doubts.into_iter().map(Finding::Doubtful).collect())
}

/// The check of the list around rows or values.
fn settle_list(definition: &TypeDefinition, rules: &ArrayRules, items: Option<Check>) -> Option<Check> {
    if definition.accepted.is_some() {
        return Some(Check::complete(definition));
    }
    let is_open =
        items.is_some() || rules.min_items.is_some() || rules.max_items.is_some() || rules.unique_items;
    is_open.then(|| Check {
        kind: CheckKind::List(ListCheck {
            items: items.map(Box::new),
            min_items: rules.min_items,
            max_items: rules.max_items,
            unique: rules.unique_items,
        }),
        accepted: None,
    })
}

/// Columns under the names that their values get in JSON: a repeated name is followed by a number.
fn distinct(columns: &[(String, DataType)]) -> Vec<(String, DataType)> {
    let mut named: Vec<(String, DataType)> = Vec::with_capacity(columns.len());
    for (name, data_type) in columns {
        let is_taken = |candidate: &str| named.iter().any(|(taken, _)| taken == candidate);
        // One more candidate than there are names, so that one of them is free.
        let numbered = || {
            let mut candidates = (1..=columns.len()).map(|number| format!("{name}_{number}"));
            candidates.find(|candidate| !is_taken(candidate))
        };
        let key = match is_taken(name) {
            true => numbered().unwrap_or_default(),
            false => name.clone(),
        };
        named.push((key, data_type.clone()));
    }
    named
}
