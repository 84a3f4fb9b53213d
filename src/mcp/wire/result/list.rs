//! Pages of what a server offers. Must not live here: cursors and the filtering by permission.

use super::{CacheHint, ResultBody};
use crate::mcp::wire::descriptor::{Describe, Prompt, Resource, ResourceTemplate, Tool};
use crate::mcp::wire::json::ObjectWriter;
use crate::mcp::wire::version::ProtocolVersion;

/// One page of a list.
#[derive(Clone, Debug)]
pub struct ListResult<'a, Item> {
    /// The page, in an order that does not change between calls.
    pub items: Vec<&'a Item>,
    /// Where the next page begins; `None` on the last one.
    pub next_cursor: Option<String>,
    /// How the page may be cached.
    pub cache: CacheHint,
}

/// Something that is listed.
pub trait Listed: Describe {
    /// The name of the list in its result.
    const LIST: &'static str;
}

impl Listed for Tool {
    const LIST: &'static str = "tools";
}

impl Listed for Resource {
    const LIST: &'static str = "resources";
}

impl Listed for ResourceTemplate {
    const LIST: &'static str = "resourceTemplates";
}

impl Listed for Prompt {
    const LIST: &'static str = "prompts";
}

impl<Item: Listed> ResultBody for ListResult<'_, Item> {
    fn write_members(&self, version: ProtocolVersion, object: &mut ObjectWriter<'_>) {
        object.array(Item::LIST, &self.items, |out, item| item.write(version, out));
        object.optional_string("nextCursor", self.next_cursor.as_deref());
    }

    fn cache_hint(&self) -> Option<CacheHint> {
        Some(self.cache)
    }

    fn size_hint(&self) -> usize {
        256 + self.items.len() * 512
    }
}
