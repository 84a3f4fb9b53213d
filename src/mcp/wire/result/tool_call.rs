//! The result of `tools/call`. Must not live here: which failures are results and which are errors.

use super::ResultBody;
use crate::mcp::wire::content::ContentBlock;
use crate::mcp::wire::descriptor::Describe as _;
use crate::mcp::wire::json::{EncodedJson, ObjectWriter};
use crate::mcp::wire::version::{Era, Feature, ProtocolVersion};

/// What a tool answers.
#[derive(Clone, Debug)]
pub struct CallToolResult<'a> {
    /// What the model reads.
    pub content: Vec<ContentBlock<'a>>,
    /// What a program reads (since 2025-06-18).
    pub structured: Option<StructuredContent<'a>>,
    /// Whether the tool failed. The model sees the content and may do better.
    pub is_error: bool,
}

/// `structuredContent`, passed on as it was encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StructuredContent<'a> {
    /// The value itself. Legacy revisions allow an object only and are sent nothing else.
    Value(EncodedJson<'a>),
    /// The value of the member `result` of an object, for values that are not objects.
    Wrapped(EncodedJson<'a>),
}

impl<'a> StructuredContent<'a> {
    /// An object as it is, any other value wrapped: one form for all revisions.
    pub fn of(json: EncodedJson<'a>) -> Self {
        if json.is_object() {
            Self::Value(json)
        } else {
            Self::Wrapped(json)
        }
    }

    fn is_object(&self) -> bool {
        match self {
            Self::Value(json) => json.is_object(),
            Self::Wrapped(_) => true,
        }
    }

    fn size_hint(&self) -> usize {
        match self {
            Self::Value(json) | Self::Wrapped(json) => json.as_bytes().len() + 32,
        }
    }
}

impl<'a> CallToolResult<'a> {
    /// A JSON value, as text for the model and as structured content for programs. The value is borrowed by
    /// both and never parsed.
    pub fn from_json(json: &'a [u8]) -> Self {
        let encoded = || EncodedJson::from_encoder(json);
        Self {
            content: vec![ContentBlock::json(encoded())],
            structured: Some(StructuredContent::of(encoded())),
            is_error: false,
        }
    }

    /// A failure, told to the model.
    pub fn error(message: impl Into<std::borrow::Cow<'a, str>>) -> Self {
        Self {
            content: vec![ContentBlock::text(message)],
            structured: None,
            is_error: true,
        }
    }
}

impl ResultBody for CallToolResult<'_> {
    fn write_members(&self, version: ProtocolVersion, object: &mut ObjectWriter<'_>) {
        object.array("content", &self.content, |out, block| block.write(version, out));
        if let Some(structured) = &self.structured
            && version.knows(Feature::StructuredOutput)
            && (structured.is_object() || version.era() == Era::Modern)
        {
            match structured {
                StructuredContent::Value(json) => object.raw("structuredContent", json.as_bytes()),
                StructuredContent::Wrapped(json) => {
                    object.object("structuredContent", |wrapper| {
                        wrapper.raw("result", json.as_bytes());
                    });
                }
            }
        }
        object.boolean("isError", self.is_error);
    }

    fn size_hint(&self) -> usize {
        let content: usize = self.content.iter().map(ContentBlock::size_hint).sum();
        content + self.structured.as_ref().map_or(0, StructuredContent::size_hint) + 256
    }
}
