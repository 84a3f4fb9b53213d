//! Results about the server itself: the handshake, discovery, and acknowledgements without content.
//!
//! Must not live here: which capabilities a configuration turns on.

use super::{CacheHint, ResultBody};
use crate::mcp::wire::descriptor::{Describe, Implementation};
use crate::mcp::wire::id::RequestId;
use crate::mcp::wire::json::{EncodedJson, ObjectWriter};
use crate::mcp::wire::version::{Feature, ProtocolVersion};

/// What this server can do. `Some(true)` for a list means that changes are announced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerCapabilities {
    /// There are tools; whether changes of the list are announced.
    pub tools: Option<bool>,
    /// There are prompts; whether changes of the list are announced.
    pub prompts: Option<bool>,
    /// There are resources.
    pub resources: Option<ResourcesCapability>,
    /// Log messages are sent to clients that ask.
    pub logging: bool,
    /// Arguments are completed (since 2025-03-26).
    pub completions: bool,
    /// Extensions by identifier with their settings, one object (since 2026-07-28).
    pub extensions: Option<EncodedJson<'static>>,
}

/// Parts of the resources capability.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResourcesCapability {
    /// Updates of single resources are announced.
    pub subscribe: bool,
    /// Changes of the list are announced.
    pub list_changed: bool,
}

impl Describe for ServerCapabilities {
    fn write_members(&self, version: ProtocolVersion, object: &mut ObjectWriter<'_>) {
        for (name, list) in [("tools", self.tools), ("prompts", self.prompts)] {
            if let Some(list_changed) = list {
                object.object(name, |list| list.boolean("listChanged", list_changed));
            }
        }
        if let Some(resources) = self.resources {
            object.object("resources", |parts| {
                parts.boolean("subscribe", resources.subscribe);
                parts.boolean("listChanged", resources.list_changed);
            });
        }
        if self.logging {
            object.object("logging", |_| {});
        }
        if self.completions && version.knows(Feature::CompletionsCapability) {
            object.object("completions", |_| {});
        }
        if let Some(extensions) = &self.extensions
            && version.knows(Feature::Extensions)
        {
            object.raw("extensions", extensions.as_bytes());
        }
    }
}

/// The answer to `initialize`.
#[derive(Clone, Copy, Debug)]
pub struct InitializeResult<'a> {
    /// See [`ProtocolVersion::negotiate`]; also the version the result is written in.
    pub protocol_version: ProtocolVersion,
    /// What this server can do.
    pub capabilities: &'a ServerCapabilities,
    /// Who this server is.
    pub server: &'a Implementation,
    /// How to use this server, for the model.
    pub instructions: Option<&'a str>,
}

impl ResultBody for InitializeResult<'_> {
    fn write_members(&self, _: ProtocolVersion, object: &mut ObjectWriter<'_>) {
        let version = self.protocol_version;
        object.string("protocolVersion", version.as_str());
        object.value("capabilities", |out| self.capabilities.write(version, out));
        object.value("serverInfo", |out| self.server.write(version, out));
        object.optional_string("instructions", self.instructions);
    }
}

/// The answer to `server/discover`.
#[derive(Clone, Copy, Debug)]
pub struct DiscoverResult<'a> {
    /// What this server can do.
    pub capabilities: &'a ServerCapabilities,
    /// How to use this server, for the model.
    pub instructions: Option<&'a str>,
    /// How the answer may be cached.
    pub cache: CacheHint,
}

impl ResultBody for DiscoverResult<'_> {
    fn write_members(&self, version: ProtocolVersion, object: &mut ObjectWriter<'_>) {
        object.strings(
            "supportedVersions",
            ProtocolVersion::ALL.map(ProtocolVersion::as_str),
        );
        object.value("capabilities", |out| self.capabilities.write(version, out));
        object.optional_string("instructions", self.instructions);
    }

    fn cache_hint(&self) -> Option<CacheHint> {
        Some(self.cache)
    }
}

/// The answer to `ping`, `logging/setLevel`, `resources/subscribe` and `resources/unsubscribe`: in a legacy
/// revision exactly `{}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EmptyResult;

impl ResultBody for EmptyResult {
    fn write_members(&self, _: ProtocolVersion, _: &mut ObjectWriter<'_>) {}
}

/// The end of `subscriptions/listen` when this server ends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListenResult<'a> {
    /// The listen request.
    pub request: &'a RequestId,
}

impl ResultBody for ListenResult<'_> {
    fn write_members(&self, _: ProtocolVersion, _: &mut ObjectWriter<'_>) {}

    fn subscription(&self) -> Option<&RequestId> {
        Some(self.request)
    }
}
