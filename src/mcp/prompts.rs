//! `prompts/get`.

use super::call::{self, Arguments, CallFailure};
use super::catalog::Prompt;
use super::server::{Asked, McpServer};
use super::wire::content::ContentBlock;
use super::wire::descriptor::Role;
use super::wire::params::GetPromptParams;
use super::wire::result::{GetPromptResult, PromptMessage};
use super::wire::{ErrorKind, RpcError, response};
use crate::endpoints::model;
use crate::endpoints::prompt::RenderedMessage;

/// Renders the prompt with the given arguments.
pub(super) async fn get(
    server: &McpServer,
    asked: &Asked<'_>,
    get: &GetPromptParams<'_>,
) -> Result<Vec<u8>, RpcError> {
    let catalog = server.catalog();
    let prompt = catalog.prompt(&get.name).ok_or_else(|| unknown(&get.name))?;
    let arguments: Vec<(String, String)> = get
        .arguments
        .iter()
        .map(|(name, text)| (name.clone(), text.clone().into_owned()))
        .collect();
    let outcome = call::call(server, asked, &prompt.endpoint, Arguments::Texts(&arguments)).await;
    let messages = outcome
        .and_then(|json| Ok(serde_json::from_slice::<Vec<RenderedMessage>>(&json)?))
        .map_err(|failure| refused(&failure, &get.name))?;
    let result = result(prompt, &messages);
    Ok(response::result(asked.id, &result, server.shape(asked.version)))
}

fn unknown(name: &str) -> RpcError {
    RpcError::invalid_params(&format!("Unknown prompt: {name}"))
}

fn refused(failure: &CallFailure, name: &str) -> RpcError {
    match failure {
        CallFailure::InsufficientScope(required) => RpcError::insufficient_scope(required.clone()),
        CallFailure::Arguments(_) => RpcError::invalid_params(&failure.to_string()),
        CallFailure::Denied(_) => RpcError::new(
            ErrorKind::InvalidParams,
            format!("Error rendering prompt {name}: {failure}"),
        ),
        CallFailure::Query(_)
        | CallFailure::Prompt(_)
        | CallFailure::Output(_)
        | CallFailure::UpstreamToken(_)
        | CallFailure::Redacted(_)
        | CallFailure::Actor(_)
        | CallFailure::Unreadable(_)
        | CallFailure::Withheld
        | CallFailure::Encoding(_) => RpcError::internal(format!("Error rendering prompt {name}: {failure}")),
    }
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
