//! Parameters of `prompts/get`. Must not live here: which arguments a prompt has.

use std::borrow::Cow;
use std::fmt;

use serde_json::value::RawValue;

use super::InputRetry;
use crate::json::Members;
use crate::mcp::wire::object::{Field, InvalidParams, Object};
use crate::mcp::wire::raw;

/// Parameters of `prompts/get`.
#[derive(Clone)]
pub struct GetPromptParams<'a> {
    /// The prompt.
    pub name: Cow<'a, str>,
    /// Values for its arguments, which are strings on the wire; one that is given twice is there twice.
    pub arguments: NamedTexts<'a>,
    /// Answers to an earlier request for input.
    pub retry: InputRetry<'a>,
}

impl<'a> GetPromptParams<'a> {
    pub(super) fn read(members: &Object<'a>) -> Result<Self, InvalidParams> {
        Ok(Self {
            name: members.string(Field::Name)?,
            arguments: named_texts(members, Field::Arguments)?,
            retry: InputRetry::read(members)?,
        })
    }
}

/// Names only: values of arguments may be confidential, and logs are not.
impl fmt::Debug for GetPromptParams<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arguments: Vec<&str> = self.arguments.iter().map(|(name, _)| &**name).collect();
        let mut prompt = formatter.debug_struct("GetPromptParams");
        prompt.field("name", &self.name).field("arguments", &arguments);
        prompt.field("retry", &self.retry).finish()
    }
}

/// The members of an object of strings, in their order.
pub(super) type NamedTexts<'a> = Vec<(Cow<'a, str>, Cow<'a, str>)>;

/// An object of strings; absent counts as empty.
pub(super) fn named_texts<'a>(object: &Object<'a>, field: Field) -> Result<NamedTexts<'a>, InvalidParams> {
    let read = |value: &'a RawValue| {
        let Members(members) = Members::of(value.get())?;
        let texts = members.into_iter();
        texts
            .map(|(name, value)| Some((name, raw::string(value)?)))
            .collect()
    };
    Ok(object
        .optional(field, "an object of strings", read)?
        .unwrap_or_default())
}
