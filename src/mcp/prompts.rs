//! `prompts/get`.

use mxcp_actors::domain::audit_event::OperationType;

use super::arguments::Arguments;
use super::call;
use super::catalog::Prompt;
use super::recording::Recording;
use super::server::{Asked, McpServer};
use super::wire::content::ContentBlock;
use super::wire::descriptor::Role;
use super::wire::params::GetPromptParams;
use super::wire::result::{GetPromptResult, PromptMessage};
use super::wire::{RpcError, response};
use crate::endpoints::model;
use crate::endpoints::prompt::RenderedMessage;

/// Renders the prompt with the given arguments.
pub(super) async fn get(
    server: &McpServer,
    asked: &Asked<'_>,
    get: &GetPromptParams<'_>,
) -> Result<Vec<u8>, RpcError> {
    let catalog = server.catalog();
    let Some(prompt) = catalog.prompt(&get.name) else {
        Recording::not_offered(server, asked, OperationType::Prompt, &get.name, "Unknown prompt");
        return Err(unknown(&get.name));
    };
    let arguments: Vec<(String, String)> = get
        .arguments
        .iter()
        .map(|(name, text)| (name.to_string(), text.to_string()))
        .collect();
    let outcome = call::call(server, asked, &prompt.endpoint, Arguments::Texts(&arguments)).await;
    let messages = outcome
        .and_then(|json| Ok(serde_json::from_slice::<Vec<RenderedMessage>>(&json)?))
        .map_err(|failure| match catalog.hides(&failure) {
            true => unknown(&get.name),
            false => failure.to_error(&format!("rendering prompt {}", get.name)),
        })?;
    let result = result(prompt, &messages);
    Ok(response::result(asked.id, &result, server.shape(asked.version)))
}

/// There is no such prompt, as far as the caller may know.
fn unknown(name: &str) -> RpcError {
    RpcError::invalid_params(&format!("Unknown prompt: {name}"))
}

fn result<'a>(prompt: &Prompt, messages: &'a [RenderedMessage]) -> GetPromptResult<'a> {
    let message = |message: &'a RenderedMessage| PromptMessage {
        role: role(message.role),
        content: ContentBlock::text(message.text.as_str()),
    };
    GetPromptResult {
        description: prompt.description().map(str::to_owned),
        messages: messages.iter().map(message).collect(),
    }
}

/// The protocol has two sides. Instructions come from the person's side of the conversation.
const fn role(written: model::Role) -> Role {
    match written {
        model::Role::System | model::Role::User => Role::User,
        model::Role::Assistant => Role::Assistant,
    }
}
