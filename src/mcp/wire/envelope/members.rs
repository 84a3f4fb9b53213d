//! The one pass over a body: which members the envelope has, with their values unread.
//!
//! Never fails on the meaning of a value, so that an identifier is found even in a message that makes no
//! sense. Must not live here: what the members must be.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The members of one message.
#[derive(Debug, Default)]
pub(super) struct Members<'a> {
    pub(super) jsonrpc: Option<&'a RawValue>,
    pub(super) id: Option<&'a RawValue>,
    pub(super) method: Option<&'a RawValue>,
    pub(super) params: Option<&'a RawValue>,
    pub(super) result: Option<&'a RawValue>,
    pub(super) error: Option<&'a RawValue>,
    /// A member that came twice; `id` before any other, because then there is no identifier to echo.
    pub(super) duplicate: Option<&'static str>,
}

/// What a body is at its top level.
#[derive(Debug)]
pub(super) enum TopLevel<'a> {
    Object(Members<'a>),
    /// Entries are `None` where they are not objects.
    Array {
        entries: Vec<Option<Members<'a>>>,
        too_long: bool,
    },
    Other,
}

/// Skims `text`, which must be one JSON value and nothing else.
pub(super) fn skim(text: &str, batch_length: usize) -> Result<TopLevel<'_>, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let top_level = deserializer.deserialize_any(ReadTopLevel { batch_length })?;
    deserializer.end()?;
    Ok(top_level)
}

/// The names of an envelope.
enum Name {
    JsonRpc,
    Id,
    Method,
    Params,
    Result,
    Error,
    Unknown,
}

impl<'a> Members<'a> {
    fn collect<A: MapAccess<'a>>(mut map: A) -> Result<Self, A::Error> {
        let mut members = Self::default();
        while let Some(name) = map.next_key()? {
            match name {
                Name::JsonRpc => members.put("jsonrpc", |all| &mut all.jsonrpc, map.next_value()?),
                Name::Id => members.put("id", |all| &mut all.id, map.next_value()?),
                Name::Method => members.put("method", |all| &mut all.method, map.next_value()?),
                Name::Params => members.put("params", |all| &mut all.params, map.next_value()?),
                Name::Result => members.put("result", |all| &mut all.result, map.next_value()?),
                Name::Error => members.put("error", |all| &mut all.error, map.next_value()?),
                Name::Unknown => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(members)
    }

    fn put(
        &mut self,
        name: &'static str,
        slot: impl FnOnce(&mut Self) -> &mut Option<&'a RawValue>,
        value: &'a RawValue,
    ) {
        if slot(self).replace(value).is_some() && self.duplicate != Some("id") {
            self.duplicate = Some(name);
        }
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ReadName;
        impl Visitor<'_> for ReadName {
            type Value = Name;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a member name")
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Name, E> {
                Ok(match name {
                    "jsonrpc" => Name::JsonRpc,
                    "id" => Name::Id,
                    "method" => Name::Method,
                    "params" => Name::Params,
                    "result" => Name::Result,
                    "error" => Name::Error,
                    _ => Name::Unknown,
                })
            }
        }
        deserializer.deserialize_identifier(ReadName)
    }
}

/// Declares a visitor's methods for the values that are neither array nor object.
macro_rules! scalars_are {
    ($scalar:expr) => {
        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a JSON value")
        }
        fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
            Ok($scalar)
        }
        fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
            Ok($scalar)
        }
        fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
            Ok($scalar)
        }
        fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
            Ok($scalar)
        }
        fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
            Ok($scalar)
        }
        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Ok($scalar)
        }
    };
}

struct ReadTopLevel {
    batch_length: usize,
}

impl<'de> Visitor<'de> for ReadTopLevel {
    type Value = TopLevel<'de>;

    scalars_are!(TopLevel::Other);

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        Members::collect(map).map(TopLevel::Object)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while entries.len() < self.batch_length
            && let Some(Entry(entry)) = array.next_element()?
        {
            entries.push(entry);
        }
        let too_long = array.next_element::<IgnoredAny>()?.is_some();
        while array.next_element::<IgnoredAny>()?.is_some() {}
        Ok(TopLevel::Array { entries, too_long })
    }
}

/// One entry of a batch; `None` when it is not an object.
struct Entry<'a>(Option<Members<'a>>);

impl<'de> Deserialize<'de> for Entry<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ReadEntry)
    }
}

struct ReadEntry;

impl<'de> Visitor<'de> for ReadEntry {
    type Value = Entry<'de>;

    scalars_are!(Entry(None));

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        Members::collect(map).map(|members| Entry(Some(members)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Self::Value, A::Error> {
        while array.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Entry(None))
    }
}
