//! A node as JSON or as a `serde_yaml` value. Reading into the types of the product is `item`'s business.

use serde_json::Value as Json;
use serde_yaml::Value as Yaml;

use super::node::{Node, Scalar, Value};
use super::{Location, Resolved};

impl Node {
    /// The value as JSON, typed by the YAML rules. `Err` with the place of an infinity or not-a-number, which JSON
    /// cannot express.
    pub fn to_json(&self) -> Result<Json, Location> {
        to_json(self)
    }
}

pub(super) fn to_json(node: &Node) -> Result<Json, Location> {
    match &node.value {
        Value::Scalar(scalar) => scalar_to_json(scalar).ok_or_else(|| node.location.clone()),
        Value::Sequence(elements) => elements.iter().map(to_json).collect(),
        Value::Mapping(mapping) => {
            let entries = mapping.entries.iter();
            entries
                .map(|entry| Ok((entry.key.text.clone(), to_json(&entry.value)?)))
                .collect()
        }
    }
}

fn scalar_to_json(scalar: &Scalar) -> Option<Json> {
    Some(match scalar.resolve() {
        Resolved::Null => Json::Null,
        Resolved::Boolean(value) => Json::Bool(value),
        Resolved::Integer(value) => match serde_json::Number::from_i128(value) {
            Some(number) => Json::Number(number),
            None => Json::Number(serde_json::Number::from_f64(nearest_float(value))?),
        },
        Resolved::Float(value) => Json::Number(serde_json::Number::from_f64(value)?),
        Resolved::Text => Json::String(scalar.text.clone()),
    })
}

pub(super) fn to_serde_yaml(node: &Node) -> Yaml {
    match &node.value {
        Value::Scalar(scalar) => scalar_to_serde_yaml(scalar),
        Value::Sequence(elements) => Yaml::Sequence(elements.iter().map(to_serde_yaml).collect()),
        Value::Mapping(mapping) => {
            let entries = mapping.entries.iter();
            Yaml::Mapping(
                entries
                    .map(|entry| (Yaml::String(entry.key.text.clone()), to_serde_yaml(&entry.value)))
                    .collect(),
            )
        }
    }
}

fn scalar_to_serde_yaml(scalar: &Scalar) -> Yaml {
    match scalar.resolve() {
        Resolved::Null => Yaml::Null,
        Resolved::Boolean(value) => Yaml::Bool(value),
        Resolved::Integer(value) => {
            let number = u64::try_from(value).map(serde_yaml::Number::from);
            let number = number.or_else(|_| i64::try_from(value).map(serde_yaml::Number::from));
            Yaml::Number(number.unwrap_or_else(|_| nearest_float(value).into()))
        }
        Resolved::Float(value) => Yaml::Number(value.into()),
        Resolved::Text => Yaml::String(scalar.text.clone()),
    }
}

/// The nearest float of an integer that is too large for 64 bits.
#[expect(
    clippy::cast_precision_loss,
    reason = "JSON readers round such numbers to a float anyway"
)]
fn nearest_float(value: i128) -> f64 {
    value as f64
}

/// A decimal number as JSON writes it, where YAML 1.1 sees text: `1e6`.
pub(super) fn decimal_number(text: &str) -> Option<f64> {
    match Resolved::of_plain(text) {
        Resolved::Integer(value) => Some(nearest_float(value)),
        Resolved::Float(value) => Some(value),
        Resolved::Text => serde_json::from_str(text).ok(),
        Resolved::Null | Resolved::Boolean(_) => None,
    }
}
