//! The result of `prompts/get`. Must not live here: the rendering of templates.

use super::ResultBody;
use crate::mcp::wire::content::ContentBlock;
use crate::mcp::wire::descriptor::{Describe, Role};
use crate::mcp::wire::json::ObjectWriter;
use crate::mcp::wire::version::ProtocolVersion;

/// A prompt, rendered.
#[derive(Clone, Debug)]
pub struct GetPromptResult<'a> {
    /// What the prompt is for.
    pub description: Option<String>,
    /// The conversation it begins with.
    pub messages: Vec<PromptMessage<'a>>,
}

/// One turn of the conversation.
#[derive(Clone, Debug)]
pub struct PromptMessage<'a> {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: ContentBlock<'a>,
}

impl ResultBody for GetPromptResult<'_> {
    fn write_members(&self, version: ProtocolVersion, object: &mut ObjectWriter<'_>) {
        object.optional_string("description", self.description.as_deref());
        object.array("messages", &self.messages, |out, message| {
            message.write(version, out);
        });
    }

    fn size_hint(&self) -> usize {
        256 + self
            .messages
            .iter()
            .map(|message| message.content.size_hint() + 32)
            .sum::<usize>()
    }
}

impl Describe for PromptMessage<'_> {
    fn write_members(&self, version: ProtocolVersion, object: &mut ObjectWriter<'_>) {
        object.string("role", self.role.as_str());
        object.value("content", |out| self.content.write(version, out));
    }
}
