//! The descriptions of a resource and of a family of resources. Must not live here: contents (see
//! `result::resource`).

use serde_json::value::RawValue;

use super::{Annotations, Describe, Icon, write_annotations, write_icons, write_title};
use crate::mcp::wire::json::ObjectWriter;
use crate::mcp::wire::version::{Feature, ProtocolVersion};

/// A resource that can be read.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Where it is.
    pub uri: String,
    /// Its name.
    pub name: String,
    /// A name for people.
    pub title: Option<String>,
    /// What it holds, for the model.
    pub description: Option<String>,
    /// The media type of its contents.
    pub mime_type: Option<String>,
    /// Who it is for.
    pub annotations: Option<Annotations>,
    /// The size of its contents in bytes, before any encoding.
    pub size: Option<u64>,
    /// Images for a user interface.
    pub icons: Vec<Icon>,
    /// `_meta`: an object of further information, written as it is.
    pub metadata: Option<Box<RawValue>>,
}

/// A family of resources.
#[derive(Clone, Debug)]
pub struct ResourceTemplate {
    /// RFC 6570.
    pub uri_template: String,
    /// Its name.
    pub name: String,
    /// A name for people.
    pub title: Option<String>,
    /// What it holds, for the model.
    pub description: Option<String>,
    /// The media type, if all members share it.
    pub mime_type: Option<String>,
    /// Who it is for.
    pub annotations: Option<Annotations>,
    /// Images for a user interface.
    pub icons: Vec<Icon>,
    /// `_meta`: an object of further information, written as it is.
    pub metadata: Option<Box<RawValue>>,
}

impl Describe for Resource {
    fn write_members(&self, version: ProtocolVersion, object: &mut ObjectWriter<'_>) {
        object.string("uri", &self.uri);
        object.string("name", &self.name);
        write_title(self.title.as_deref(), version, object);
        object.optional_string("description", self.description.as_deref());
        object.optional_string("mimeType", self.mime_type.as_deref());
        write_annotations(self.annotations.as_ref(), version, object);
        if let Some(size) = self.size {
            object.integer("size", size);
        }
        write_icons(&self.icons, version, object);
        if version.knows(Feature::DescriptorMetadata) {
            object.optional_raw("_meta", self.metadata.as_deref());
        }
    }
}

impl Describe for ResourceTemplate {
    fn write_members(&self, version: ProtocolVersion, object: &mut ObjectWriter<'_>) {
        object.string("uriTemplate", &self.uri_template);
        object.string("name", &self.name);
        write_title(self.title.as_deref(), version, object);
        object.optional_string("description", self.description.as_deref());
        object.optional_string("mimeType", self.mime_type.as_deref());
        write_annotations(self.annotations.as_ref(), version, object);
        write_icons(&self.icons, version, object);
        if version.knows(Feature::DescriptorMetadata) {
            object.optional_raw("_meta", self.metadata.as_deref());
        }
    }
}
