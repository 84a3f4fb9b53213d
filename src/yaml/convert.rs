//! A node as JSON. Reading into the types of the product is `item`'s business.

use serde_json::Value as Json;

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

/// The nearest float of an integer that is too large for 64 bits.
#[expect(
    clippy::cast_precision_loss,
    reason = "JSON readers round such numbers to a float anyway"
)]
fn nearest_float(value: i128) -> f64 {
    value as f64
}
