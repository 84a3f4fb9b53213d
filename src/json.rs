//! JSON objects taken apart without a tree of values, for those who must see what any other reader of the same text could
//! see. Must not live here: what members mean.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The members of an object in their order, repetitions included, values unparsed.
pub(crate) struct Members<'a>(pub(crate) Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Members<'a> {
    /// The members of the object that `json` is; `None` when it is none, or has a name with escapes that are not Unicode.
    pub(crate) fn of(json: &'a str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }
}

/// A name that is borrowed where it can be.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(InOrder)
    }
}

struct InOrder;

impl<'de> Visitor<'de> for InOrder {
    type Value = Members<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some((Name(name), value)) = map.next_entry::<Name<'de>, &'de RawValue>()? {
            members.push((name, value));
        }
        Ok(Members(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(json: &str) -> Option<Vec<(String, String)>> {
        let members = Members::of(json)?.0.into_iter();
        Some(
            members
                .map(|(name, value)| (name.into_owned(), value.get().to_owned()))
                .collect(),
        )
    }

    #[test]
    fn every_member_is_there_as_often_as_it_was_written() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            members(r#"{"b": 1.50, "a":{"b":[ ]}, "\u0062":null}"#),
            Some(vec![
                pair("b", "1.50"),
                pair("a", r#"{"b":[ ]}"#),
                pair("b", "null")
            ])
        );
        assert_eq!(members("{}"), Some(Vec::new()));
    }

    #[test]
    fn what_is_no_object_or_has_no_readable_names_has_no_members() {
        for json in [
            "[]",
            "1",
            "null",
            r#""{}""#,
            "{",
            r#"{"a":1}x"#,
            r#"{"\ud800":1}"#,
        ] {
            assert_eq!(members(json), None, "{json}");
        }
    }
}
