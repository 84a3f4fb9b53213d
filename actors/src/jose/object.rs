//! JSON objects in which no member stands twice (RFC 7515 section 4): two readers of one text must not see two values.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::{Map, Value};

/// An object whose own members are all different.
#[derive(Clone, Debug, PartialEq)]
pub struct UniqueMembers(pub Map<String, Value>);

/// Reads such an object; `None` if the text is anything else.
#[must_use]
pub fn read(text: &[u8]) -> Option<Map<String, Value>> {
    let members = serde_json::from_slice::<UniqueMembers>(text).ok()?;
    Some(members.0)
}

impl<'de> Deserialize<'de> for UniqueMembers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = UniqueMembers;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<UniqueMembers, A::Error> {
        let mut members = Map::new();
        while let Some((name, value)) = entries.next_entry::<String, Value>()? {
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a member stands twice"));
            }
        }
        Ok(UniqueMembers(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_that_stands_twice_makes_it_no_object() {
        let read_text = |text: &str| read(text.as_bytes());
        assert_eq!(read_text(r#"{"a":1,"b":{"a":2}}"#).unwrap().len(), 2);
        for text in [r#"{"a":1,"a":1}"#, r#"{"a":1,"\u0061":2}"#, "[]", "1", "", "{}{}"] {
            assert_eq!(read_text(text), None, "{text}");
        }
    }
}
