//! The description of a prompt. Must not live here: its messages (see `result::prompt`).

use serde_json::value::RawValue;

use super::{Describe, Icon, write_icons, write_title};
use crate::mcp::wire::json::ObjectWriter;
use crate::mcp::wire::version::{Feature, ProtocolVersion};

/// A prompt or prompt template.
#[derive(Clone, Debug)]
pub struct Prompt {
    /// The name to get it by.
    pub name: String,
    /// A name for people.
    pub title: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// The values it takes.
    pub arguments: Vec<PromptArgument>,
    /// Images for a user interface.
    pub icons: Vec<Icon>,
    /// `_meta`: an object of further information, written as it is.
    pub metadata: Option<Box<RawValue>>,
}

/// A value that a prompt takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptArgument {
    /// Its name.
    pub name: String,
    /// A name for people.
    pub title: Option<String>,
    /// What it means.
    pub description: Option<String>,
    /// Whether it must be given.
    pub required: bool,
}

impl Describe for Prompt {
    fn write_members(&self, version: ProtocolVersion, object: &mut ObjectWriter<'_>) {
        object.string("name", &self.name);
        write_title(self.title.as_deref(), version, object);
        object.optional_string("description", self.description.as_deref());
        object.array("arguments", &self.arguments, |out, argument| {
            argument.write(version, out);
        });
        write_icons(&self.icons, version, object);
        if version.knows(Feature::DescriptorMetadata) {
            object.optional_raw("_meta", self.metadata.as_deref());
        }
    }
}

impl Describe for PromptArgument {
    fn write_members(&self, version: ProtocolVersion, object: &mut ObjectWriter<'_>) {
        object.string("name", &self.name);
        write_title(self.title.as_deref(), version, object);
        object.optional_string("description", self.description.as_deref());
        object.boolean("required", self.required);
    }
}
