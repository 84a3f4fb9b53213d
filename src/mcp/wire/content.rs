//! Blocks of content, as they stand in tool results and prompt messages.
//!
//! A revision that does not know a type of block gets a text block in its place that says what was left out:
//! an answer must not shrink silently, and a prompt message must have content. Must not live here: templates
//! of content.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::descriptor::{Annotations, Describe, Resource, write_annotations};
use super::json::{EncodedJson, ObjectWriter, write_string};
use super::version::{Feature, ProtocolVersion};

/// One block.
#[derive(Clone, Debug)]
pub enum ContentBlock<'a> {
    /// Text.
    Text {
        /// The text.
        text: TextContent<'a>,
        /// Who it is for.
        annotations: Option<Annotations>,
    },
    /// An image.
    Image(MediaContent<'a>),
    /// A sound (since 2025-03-26).
    Audio(MediaContent<'a>),
    /// The contents of a resource.
    Resource {
        /// The contents.
        contents: ResourceContents<'a>,
        /// Who it is for.
        annotations: Option<Annotations>,
    },
    /// A pointer to a resource (since 2025-06-18).
    ResourceLink(Cow<'a, Resource>),
}

/// Text, plain or made of JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextContent<'a> {
    /// Plain text.
    Plain(Cow<'a, str>),
    /// The text of a JSON value, escaped while it is written.
    Json(EncodedJson<'a>),
}

/// Binary content of a media type.
#[derive(Clone, Debug, PartialEq)]
pub struct MediaContent<'a> {
    /// The content.
    pub data: BinaryContent<'a>,
    /// Its media type.
    pub mime_type: Cow<'a, str>,
    /// Who it is for.
    pub annotations: Option<Annotations>,
}

/// Binary content, base64 on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BinaryContent<'a> {
    /// The bytes themselves, encoded while they are written.
    Bytes(Cow<'a, [u8]>),
    /// Base64 with padding (RFC 4648, section 4), as somebody encoded it.
    Base64(Cow<'a, str>),
}

/// The contents of one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceContents<'a> {
    /// Where it is.
    pub uri: Cow<'a, str>,
    /// Its media type.
    pub mime_type: Option<Cow<'a, str>>,
    /// What it holds.
    pub body: ResourceBody<'a>,
}

/// What a resource holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResourceBody<'a> {
    /// Text.
    Text(TextContent<'a>),
    /// Bytes.
    Blob(BinaryContent<'a>),
}

impl<'a> ContentBlock<'a> {
    /// A block of plain text.
    pub fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Text {
            text: TextContent::Plain(text.into()),
            annotations: None,
        }
    }

    /// A block with the text of a JSON value.
    pub const fn json(json: EncodedJson<'a>) -> Self {
        Self::Text {
            text: TextContent::Json(json),
            annotations: None,
        }
    }

    /// About how many bytes the block takes when it is written.
    pub(crate) fn size_hint(&self) -> usize {
        const FRAME: usize = 64;
        FRAME
            + match self {
                Self::Text { text, .. } => text.size_hint(),
                Self::Image(media) | Self::Audio(media) => media.data.size_hint(),
                Self::Resource { contents, .. } => contents.size_hint(),
                Self::ResourceLink(_) => 256,
            }
    }
}

impl Describe for ContentBlock<'_> {
    fn write_members(&self, version: ProtocolVersion, object: &mut ObjectWriter<'_>) {
        match self {
            Self::Text { text, annotations } => {
                object.string("type", "text");
                object.value("text", |out| text.write(out));
                write_annotations(annotations.as_ref(), version, object);
            }
            Self::Image(media) => media.write_members("image", version, object),
            Self::Audio(media) if version.knows(Feature::AudioContent) => {
                media.write_members("audio", version, object);
            }
            Self::Audio(media) => {
                write_substitute(object, &format!("[audio content left out: {}]", media.mime_type));
            }
            Self::Resource {
                contents,
                annotations,
            } => {
                object.string("type", "resource");
                object.value("resource", |out| contents.write(version, out));
                write_annotations(annotations.as_ref(), version, object);
            }
            Self::ResourceLink(resource) if version.knows(Feature::ResourceLinks) => {
                object.string("type", "resource_link");
                resource.write_members(version, object);
            }
            Self::ResourceLink(resource) => {
                write_substitute(object, &format!("[resource {}: {}]", resource.name, resource.uri));
            }
        }
    }
}

/// A text block that stands for one the revision does not know.
fn write_substitute(object: &mut ObjectWriter<'_>, text: &str) {
    object.string("type", "text");
    object.string("text", text);
}

impl TextContent<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Plain(text) => write_string(out, text.as_bytes()),
            Self::Json(json) => write_string(out, json.as_bytes()),
        }
    }

    /// Leaves room for escapes: JSON as text has a quotation mark every few characters.
    fn size_hint(&self) -> usize {
        match self {
            Self::Plain(text) => text.len() + text.len() / 16,
            Self::Json(json) => json.as_bytes().len() + json.as_bytes().len() / 4,
        }
    }
}

impl MediaContent<'_> {
    fn write_members(&self, kind: &str, version: ProtocolVersion, object: &mut ObjectWriter<'_>) {
        object.string("type", kind);
        object.value("data", |out| self.data.write(out));
        object.string("mimeType", &self.mime_type);
        write_annotations(self.annotations.as_ref(), version, object);
    }
}

impl BinaryContent<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Bytes(bytes) => write_base64(out, bytes),
            Self::Base64(text) => write_string(out, text.as_bytes()),
        }
    }

    fn size_hint(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len() / 3 * 4 + 4,
            Self::Base64(text) => text.len(),
        }
    }
}

/// Encodes in pieces, because the whole text would have to exist a second time otherwise.
fn write_base64(out: &mut Vec<u8>, bytes: &[u8]) {
    /// A multiple of three, so that only the last piece is padded.
    const PIECE: usize = 3 * 1024;
    out.push(b'"');
    let mut text = String::new();
    for piece in bytes.chunks(PIECE) {
        text.clear();
        STANDARD.encode_string(piece, &mut text);
        out.extend_from_slice(text.as_bytes());
    }
    out.push(b'"');
}

impl ResourceContents<'_> {
    /// About how many bytes the contents take when they are written.
    pub(crate) fn size_hint(&self) -> usize {
        self.uri.len()
            + 64
            + match &self.body {
                ResourceBody::Text(text) => text.size_hint(),
                ResourceBody::Blob(data) => data.size_hint(),
            }
    }
}

impl Describe for ResourceContents<'_> {
    fn write_members(&self, _: ProtocolVersion, object: &mut ObjectWriter<'_>) {
        object.string("uri", &self.uri);
        object.optional_string("mimeType", self.mime_type.as_deref());
        match &self.body {
            ResourceBody::Text(text) => object.value("text", |out| text.write(out)),
            ResourceBody::Blob(data) => object.value("blob", |out| data.write(out)),
        }
    }
}
