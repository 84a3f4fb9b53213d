//! How this server describes what it offers: tools, resources, prompts, and itself.
//!
//! Descriptors are built when definitions are loaded and written in every revision; each `write_members`
//! leaves out what the revision does not know. Must not live here: execution, and pages of lists (see
//! `result::list`).

mod prompt;
mod resource;
#[cfg(test)]
mod tests;
mod tool;

use super::json::{ObjectWriter, write_object};
use super::version::{Feature, ProtocolVersion};

pub use self::prompt::{Prompt, PromptArgument};
pub use self::resource::{Resource, ResourceTemplate};
pub use self::tool::{Tool, ToolAnnotations};

/// Something that is written as an object, differently in each revision.
pub trait Describe {
    /// Writes the members that `version` knows.
    fn write_members(&self, version: ProtocolVersion, object: &mut ObjectWriter<'_>);

    /// Appends the whole object.
    fn write(&self, version: ProtocolVersion, out: &mut Vec<u8>) {
        write_object(out, |object| self.write_members(version, object));
    }
}

/// An image for a user interface (since 2025-11-25).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Icon {
    /// An `https:` or `data:` URI.
    pub source: String,
    /// The media type, if the source does not say.
    pub mime_type: Option<String>,
    /// Sizes such as `48x48`, or `any`.
    pub sizes: Vec<String>,
    /// The background it is made for.
    pub theme: Option<IconTheme>,
}

/// The background an icon is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IconTheme {
    /// A light background.
    Light,
    /// A dark background.
    Dark,
}

impl Describe for Icon {
    fn write_members(&self, _: ProtocolVersion, object: &mut ObjectWriter<'_>) {
        object.string("src", &self.source);
        object.optional_string("mimeType", self.mime_type.as_deref());
        if !self.sizes.is_empty() {
            object.strings("sizes", &self.sizes);
        }
        object.optional_string(
            "theme",
            self.theme.map(|theme| match theme {
                IconTheme::Light => "light",
                IconTheme::Dark => "dark",
            }),
        );
    }
}

/// Writes `icons` where the revision has them.
fn write_icons(icons: &[Icon], version: ProtocolVersion, object: &mut ObjectWriter<'_>) {
    if version.knows(Feature::Icons) && !icons.is_empty() {
        object.array("icons", icons, |out, icon| icon.write(version, out));
    }
}

/// Writes `title` where the revision has it.
fn write_title(title: Option<&str>, version: ProtocolVersion, object: &mut ObjectWriter<'_>) {
    if version.knows(Feature::Titles) {
        object.optional_string("title", title);
    }
}

/// Hints on who content is for and how much it matters.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Annotations {
    /// Who the content is for; empty means anyone.
    pub audience: Vec<Role>,
    /// From 0, optional, to 1, required.
    pub priority: Option<f64>,
    /// ISO 8601 (since 2025-06-18).
    pub last_modified: Option<String>,
}

impl Describe for Annotations {
    fn write_members(&self, version: ProtocolVersion, object: &mut ObjectWriter<'_>) {
        if !self.audience.is_empty() {
            object.strings("audience", self.audience.iter().map(|role| role.as_str()));
        }
        if let Some(priority) = self.priority {
            object.number("priority", priority);
        }
        if version.knows(Feature::LastModified) {
            object.optional_string("lastModified", self.last_modified.as_deref());
        }
    }
}

/// Writes `annotations` if there are any.
pub(crate) fn write_annotations(
    annotations: Option<&Annotations>,
    version: ProtocolVersion,
    object: &mut ObjectWriter<'_>,
) {
    if let Some(annotations) = annotations {
        object.value("annotations", |out| annotations.write(version, out));
    }
}

/// A side of the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The person.
    User,
    /// The model.
    Assistant,
}

impl Role {
    /// The role as it is written on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// What this server says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Implementation {
    /// The program's name.
    pub name: String,
    /// The program's version.
    pub version: String,
    /// A name for people.
    pub title: Option<String>,
    /// What the server is for.
    pub description: Option<String>,
    /// Where to read more.
    pub website_url: Option<String>,
    /// Images for a user interface.
    pub icons: Vec<Icon>,
}

impl Describe for Implementation {
    fn write_members(&self, version: ProtocolVersion, object: &mut ObjectWriter<'_>) {
        object.string("name", &self.name);
        write_title(self.title.as_deref(), version, object);
        object.string("version", &self.version);
        if version.knows(Feature::ImplementationDetails) {
            object.optional_string("description", self.description.as_deref());
            object.optional_string("websiteUrl", self.website_url.as_deref());
        }
        write_icons(&self.icons, version, object);
    }
}
