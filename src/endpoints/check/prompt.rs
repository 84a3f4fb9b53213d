//! A prompt's templates: each can be compiled and uses declared names only.

use std::collections::BTreeSet;

use crate::endpoints::model::Prompt;
use crate::endpoints::params::ParameterSet;
use crate::endpoints::prompt::PromptTemplates;
use crate::endpoints::registry::RunnablePrompt;
use crate::yaml::Problems;

/// Compiles the messages. `None` after reporting.
pub(super) fn check(prompt: Prompt, problems: &mut Problems) -> Option<RunnablePrompt> {
    let parameters = ParameterSet::compile(&prompt.parameters, problems);
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
    Some(RunnablePrompt {
        parameters: parameters?,
        templates,
        definition: prompt,
    })
}
