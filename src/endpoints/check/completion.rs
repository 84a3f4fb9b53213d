//! The completions of a definition's arguments: accepted values as text, and queries that are checked as every statement is.

use std::sync::Arc;

use mxcp_actors::sql_executor::checker::Checker;
use mxcp_actors::sql_executor::engine::statement_kind::StatementKind;
use serde_json::Value;

use super::{Parts, policies, statement};
use crate::endpoints::completion::{Completion, Completions};
use crate::endpoints::load::SqlText;
use crate::endpoints::model::{Parameter, PolicyRules, StringRules, TypeDefinition, TypeKind};
use crate::endpoints::params::ParameterSet;
use crate::endpoints::registry::{Program, Routine};
use crate::yaml::{Located, Problems};

/// What tools are told: the protocol completes the arguments of prompts and resources alone.
const NOT_FOR_TOOLS: &str =
    "complete is accepted on parameters of prompts and resources only: clients complete nothing else";

/// Whose arguments are completed.
pub(super) struct Owner<'a> {
    /// For messages.
    pub(super) name: &'a str,
    pub(super) parameters: &'a [Parameter],
    /// Who may not use it may not have its arguments completed.
    pub(super) rules: &'a PolicyRules,
}

/// Reports completions where no client asks for them.
pub(super) fn refuse(parameters: &[Parameter], problems: &mut Problems) {
    for written in parameters
        .iter()
        .filter_map(|parameter| parameter.complete.as_ref())
    {
        written.refuse::<()>(problems, NOT_FOR_TOOLS);
    }
}

impl Owner<'_> {
    /// The completions of all arguments that have some. `None` after reporting.
    pub(super) fn check(&self, checker: &mut Checker, problems: &mut Problems) -> Option<Completions> {
        let mut completions = Some(Completions::new());
        for parameter in &self.parameters.to_vec() {
            let completion = match (&parameter.complete, &parameter.definition.accepted) {
                (Some(sql), _) => {
                    let routine = self.query(parameter, sql, checker, problems);
                    routine.map(|routine| Completion::Query(Arc::new(routine)))
                }
                (None, Some(accepted)) => Some(Completion::Values(accepted.value.iter().map(text).collect())),
                (None, None) => continue,
            };
            completions = completions.zip(completion).map(|(mut all, completion)| {
                all.insert(parameter.name.value.clone(), completion);
                all
            });
        }
        completions
    }

    fn query(
        &self,
        parameter: &Parameter,
        sql: &Located<String>,
        checker: &mut Checker,
        problems: &mut Problems,
    ) -> Option<Routine> {
        let name = &parameter.name.value;
        let parameters: Vec<Parameter> = self
            .parameters
            .iter()
            .map(|other| match other.name.value == *name {
                true => typed(other),
                false => known(other),
            })
            .collect();
        let rules = PolicyRules {
            input: self.rules.input.clone(),
            output: Vec::new(),
        };
        let parts = Parts {
            name: format!("{}, completion of {name}", self.name),
            parameters: ParameterSet::compile(&parameters, problems)?,
            // What is wrong with the rules is reported with their definition.
            policies: policies::compile(&rules, self.parameters, None, &mut Problems::new()),
            may_be_unused: true,
        };
        let text = SqlText {
            text: sql.value.clone(),
            file: None,
            location: sql.location.clone(),
            path: sql.path.clone(),
        };
        let routine = statement::check(&text, parts, None, checker, problems)?;
        match refusal(&routine) {
            Some(refusal) => sql.refuse(problems, refusal),
            None => Some(routine),
        }
    }
}

/// Why a statement that can run answers no completions.
fn refusal(routine: &Routine) -> Option<String> {
    let Program::Sql(statement) = &routine.program else {
        return Some("expected a query".to_owned());
    };
    if statement.kind() != StatementKind::Select {
        let name = statement.kind().name();
        return Some(format!(
            "{name} is not accepted here; accepted: a query of one column"
        ));
    }
    let columns: Vec<&str> = statement
        .columns()
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    // A statement that is bound at the call has none that are known.
    (columns.len() > 1).then(|| {
        let count = columns.len();
        format!(
            "expected a query of one column, found {count}: {}",
            columns.join(", ")
        )
    })
}

/// What was typed so far: any text, however the argument is constrained in the end.
fn typed(parameter: &Parameter) -> Parameter {
    Parameter {
        definition: TypeDefinition {
            kind: TypeKind::String(StringRules::default()),
            default: None,
            accepted: None,
            ..parameter.definition.clone()
        },
        ..parameter.clone()
    }
}

/// Another argument, which may have a value already.
fn known(parameter: &Parameter) -> Parameter {
    let absent = Located {
        value: Value::Null,
        location: parameter.name.location.clone(),
        path: parameter.name.path.clone(),
    };
    Parameter {
        definition: TypeDefinition {
            default: Some(absent),
            accepted: None,
            ..parameter.definition.clone()
        },
        ..parameter.clone()
    }
}

/// An accepted value as people type it.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
