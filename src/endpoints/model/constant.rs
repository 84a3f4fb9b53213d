//! Values that a definition writes down (`default`, `enum`, `examples`), as values of the type that they stand in. Whether the
//! type accepts them is not decided here.

use serde_json::{Number, Value};

use super::TypeKind;
use crate::endpoints::number::ExactNumber;
use crate::yaml::{self, Item, Resolved, Scalar};

/// Reads a value of a type. Where the type is text, a scalar is the text that was written: YAML takes an unquoted `NO` for a
/// boolean and `10:30` for a number, and nobody who writes them beside `type: string` means that. Null is null in every type.
pub(super) fn read(item: Item<'_>, kind: Option<&TypeKind>) -> Option<Value> {
    if item.is_null() {
        return Some(Value::Null);
    }
    match (item.node().value(), kind) {
        (yaml::Value::Scalar(scalar), Some(TypeKind::String(_))) => Some(Value::from(scalar.text())),
        (yaml::Value::Scalar(scalar), Some(TypeKind::Integer(_) | TypeKind::Number(_))) => {
            quoted_number(scalar).or_else(|| item.json())
        }
        (yaml::Value::Scalar(scalar), Some(TypeKind::Boolean)) => match Resolved::of_plain(scalar.text()) {
            Resolved::Boolean(value) => Some(Value::Bool(value)),
            _ => item.json(),
        },
        (yaml::Value::Sequence(_), Some(TypeKind::Array(rules))) => {
            let kind = rules.items.as_deref().map(|items| &items.kind);
            item.list_with(|element| read(element, kind)).map(Value::Array)
        }
        (yaml::Value::Mapping(_), Some(TypeKind::Object(rules))) => {
            let members = item.map_with(|name, member| {
                let property = rules.properties.iter().find(|(known, _)| known == name);
                read(member, property.map(|(_, definition)| &definition.kind))
            });
            members.map(|members| Value::Object(members.into_iter().collect()))
        }
        (yaml::Value::Scalar(_) | yaml::Value::Sequence(_) | yaml::Value::Mapping(_), _) => item.json(),
    }
}

/// A number in quotes, if JSON keeps all its digits; otherwise the quotes are what keeps them.
fn quoted_number(scalar: &Scalar) -> Option<Value> {
    if scalar.resolve() != Resolved::Text {
        return None;
    }
    let written = ExactNumber::parse(scalar.text())?;
    let number: Number = serde_json::from_str(scalar.text()).ok()?;
    (ExactNumber::parse(&number.to_string())? == written).then_some(Value::Number(number))
}
