//! The shape of a schema as it is written: keywords in a fixed order, properties in the order of the file.

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::Value;

use crate::endpoints::model::{ArrayRules, NumberRules};
use crate::endpoints::number::ExactNumber;

/// One schema. What is `None` or empty is not written.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Schema<'a> {
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(super) kind: Option<TypeName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
    #[serde(rename = "enum", skip_serializing_if = "Option::is_none")]
    pub(super) accepted: Option<Vec<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) format: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) min_length: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_length: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pattern: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) minimum: Option<ExactNumber>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) maximum: Option<ExactNumber>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) exclusive_minimum: Option<ExactNumber>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) exclusive_maximum: Option<ExactNumber>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) multiple_of: Option<ExactNumber>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) items: Option<Box<Schema<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) min_items: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_items: Option<usize>,
    #[serde(skip_serializing_if = "is_false")]
    pub(super) unique_items: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) properties: Option<Properties<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) required: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) additional_properties: Option<bool>,
    #[serde(rename = "default", skip_serializing_if = "Option::is_none")]
    pub(super) absent: Option<&'a Value>,
    #[serde(skip_serializing_if = "<[Value]>::is_empty")]
    pub(super) examples: &'a [Value],
    #[serde(rename = "x-mcp-header", skip_serializing_if = "Option::is_none")]
    pub(super) header: Option<&'a str>,
}

/// One type, or that type beside null.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(untagged)]
pub(super) enum TypeName {
    One(&'static str),
    Nullable([&'static str; 2]),
}

/// Names with their schemas, in order.
#[derive(Debug)]
pub(super) struct Properties<'a>(pub(super) Vec<(&'a str, Schema<'a>)>);

impl Serialize for Properties<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, schema) in &self.0 {
            map.serialize_entry(name, schema)?;
        }
        map.end()
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that serde asks for"
)]
fn is_false(value: &bool) -> bool {
    !value
}

impl Schema<'_> {
    /// Takes over the bounds of a number.
    pub(super) fn number(self, rules: &NumberRules) -> Self {
        Self {
            minimum: rules.minimum,
            maximum: rules.maximum,
            exclusive_minimum: rules.exclusive_minimum,
            exclusive_maximum: rules.exclusive_maximum,
            multiple_of: rules.multiple_of,
            ..self
        }
    }

    /// Takes over the constraints of an array. `items` is written always: providers refuse an array without it.
    pub(super) fn array(self, rules: &ArrayRules, items: Option<Self>) -> Self {
        Self {
            items: Some(Box::new(items.unwrap_or_default())),
            min_items: rules.min_items,
            max_items: rules.max_items,
            unique_items: rules.unique_items,
            ..self
        }
    }
}
