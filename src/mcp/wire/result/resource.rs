//! The result of `resources/read`. Must not live here: the error for a resource that is not there.

use super::{CacheHint, ResultBody};
use crate::mcp::wire::content::ResourceContents;
use crate::mcp::wire::descriptor::Describe as _;
use crate::mcp::wire::json::ObjectWriter;
use crate::mcp::wire::version::ProtocolVersion;

/// What a resource holds.
#[derive(Clone, Debug)]
pub struct ReadResourceResult<'a> {
    /// Never empty: a missing resource is an error.
    pub contents: Vec<ResourceContents<'a>>,
    /// How the contents may be cached; private when they depend on the caller.
    pub cache: CacheHint,
}

impl ResultBody for ReadResourceResult<'_> {
    fn write_members(&self, version: ProtocolVersion, object: &mut ObjectWriter<'_>) {
        object.array("contents", &self.contents, |out, contents| {
            contents.write(version, out);
        });
    }

    fn cache_hint(&self) -> Option<CacheHint> {
        Some(self.cache)
    }

    fn size_hint(&self) -> usize {
        256 + self
            .contents
            .iter()
            .map(ResourceContents::size_hint)
            .sum::<usize>()
    }
}
