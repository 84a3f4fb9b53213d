//! The parameters of requests and notifications, typed, one file per feature.
//!
//! A request's parameters are collected once into [`Params`], from which admission reads the metadata and the
//! name, and the dispatcher the rest. Adding a method: a variant in `method`, a type here, a variant in
//! [`ClientRequest`]. Must not live here: results, and whether a named thing exists.

mod completion;
mod lifecycle;
mod notification;
mod prompts;
mod resources;
mod subscriptions;
#[cfg(test)]
mod tests;
mod tools;

use std::borrow::Cow;
use std::fmt;

use serde_json::value::RawValue;

pub use self::completion::{CompleteParams, CompletionReference};
pub use self::lifecycle::InitializeParams;
pub use self::notification::ClientNotification;
pub use self::prompts::GetPromptParams;
pub use self::resources::{ReadResourceParams, ResourceParams};
pub use self::subscriptions::SubscriptionFilter;
pub use self::tools::CallToolParams;
use super::log_level::LogLevel;
use super::metadata;
use super::method::{Method, NameSource};
use super::object::{Field, InvalidParams, Object};
use super::raw;
use super::version::Era;

/// The parameters of one message: known members by name, values unread.
#[derive(Clone, Debug)]
pub struct Params<'a> {
    members: Object<'a>,
    metadata: Object<'a>,
}

impl<'a> Params<'a> {
    /// Collects the members of `params`; absent parameters have none.
    pub fn read(params: Option<&'a RawValue>) -> Result<Self, InvalidParams> {
        let members = match params {
            Some(params) => Object::read("params", params)?,
            None => Object::empty("params"),
        };
        let metadata = metadata::collect(&members)?;
        Ok(Self { members, metadata })
    }

    /// `_meta`, empty when absent.
    pub(crate) const fn metadata(&self) -> &Object<'a> {
        &self.metadata
    }

    /// The era that `_meta` speaks for, if any.
    pub(crate) fn era(&self) -> Option<Era> {
        metadata::era(&self.metadata)
    }

    /// The parameter that `Mcp-Name` mirrors, with its path, when it is a string.
    pub(crate) fn mirrored_name(&self, source: NameSource) -> Option<(&'static str, Cow<'a, str>)> {
        let (path, field) = match source {
            NameSource::Name => ("params.name", Field::Name),
            NameSource::Uri => ("params.uri", Field::Uri),
        };
        Some((path, raw::string(self.members.get(field)?)?))
    }

    /// The version that an `initialize` asks for, when it is a string.
    pub(crate) fn requested_version(&self) -> Option<Cow<'a, str>> {
        raw::string(self.members.get(Field::ProtocolVersion)?)
    }
}

/// A request with its parameters, for the dispatcher to match on.
#[derive(Clone, Debug)]
pub enum ClientRequest<'a> {
    /// `initialize`
    Initialize(InitializeParams<'a>),
    /// `ping`
    Ping,
    /// `server/discover`
    ServerDiscover,
    /// `tools/list`
    ToolsList(ListParams<'a>),
    /// `tools/call`
    ToolsCall(CallToolParams<'a>),
    /// `resources/list`
    ResourcesList(ListParams<'a>),
    /// `resources/templates/list`
    ResourcesTemplatesList(ListParams<'a>),
    /// `resources/read`
    ResourcesRead(ReadResourceParams<'a>),
    /// `resources/subscribe`
    ResourcesSubscribe(ResourceParams<'a>),
    /// `resources/unsubscribe`
    ResourcesUnsubscribe(ResourceParams<'a>),
    /// `prompts/list`
    PromptsList(ListParams<'a>),
    /// `prompts/get`
    PromptsGet(GetPromptParams<'a>),
    /// `completion/complete`
    CompletionComplete(CompleteParams<'a>),
    /// `logging/setLevel`
    LoggingSetLevel(LogLevel),
    /// `subscriptions/listen`
    SubscriptionsListen(SubscriptionFilter),
}

impl<'a> ClientRequest<'a> {
    /// Reads the parameters of `method`.
    ///
    /// # Errors
    /// The first parameter that is missing or wrong; it becomes -32602.
    pub fn read(method: Method, params: &Params<'a>) -> Result<Self, InvalidParams> {
        let members = &params.members;
        Ok(match method {
            Method::Initialize => Self::Initialize(InitializeParams::read(members)?),
            Method::Ping => Self::Ping,
            Method::ServerDiscover => Self::ServerDiscover,
            Method::ToolsList => Self::ToolsList(ListParams::read(members)?),
            Method::ToolsCall => Self::ToolsCall(CallToolParams::read(members)?),
            Method::ResourcesList => Self::ResourcesList(ListParams::read(members)?),
            Method::ResourcesTemplatesList => Self::ResourcesTemplatesList(ListParams::read(members)?),
            Method::ResourcesRead => Self::ResourcesRead(ReadResourceParams::read(members)?),
            Method::ResourcesSubscribe => Self::ResourcesSubscribe(ResourceParams::read(members)?),
            Method::ResourcesUnsubscribe => Self::ResourcesUnsubscribe(ResourceParams::read(members)?),
            Method::PromptsList => Self::PromptsList(ListParams::read(members)?),
            Method::PromptsGet => Self::PromptsGet(GetPromptParams::read(members)?),
            Method::CompletionComplete => Self::CompletionComplete(CompleteParams::read(members)?),
            Method::LoggingSetLevel => {
                Self::LoggingSetLevel(members.required(Field::Level, LogLevel::ACCEPTED, |value| {
                    raw::string(value).and_then(|text| LogLevel::parse(&text))
                })?)
            }
            Method::SubscriptionsListen => Self::SubscriptionsListen(SubscriptionFilter::read(members)?),
        })
    }
}

/// The parameters of a list request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListParams<'a> {
    /// Where to go on; opaque, and valid when empty.
    pub cursor: Option<Cow<'a, str>>,
}

impl<'a> ListParams<'a> {
    fn read(members: &Object<'a>) -> Result<Self, InvalidParams> {
        Ok(Self {
            cursor: members.optional_string(Field::Cursor)?,
        })
    }
}

/// What a modern client sends when it repeats a request that asked for input: answers, and the state it was
/// given.
#[derive(Clone, Default)]
pub struct InputRetry<'a> {
    /// `inputResponses`: an object from the server's keys to the client's results.
    pub responses: Option<&'a RawValue>,
    /// `requestState`: as the client returned it, so not to be trusted.
    pub state: Option<Cow<'a, str>>,
}

impl<'a> InputRetry<'a> {
    fn read(members: &Object<'a>) -> Result<Self, InvalidParams> {
        Ok(Self {
            responses: members.optional_raw_object(Field::InputResponses)?,
            state: members.optional_string(Field::RequestState)?,
        })
    }
}

impl fmt::Debug for InputRetry<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut retry = formatter.debug_struct("InputRetry");
        retry.field("responses", &raw::SizeOf(self.responses));
        retry
            .field("state", &self.state.as_ref().map(|state| state.len()))
            .finish()
    }
}
