//! A prompt's templates: each can be compiled and uses declared names only.

use std::collections::BTreeSet;
use std::sync::Arc;

use mxcp_actors::sql_executor::checker::Checker;

use super::{completion, policies};
use crate::endpoints::model::Prompt;
use crate::endpoints::params::ParameterSet;
use crate::endpoints::prompt::PromptTemplates;
use crate::endpoints::registry::{Program, Routine, RunnablePrompt};
use crate::endpoints::result::OutputContract;
use crate::yaml::Problems;

/// The kind of content that messages have.
const TEXT: &str = "text";

/// Compiles the messages. `None` after reporting.
pub(super) fn check(
    prompt: Prompt,
    checker: &mut Checker,
    problems: &mut Problems,
) -> Option<RunnablePrompt> {
    let parameters = ParameterSet::compile(&prompt.parameters, problems);
    let policies = policies::compile(&prompt.policies, &prompt.parameters, None, problems);
    let templates = match PromptTemplates::compile(&prompt.messages) {
        Ok(templates) => templates,
        Err(errors) => {
            for (index, error) in errors {
                if let Some(message) = prompt.messages.get(index) {
                    message
                        .template
                        .refuse::<()>(problems, format!("Message {index}: {error}"));
                }
            }
            return None;
        }
    };
    check_messages(&prompt, &templates, problems);
    // Nothing is declared of what messages become, so nothing of it is checked.
    let (output, _) = OutputContract::compile(None, &[]);
    let completed = completion::Owner {
        name: &prompt.name.value,
        parameters: &prompt.parameters,
        rules: &prompt.policies,
    };
    let completions = completed.check(checker, problems);
    let routine = Routine {
        parameters: parameters?,
        program: Program::Messages(Box::new(templates)),
        output,
        policies: policies?,
    };
    policies::check_fields(&prompt.policies, &routine, problems);
    Some(RunnablePrompt {
        completions: completions?,
        routine: Arc::new(routine),
        definition: prompt,
    })
}

/// Reports what no call of the prompt could get over.
fn check_messages(prompt: &Prompt, templates: &PromptTemplates, problems: &mut Problems) {
    for (index, message) in prompt.messages.iter().enumerate() {
        let kind = &message.kind;
        if kind.value != TEXT {
            let text = format!(
                "Message {index}: type: {} is not supported; accepted: {TEXT}",
                kind.value
            );
            kind.refuse::<()>(problems, text);
        }
    }
    let declared: BTreeSet<&str> = prompt
        .parameters
        .iter()
        .map(|parameter| parameter.name.value.as_str())
        .collect();
    let undeclared = templates.undeclared(&declared);
    for (index, (message, names)) in prompt.messages.iter().zip(undeclared).enumerate() {
        if !names.is_empty() {
            let names: Vec<String> = names.into_iter().collect();
            let text = format!(
                "Message {index} uses undefined template variables: {}",
                names.join(", ")
            );
            message.template.refuse::<()>(problems, text);
        }
    }
    let unknown = templates.unknown_operations();
    for (index, (message, operations)) in prompt.messages.iter().zip(unknown).enumerate() {
        for operation in operations {
            let text = format!("Message {index}: there is no {operation}");
            message.template.refuse::<()>(problems, text);
        }
    }
}
