//! Loaded definitions to runnable ones: arguments and policies compiled, SQL prepared and never run, result
//! types held against columns.
//!
//! Every definition is checked, whatever is wrong with others. Must not live here: reading files, running SQL.

mod completion;
mod policies;
mod prompt;
mod statement;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use mxcp_actors::sql_executor::checker::Checker;
use serde_json::value::RawValue;

use super::load::{DefinitionFile, Loaded, SqlText};
use super::model::{Definition, Parameter, PolicyRules, Resource, Source, Tool, TypeDefinition};
use super::params::ParameterSet;
use super::registry::{Program, Routine, Runnable, RunnableResource, RunnableTool};
use super::result::OutputContract;
use super::schema;
use crate::policy::CompiledPolicies;
use crate::yaml::{Located, Location, Problems};

/// What a call takes beside its statement. Policies that are wrong, and reported, leave nothing: the statement is checked all
/// the same, so that its mistakes are told with theirs.
struct Parts {
    /// Whose they are, for messages.
    name: String,
    parameters: ParameterSet,
    policies: Option<CompiledPolicies>,
    /// Whether the statement may leave parameters out.
    may_be_unused: bool,
}

/// Checks loaded files on a scratch database.
pub fn check(files: Vec<DefinitionFile<Loaded>>, checker: &mut Checker) -> Vec<DefinitionFile<Runnable>> {
    let files = files.into_iter();
    files
        .map(|file| file.and_then(|loaded, problems| check_one(loaded, checker, problems)))
        .collect()
}

fn check_one(loaded: Loaded, checker: &mut Checker, problems: &mut Problems) -> Option<Runnable> {
    let Loaded { definition, sql } = loaded;
    match (definition, sql) {
        (Definition::Tool(tool), sql) => {
            check_tool(tool, sql.as_ref(), checker, problems).map(Runnable::tool)
        }
        (Definition::Resource(resource), Some(sql)) => {
            check_resource(resource, &sql, checker, problems).map(Runnable::resource)
        }
        (Definition::Prompt(prompt), _) => prompt::check(prompt, checker, problems).map(Runnable::prompt),
        (Definition::Resource(resource), None) => resource.uri.refuse(problems, NO_SQL),
    }
}

/// What is wrong with a definition that runs nothing.
const NO_SQL: &str = "has no SQL to run";

fn check_tool(
    tool: Tool,
    sql: Option<&SqlText>,
    checker: &mut Checker,
    problems: &mut Problems,
) -> Option<RunnableTool> {
    Parameter::check_headers(&tool.parameters, problems);
    completion::refuse(&tool.parameters, problems);
    for parameter in &tool.parameters {
        schema::check_names(&parameter.definition, problems);
    }
    let returns = tool.returns.as_ref();
    let policies = policies::compile(&tool.policies, &tool.parameters, returns, problems);
    let parameters = ParameterSet::compile(&tool.parameters, problems);
    let parts = Parts {
        name: tool.name.value.clone(),
        parameters: parameters?,
        policies,
        may_be_unused: false,
    };
    let routine = match (sql, &tool.source) {
        (Some(sql), _) => statement::check(sql, parts, returns, checker, problems)?,
        (None, Source::Caller { sees_external_token }) => Routine {
            parameters: parts.parameters,
            policies: parts.policies?,
            program: Program::CallerSql {
                sees_external_token: *sees_external_token,
            },
            output: OutputContract::compile(returns, &[]).0,
        },
        (None, Source::Sql(_)) => return tool.name.refuse(problems, NO_SQL),
    };
    policies::check_fields(&tool.policies, &routine, problems);
    let input_schema = written(schema::input_schema(&tool.parameters), &tool.location, problems)?;
    let output_schema = match tool.returns.as_ref() {
        Some(returns) => Some(output_schema(returns, &tool.policies, &tool.location, problems)?),
        None => None,
    };
    Some(RunnableTool {
        definition: tool,
        routine: Arc::new(routine),
        input_schema,
        output_schema,
    })
}

fn output_schema(
    returns: &TypeDefinition,
    policies: &PolicyRules,
    location: &Location,
    problems: &mut Problems,
) -> Option<Box<RawValue>> {
    written(schema::output_schema(returns, policies), location, problems)
}

fn written(
    schema: Result<Box<RawValue>, serde_json::Error>,
    location: &Location,
    problems: &mut Problems,
) -> Option<Box<RawValue>> {
    match schema {
        Ok(schema) => Some(schema),
        Err(error) => {
            let message = format!("its JSON Schema cannot be written: {error}");
            problems.error(location.clone(), crate::yaml::KeyPath::root(), message);
            None
        }
    }
}

fn check_resource(
    resource: Resource,
    sql: &SqlText,
    checker: &mut Checker,
    problems: &mut Problems,
) -> Option<RunnableResource> {
    check_variables(&resource, problems);
    let returns = resource.returns.as_ref();
    let policies = policies::compile(&resource.policies, &resource.parameters, returns, problems);
    let parameters = ParameterSet::compile(&resource.parameters, problems);
    let parts = Parts {
        name: resource.uri.value.to_string(),
        parameters: parameters?,
        policies,
        may_be_unused: false,
    };
    let routine = statement::check(sql, parts, returns, checker, problems)?;
    policies::check_fields(&resource.policies, &routine, problems);
    let completed = completion::Owner {
        name: resource.uri.value.as_str(),
        parameters: &resource.parameters,
        rules: &resource.policies,
    };
    Some(RunnableResource {
        completions: completed.check(checker, problems)?,
        definition: resource,
        routine: Arc::new(routine),
    })
}

/// The variables of the URI and the parameters are the same names.
fn check_variables(resource: &Resource, problems: &mut Problems) {
    let uri = &resource.uri;
    let declared: Vec<&str> = resource
        .parameters
        .iter()
        .map(|parameter| parameter.name.value.as_str())
        .collect();
    let variables: Vec<&str> = uri.value.variables().collect();
    let unused = quoted(declared.iter().filter(|name| !variables.contains(name)));
    if !unused.is_empty() {
        report(
            uri,
            problems,
            format!("Resource parameter(s) [{unused}] are not used in the URI"),
        );
    }
    let undeclared = quoted(variables.iter().filter(|name| !declared.contains(name)));
    if !undeclared.is_empty() {
        report(
            uri,
            problems,
            format!("URI variable(s) [{undeclared}] are not declared as parameters"),
        );
    }
}

fn report<T>(place: &Located<T>, problems: &mut Problems, message: String) {
    place.refuse::<()>(problems, message);
}

/// `'a', 'b'`, in the order of the names.
fn quoted<'a>(names: impl Iterator<Item = &'a &'a str>) -> String {
    let names: std::collections::BTreeSet<String> = names.map(|name| format!("'{name}'")).collect();
    names.into_iter().collect::<Vec<_>>().join(", ")
}
