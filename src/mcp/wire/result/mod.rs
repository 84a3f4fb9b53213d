//! Results of requests, and the one place that shapes them for an era.
//!
//! Adding a result: a type that is [`ResultBody`]; what every modern result carries is added here and nowhere
//! else. Must not live here: errors, and the JSON-RPC envelope (see `wire::response`).

mod completion;
mod lifecycle;
mod list;
mod prompt;
mod resource;
#[cfg(test)]
mod tests;
mod tool_call;

pub use self::completion::CompleteResult;
pub use self::lifecycle::{
    DiscoverResult, EmptyResult, InitializeResult, ListenResult, ResourcesCapability, ServerCapabilities,
};
pub use self::list::{ListResult, Listed};
pub use self::prompt::{GetPromptResult, PromptMessage};
pub use self::resource::ReadResourceResult;
pub use self::tool_call::{CallToolResult, StructuredContent};
use super::descriptor::Implementation;
use super::id::RequestId;
use super::json::{ObjectWriter, write_object};
use super::version::{Feature, ProtocolVersion};

/// A result without what its era adds to every result.
pub trait ResultBody {
    /// Writes the members that the result itself has in `version`.
    fn write_members(&self, version: ProtocolVersion, object: &mut ObjectWriter<'_>);

    /// For how long and by whom a modern client may cache the result; `None` where the protocol has no such
    /// hint.
    fn cache_hint(&self) -> Option<CacheHint> {
        None
    }

    /// The listen request that this result ends.
    fn subscription(&self) -> Option<&RequestId> {
        None
    }

    /// About how many bytes the result takes, so that one allocation is enough.
    fn size_hint(&self) -> usize {
        256
    }
}

/// For how long and by whom a result may be cached (specification 2026-07-28, *Caching*).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheHint {
    /// How long the result stays fresh, in milliseconds; 0 means stale at once.
    pub ttl_milliseconds: u64,
    /// Who may share it. All pages of one list must say the same.
    pub scope: CacheScope,
}

/// Who may share a cached result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheScope {
    /// Anyone: the result is the same for every caller.
    Public,
    /// Only the caller it was made for.
    Private,
}

/// How this server names itself in results, encoded once.
#[derive(Clone, Debug)]
pub struct ServerIdentity {
    implementation: Implementation,
    /// `{"name":…,"version":…}`
    name_and_version: Vec<u8>,
}

impl ServerIdentity {
    /// The identity of `implementation`.
    pub fn new(implementation: Implementation) -> Self {
        let mut name_and_version = Vec::new();
        write_object(&mut name_and_version, |object| {
            object.string("name", &implementation.name);
            object.string("version", &implementation.version);
        });
        Self {
            implementation,
            name_and_version,
        }
    }

    /// The full description.
    pub const fn implementation(&self) -> &Implementation {
        &self.implementation
    }
}

/// In which revision and whose name a result is written.
#[derive(Clone, Copy, Debug)]
pub struct Shape<'s> {
    /// The revision of the request.
    pub version: ProtocolVersion,
    /// This server.
    pub server: &'s ServerIdentity,
}

impl Shape<'_> {
    /// Appends the result object: in a legacy revision its own members alone, in a modern one with
    /// `resultType`, caching hints and `_meta`.
    pub fn write(&self, result: &(impl ResultBody + ?Sized), out: &mut Vec<u8>) {
        let modern = self.version.knows(Feature::ResultEnvelope);
        write_object(out, |object| {
            if modern {
                object.string("resultType", "complete");
            }
            result.write_members(self.version, object);
            if modern {
                self.write_envelope(result, object);
            }
        });
    }

    fn write_envelope(&self, result: &(impl ResultBody + ?Sized), object: &mut ObjectWriter<'_>) {
        if let Some(hint) = result.cache_hint() {
            object.integer("ttlMs", hint.ttl_milliseconds);
            object.string(
                "cacheScope",
                match hint.scope {
                    CacheScope::Public => "public",
                    CacheScope::Private => "private",
                },
            );
        }
        object.object("_meta", |metadata| {
            if let Some(request) = result.subscription() {
                metadata.value("io.modelcontextprotocol/subscriptionId", |out| request.write(out));
            }
            metadata.raw(
                "io.modelcontextprotocol/serverInfo",
                &self.server.name_and_version,
            );
        });
    }

    /// The result object alone, for results that are kept and sent more than once.
    pub fn encode(&self, result: &(impl ResultBody + ?Sized)) -> Vec<u8> {
        let mut out = Vec::with_capacity(result.size_hint());
        self.write(result, &mut out);
        out
    }
}
