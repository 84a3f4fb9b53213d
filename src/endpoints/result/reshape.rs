//! Rows of one column to the list of its values: `[{"n":1},{"n":2}]` to `[1,2]`.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A row with its only value, unparsed.
struct OnlyValue<'a>(&'a RawValue);

impl<'de: 'a, 'a> Deserialize<'de> for OnlyValue<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(OnlyValueVisitor)
    }
}

struct OnlyValueVisitor;

impl<'de> Visitor<'de> for OnlyValueVisitor {
    type Value = OnlyValue<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a row of one column")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let Some((_, value)) = map.next_entry::<serde::de::IgnoredAny, &'de RawValue>()? else {
            return Err(A::Error::custom("a row without columns"));
        };
        match map.next_key::<serde::de::IgnoredAny>()? {
            None => Ok(OnlyValue(value)),
            Some(_) => Err(A::Error::custom("a row of several columns")),
        }
    }
}

/// Takes the values out of their rows.
///
/// # Errors
/// The rows are no JSON, or do not have exactly one column.
pub(super) fn values_of_rows(rows: &[u8]) -> Result<Vec<u8>, serde_json::Error> {
    let text = std::str::from_utf8(rows).map_err(serde_json::Error::custom)?;
    let rows: Vec<OnlyValue<'_>> = serde_json::from_str(text)?;
    let mut values = Vec::with_capacity(text.len());
    values.push(b'[');
    for (index, OnlyValue(value)) in rows.iter().enumerate() {
        if index > 0 {
            values.push(b',');
        }
        values.extend_from_slice(value.get().as_bytes());
    }
    values.push(b']');
    Ok(values)
}
