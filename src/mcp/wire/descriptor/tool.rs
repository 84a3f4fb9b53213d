//! The description of a tool. Must not live here: how schemas are made from type definitions.

use serde_json::value::RawValue;

use super::{Describe, Icon, write_icons, write_title};
use crate::mcp::wire::json::ObjectWriter;
use crate::mcp::wire::version::{Feature, ProtocolVersion};

/// A tool.
#[derive(Clone, Debug)]
pub struct Tool {
    /// The name to call it by.
    pub name: String,
    /// A name for people.
    pub title: Option<String>,
    /// What it does, for the model.
    pub description: Option<String>,
    /// The arguments: a JSON Schema whose root has `"type": "object"`, written as it is.
    pub input_schema: Box<RawValue>,
    /// The structured output: a JSON Schema for an object, which every revision since 2025-06-18 understands.
    pub output_schema: Option<Box<RawValue>>,
    /// Hints on what a call does.
    pub annotations: Option<ToolAnnotations>,
    /// Images for a user interface.
    pub icons: Vec<Icon>,
    /// `_meta`: an object of further information, written as it is.
    pub metadata: Option<Box<RawValue>>,
}

/// Hints on what a call does; a client must not rely on them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolAnnotations {
    /// A name for people; the only one that 2025-03-26 has.
    pub title: Option<String>,
    /// It changes nothing.
    pub read_only: Option<bool>,
    /// It may destroy something.
    pub destructive: Option<bool>,
    /// A second equal call changes nothing more.
    pub idempotent: Option<bool>,
    /// It reaches out to an open world.
    pub open_world: Option<bool>,
}

impl Describe for Tool {
    fn write_members(&self, version: ProtocolVersion, object: &mut ObjectWriter<'_>) {
        object.string("name", &self.name);
        write_title(self.title.as_deref(), version, object);
        object.optional_string("description", self.description.as_deref());
        object.raw("inputSchema", self.input_schema.get().as_bytes());
        if version.knows(Feature::StructuredOutput) {
            object.optional_raw("outputSchema", self.output_schema.as_deref());
        }
        if let Some(annotations) = &self.annotations
            && version.knows(Feature::ToolAnnotations)
        {
            object.value("annotations", |out| annotations.write(version, out));
        }
        write_icons(&self.icons, version, object);
        if version.knows(Feature::DescriptorMetadata) {
            object.optional_raw("_meta", self.metadata.as_deref());
        }
    }
}

impl Describe for ToolAnnotations {
    fn write_members(&self, _: ProtocolVersion, object: &mut ObjectWriter<'_>) {
        object.optional_string("title", self.title.as_deref());
        object.optional_boolean("readOnlyHint", self.read_only);
        object.optional_boolean("destructiveHint", self.destructive);
        object.optional_boolean("idempotentHint", self.idempotent);
        object.optional_boolean("openWorldHint", self.open_world);
    }
}
