//! A definition's rules: compiled, and their fields held against what the definition answers.

use mxcp_actors::sql_executor::engine::data_type::DataType;

use crate::endpoints::model::{Parameter, PolicyAction, PolicyRule, PolicyRules, TypeDefinition};
use crate::endpoints::registry::{Program, Routine};
use crate::endpoints::result::Shape;
use crate::policy::{CompiledPolicies, Subject};
use crate::yaml::{Problems, suggestion};

/// The members of a message that it cannot do without.
const MESSAGE: [&str; 2] = ["prompt", "role"];

/// Compiles the rules. `None` after reporting.
pub(super) fn compile(
    rules: &PolicyRules,
    parameters: &[Parameter],
    returns: Option<&TypeDefinition>,
    problems: &mut Problems,
) -> Option<CompiledPolicies> {
    CompiledPolicies::compile(rules, &Subject { parameters, returns }, problems)
}

/// Holds the fields of output rules against the answer. A rule that hides what is not there is a warning, because MXCP lets it
/// be; one that would hide something else than its author sees is an error.
pub(super) fn check_fields(rules: &PolicyRules, routine: &Routine, problems: &mut Problems) {
    let hiding = rules
        .output
        .iter()
        .filter(|rule| matches!(rule.action, PolicyAction::FilterFields | PolicyAction::MaskFields));
    for rule in hiding {
        match &routine.program {
            Program::Sql(statement) if matches!(routine.output.shape(), Shape::Rows | Shape::SingleRow) => {
                check_columns(rule, statement.columns(), problems);
            }
            // A result without fields, as compiling has said, or with fields that only its caller knows.
            Program::Sql(_) | Program::CallerSql { .. } => {}
            Program::Messages(_) => check_message(rule, problems),
        }
    }
}

fn check_columns(rule: &PolicyRule, columns: &[(String, DataType)], problems: &mut Problems) {
    // DuckDB describes no column truly while one of them depends on an open parameter.
    if columns
        .iter()
        .any(|(_, data_type)| *data_type == DataType::Unresolved)
    {
        return;
    }
    let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
    for field in &rule.fields {
        let name = &field.value;
        match names.iter().filter(|known| *known == name).count() {
            0 => {
                let hint = suggestion(name, &names);
                field.warn(problems, format!("the statement has no column {name:?}{hint}"));
            }
            1 => {}
            count => {
                let message =
                    format!("{count} columns of the statement are called {name:?}: name each with AS");
                field.refuse::<()>(problems, message);
            }
        }
    }
}

fn check_message(rule: &PolicyRule, problems: &mut Problems) {
    for field in &rule.fields {
        let is_needed = match rule.action {
            PolicyAction::FilterFields => MESSAGE.contains(&field.value.as_str()),
            // A masked text is still a text.
            _ => field.value == "role",
        };
        if is_needed {
            let name = &field.value;
            let message = format!("a message without its {name} cannot be sent; mask prompt, or deny");
            field.refuse::<()>(problems, message);
        }
    }
}
