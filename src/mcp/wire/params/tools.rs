//! Parameters of `tools/call`. Must not live here: the reading of arguments, which is `endpoints`'s.

use std::borrow::Cow;
use std::fmt;

use serde_json::value::RawValue;

use super::InputRetry;
use crate::mcp::wire::object::{Field, InvalidParams, Object};
use crate::mcp::wire::raw;

/// Parameters of `tools/call`.
#[derive(Clone)]
pub struct CallToolParams<'a> {
    /// The tool.
    pub name: Cow<'a, str>,
    /// An object, unread.
    pub arguments: Option<&'a RawValue>,
    /// Answers to an earlier request for input.
    pub retry: InputRetry<'a>,
}

impl<'a> CallToolParams<'a> {
    pub(super) fn read(members: &Object<'a>) -> Result<Self, InvalidParams> {
        Ok(Self {
            name: members.string(Field::Name)?,
            arguments: members.optional_raw_object(Field::Arguments)?,
            retry: InputRetry::read(members)?,
        })
    }
}

impl fmt::Debug for CallToolParams<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut call = formatter.debug_struct("CallToolParams");
        call.field("name", &self.name)
            .field("arguments", &raw::SizeOf(self.arguments));
        call.field("retry", &self.retry).finish()
    }
}
