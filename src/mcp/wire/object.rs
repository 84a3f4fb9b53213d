//! Reading the members of one JSON object by name, without parsing their values and without keeping what is
//! not ours.
//!
//! Serde's derived errors do not name the field that has the wrong type, and a client's developer needs that
//! name; so members are collected raw, once, and each is read with its expectation. Must not live here: which
//! members a method has.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::raw;

/// Declares the member names that are ever read, each once.
macro_rules! fields {
    ($($variant:ident = $name:literal,)*) => {
        /// A member name that some method reads.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Field { $($variant,)* }

        impl Field {
            const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            fn parse(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

fields! {
    Argument = "argument",
    Arguments = "arguments",
    Baggage = "baggage",
    Capabilities = "capabilities",
    ClientInfo = "clientInfo",
    Context = "context",
    Cursor = "cursor",
    Elicitation = "elicitation",
    Extensions = "extensions",
    Form = "form",
    InputResponses = "inputResponses",
    Level = "level",
    Message = "message",
    Metadata = "_meta",
    ModernClientCapabilities = "io.modelcontextprotocol/clientCapabilities",
    ModernClientInfo = "io.modelcontextprotocol/clientInfo",
    ModernLogLevel = "io.modelcontextprotocol/logLevel",
    ModernProtocolVersion = "io.modelcontextprotocol/protocolVersion",
    Name = "name",
    Notifications = "notifications",
    Progress = "progress",
    ProgressToken = "progressToken",
    PromptsListChanged = "promptsListChanged",
    ProtocolVersion = "protocolVersion",
    Reason = "reason",
    Reference = "ref",
    RequestId = "requestId",
    RequestState = "requestState",
    ResourceSubscriptions = "resourceSubscriptions",
    ResourcesListChanged = "resourcesListChanged",
    Roots = "roots",
    Sampling = "sampling",
    Title = "title",
    Tools = "tools",
    ToolsListChanged = "toolsListChanged",
    Total = "total",
    TraceParent = "traceparent",
    TraceState = "tracestate",
    Type = "type",
    Uri = "uri",
    Url = "url",
    Value = "value",
    Version = "version",
}

/// A parameter that is missing or wrong. The text says where, what was wrong and what is accepted, never the
/// value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidParams {
    /// Something that must be an object is not.
    #[error("{path}: must be an object")]
    NotAnObject {
        /// Where.
        path: &'static str,
    },
    /// A member name has escapes that are not Unicode.
    #[error("{path}: a member name is not valid Unicode")]
    UnreadableName {
        /// Where.
        path: &'static str,
    },
    /// A member that is read is there twice, so that two readers could see different values.
    #[error("{path}.{field}: given more than once")]
    Duplicate {
        /// Where.
        path: &'static str,
        /// Which member.
        field: &'static str,
    },
    /// A required member is missing or null.
    #[error("{path}.{field}: missing, must be {expected}")]
    Missing {
        /// Where.
        path: &'static str,
        /// Which member.
        field: &'static str,
        /// What is accepted.
        expected: &'static str,
    },
    /// A member has another type or value than accepted.
    #[error("{path}.{field}: must be {expected}")]
    Wrong {
        /// Where.
        path: &'static str,
        /// Which member.
        field: &'static str,
        /// What is accepted.
        expected: &'static str,
    },
}

/// The members of an object that are known by name, in the order they came. A member that is null counts as
/// absent: some clients write null for what they do not set.
#[derive(Clone)]
pub(crate) struct Object<'a> {
    path: &'static str,
    members: Vec<(Field, &'a RawValue)>,
}

impl<'a> Object<'a> {
    /// An object without members.
    pub(crate) const fn empty(path: &'static str) -> Self {
        Self {
            path,
            members: Vec::new(),
        }
    }

    /// Collects the members of `value`; `path` says where it stands, for error messages.
    pub(crate) fn read(path: &'static str, value: &'a RawValue) -> Result<Self, InvalidParams> {
        if !raw::is_object(value) {
            return Err(InvalidParams::NotAnObject { path });
        }
        let collected: Collected<'a> =
            serde_json::from_str(value.get()).map_err(|_| InvalidParams::UnreadableName { path })?;
        match collected.duplicate {
            Some(field) => Err(InvalidParams::Duplicate {
                path,
                field: field.as_str(),
            }),
            None => Ok(Self {
                path,
                members: collected.members,
            }),
        }
    }

    /// The member as it was written, unless absent or null.
    pub(crate) fn get(&self, field: Field) -> Option<&'a RawValue> {
        let (_, value) = self.members.iter().find(|(name, _)| *name == field)?;
        (!raw::is_null(value)).then_some(*value)
    }

    /// Whether the member is there and not null.
    pub(crate) fn has(&self, field: Field) -> bool {
        self.get(field).is_some()
    }

    /// The member as `read` understands it, or absent.
    pub(crate) fn optional<T>(
        &self,
        field: Field,
        expected: &'static str,
        read: impl FnOnce(&'a RawValue) -> Option<T>,
    ) -> Result<Option<T>, InvalidParams> {
        match self.get(field) {
            None => Ok(None),
            Some(value) => read(value).map(Some).ok_or_else(|| self.wrong(field, expected)),
        }
    }

    /// The member as `read` understands it.
    pub(crate) fn required<T>(
        &self,
        field: Field,
        expected: &'static str,
        read: impl FnOnce(&'a RawValue) -> Option<T>,
    ) -> Result<T, InvalidParams> {
        self.optional(field, expected, read)?
            .ok_or(InvalidParams::Missing {
                path: self.path,
                field: field.as_str(),
                expected,
            })
    }

    /// A string.
    pub(crate) fn string(&self, field: Field) -> Result<Cow<'a, str>, InvalidParams> {
        self.required(field, "a string", raw::string)
    }

    /// A string, or absent.
    pub(crate) fn optional_string(&self, field: Field) -> Result<Option<Cow<'a, str>>, InvalidParams> {
        self.optional(field, "a string", raw::string)
    }

    /// A boolean; absent counts as false.
    pub(crate) fn flag(&self, field: Field) -> Result<bool, InvalidParams> {
        Ok(self.optional(field, "a boolean", raw::boolean)?.unwrap_or(false))
    }

    /// An object that is passed on unread, or absent.
    pub(crate) fn optional_raw_object(&self, field: Field) -> Result<Option<&'a RawValue>, InvalidParams> {
        self.optional(field, "an object", |value| raw::is_object(value).then_some(value))
    }

    /// The members of an object, or absent. `path` is the member's full path.
    pub(crate) fn optional_object(
        &self,
        field: Field,
        path: &'static str,
    ) -> Result<Option<Self>, InvalidParams> {
        self.get(field).map(|value| Self::read(path, value)).transpose()
    }

    /// The members of an object. `path` is the member's full path.
    pub(crate) fn object(&self, field: Field, path: &'static str) -> Result<Self, InvalidParams> {
        let value = self.required(field, "an object", Some)?;
        Self::read(path, value)
    }

    /// Says that the member has a wrong type or value.
    pub(crate) fn wrong(&self, field: Field, expected: &'static str) -> InvalidParams {
        InvalidParams::Wrong {
            path: self.path,
            field: field.as_str(),
            expected,
        }
    }
}

/// Names only: see [`raw::SizeOf`].
impl fmt::Debug for Object<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let members = self
            .members
            .iter()
            .map(|(field, value)| (field.as_str(), raw::SizeOf(Some(value))));
        formatter.debug_map().entries(members).finish()
    }
}

/// What one pass over an object finds.
struct Collected<'a> {
    members: Vec<(Field, &'a RawValue)>,
    duplicate: Option<Field>,
}

impl<'de> Deserialize<'de> for Collected<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(CollectMembers)
    }
}

struct CollectMembers;

impl<'de> Visitor<'de> for CollectMembers {
    type Value = Collected<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut collected = Collected {
            members: Vec::new(),
            duplicate: None,
        };
        while let Some(MemberName(name)) = map.next_key()? {
            let Some(field) = name else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let value = map.next_value()?;
            if collected.members.iter().any(|(seen, _)| *seen == field) {
                collected.duplicate = Some(field);
            } else {
                collected.members.push((field, value));
            }
        }
        Ok(collected)
    }
}

/// A member name, if it is one of ours.
struct MemberName(Option<Field>);

impl<'de> Deserialize<'de> for MemberName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ReadName;
        impl Visitor<'_> for ReadName {
            type Value = MemberName;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a member name")
            }

            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<MemberName, E> {
                Ok(MemberName(Field::parse(name)))
            }
        }
        deserializer.deserialize_identifier(ReadName)
    }
}

#[cfg(test)]
mod tests;
