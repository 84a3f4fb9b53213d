//! Arguments of a tool that a client mirrors into `Mcp-Param-*` headers because the input schema says
//! `x-mcp-header` (specification 2026-07-28, *Streamable HTTP*, custom headers from tool parameters).
//!
//! Declarations are checked when a schema is loaded; a client would drop a tool whose declarations are wrong.
//! Must not live here: the validation of arguments against the schema.

mod declaration;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

pub use self::declaration::{HeaderDeclarationError, declared_in};
use super::{FieldValue, HeaderMismatch, RequestHeaders, value};
use crate::mcp::wire::raw;

/// The largest integer that every peer can represent: 2^53 - 1.
const MAX_SAFE_INTEGER: i64 = (1 << 53) - 1;

/// A parameter that is mirrored into a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderParameter {
    /// The `properties` names that lead from the root of the arguments to the value; never empty.
    pub path: Vec<String>,
    /// The whole header name, such as `Mcp-Param-Region`.
    pub header: String,
    /// The declared type.
    pub kind: HeaderParameterKind,
}

/// The types a mirrored parameter may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderParameterKind {
    /// `string`
    Text,
    /// `integer`
    Integer,
    /// `boolean`
    Boolean,
}

impl HeaderParameter {
    /// Where the value stands, for messages.
    fn source_field(&self) -> String {
        format!("params.arguments.{}", self.path.join("."))
    }

    fn name(&self) -> Cow<'static, str> {
        Cow::Owned(self.header.clone())
    }

    fn missing(&self) -> HeaderMismatch {
        HeaderMismatch::Missing {
            header: self.name(),
            source_field: self.source_field(),
        }
    }

    fn different(&self) -> HeaderMismatch {
        HeaderMismatch::Different {
            header: self.name(),
            source_field: self.source_field(),
        }
    }

    fn malformed(&self) -> HeaderMismatch {
        HeaderMismatch::Malformed { header: self.name() }
    }

    fn hidden(&self) -> HeaderMismatch {
        HeaderMismatch::Hidden {
            header: self.name(),
            source_field: self.source_field(),
        }
    }

    fn ambiguous(&self) -> HeaderMismatch {
        HeaderMismatch::Ambiguous {
            header: self.name(),
            source_field: self.source_field(),
        }
    }
}

/// Checks that each declared header repeats its argument: present when the value is, absent when the value is
/// absent or null. Arguments that have another type than declared are compared as they are written; refusing
/// them is the schema's job.
pub fn check<H: RequestHeaders + ?Sized>(
    headers: &H,
    declared: &[HeaderParameter],
    arguments: Option<&RawValue>,
) -> Result<(), HeaderMismatch> {
    for parameter in declared {
        let argument = match arguments {
            Some(arguments) => find(arguments, parameter)?.filter(|value| !raw::is_null(value)),
            None => None,
        };
        match (FieldValue::read(headers, &parameter.header), argument) {
            (FieldValue::Absent, None) => {}
            (FieldValue::Absent, Some(_)) => return Err(parameter.missing()),
            (FieldValue::Unusable, _) => return Err(parameter.malformed()),
            (FieldValue::Text(_), None) => return Err(parameter.different()),
            (FieldValue::Text(text), Some(argument)) => {
                let text = value::decode(text).map_err(|_| parameter.malformed())?;
                if !repeats(parameter.kind, &text, argument) {
                    return Err(parameter.different());
                }
            }
        }
    }
    Ok(())
}

/// Whether the text of a header says what the argument says.
fn repeats(kind: HeaderParameterKind, text: &str, argument: &RawValue) -> bool {
    if let Some(string) = raw::string(argument) {
        return string == text;
    }
    let written = argument.get();
    match kind {
        HeaderParameterKind::Integer => match (whole_number(text), whole_number(written)) {
            (Some(mirrored), Some(given)) => mirrored == given,
            _ => false,
        },
        HeaderParameterKind::Text | HeaderParameterKind::Boolean => {
            !written.starts_with(['{', '[', '"']) && written == text
        }
    }
}

/// The value of a decimal number without a fractional part, such as `42` or `42.0`, within the safe range.
fn whole_number(text: &str) -> Option<i64> {
    let (integer, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = integer.strip_prefix('-').unwrap_or(integer);
    let is_decimal = digits.bytes().all(|byte| byte.is_ascii_digit());
    let is_whole = !fraction.is_empty() && fraction.bytes().all(|byte| byte == b'0');
    let number: i64 = integer.parse().ok().filter(|_| is_decimal && is_whole)?;
    (-MAX_SAFE_INTEGER..=MAX_SAFE_INTEGER)
        .contains(&number)
        .then_some(number)
}

/// The argument at the parameter's path; `None` when some step is not there. Objects may be given as their JSON text,
/// and what stands in there is an argument that whoever reads the headers alone knows nothing of.
fn find<'a>(
    arguments: &'a RawValue,
    parameter: &HeaderParameter,
) -> Result<Option<&'a RawValue>, HeaderMismatch> {
    let mut value = arguments;
    for name in &parameter.path {
        if raw::is_string(value) {
            return Err(parameter.hidden());
        }
        if !raw::is_object(value) {
            return Ok(None);
        }
        let mut deserializer = serde_json::Deserializer::from_str(value.get());
        match FindMember(name).deserialize(&mut deserializer) {
            Ok(Found::Once(member)) => value = member,
            Ok(Found::Nowhere) => return Ok(None),
            // Names that are not Unicode cannot be told apart either.
            Ok(Found::Twice) | Err(_) => return Err(parameter.ambiguous()),
        }
    }
    Ok(Some(value))
}

/// Finds a member by name, and whether it is the only one of that name.
struct FindMember<'n>(&'n str);

enum Found<'a> {
    Nowhere,
    Once(&'a RawValue),
    Twice,
}

impl<'de> DeserializeSeed<'de> for FindMember<'_> {
    type Value = Found<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for FindMember<'_> {
    type Value = Found<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = Found::Nowhere;
        while let Some(matches) = map.next_key_seed(IsName(self.0))? {
            if matches {
                let value = map.next_value()?;
                found = if matches!(found, Found::Nowhere) {
                    Found::Once(value)
                } else {
                    Found::Twice
                };
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

/// Compares a member name without keeping it.
struct IsName<'n>(&'n str);

impl<'de> DeserializeSeed<'de> for IsName<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for IsName<'_> {
    type Value = bool;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a member name")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<bool, E> {
        Ok(name == self.0)
    }
}
