//! Parameters of `prompts/get`. Must not live here: which arguments a prompt has.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::InputRetry;
use crate::mcp::wire::object::{Field, InvalidParams, Object};
use crate::mcp::wire::raw;

/// Parameters of `prompts/get`.
#[derive(Clone, Debug)]
pub struct GetPromptParams<'a> {
    /// The prompt.
    pub name: Cow<'a, str>,
    /// Values for its arguments, which are strings on the wire.
    pub arguments: BTreeMap<String, Cow<'a, str>>,
    /// Answers to an earlier request for input.
    pub retry: InputRetry<'a>,
}

impl<'a> GetPromptParams<'a> {
    pub(super) fn read(members: &Object<'a>) -> Result<Self, InvalidParams> {
        Ok(Self {
            name: members.string(Field::Name)?,
            arguments: string_map(members, Field::Arguments)?,
            retry: InputRetry::read(members)?,
        })
    }
}

/// An object of strings; absent counts as empty.
pub(super) fn string_map<'a>(
    object: &Object<'a>,
    field: Field,
) -> Result<BTreeMap<String, Cow<'a, str>>, InvalidParams> {
    let read = |value: &'a RawValue| {
        let members: BTreeMap<String, &'a RawValue> = serde_json::from_str(value.get()).ok()?;
        members
            .into_iter()
            .map(|(name, value)| Some((name, raw::string(value)?)))
            .collect()
    };
    Ok(object
        .optional(field, "an object of strings", read)?
        .unwrap_or_default())
}
