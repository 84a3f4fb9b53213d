//! Parameters of requests about one resource. Must not live here: the matching of URI templates.

use std::borrow::Cow;

use super::InputRetry;
use crate::mcp::wire::object::{Field, InvalidParams, Object};

/// Parameters of `resources/subscribe` and `resources/unsubscribe`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceParams<'a> {
    /// The resource, as the client wrote it.
    pub uri: Cow<'a, str>,
}

impl<'a> ResourceParams<'a> {
    pub(super) fn read(members: &Object<'a>) -> Result<Self, InvalidParams> {
        Ok(Self {
            uri: members.string(Field::Uri)?,
        })
    }
}

/// Parameters of `resources/read`.
#[derive(Clone, Debug)]
pub struct ReadResourceParams<'a> {
    /// The resource, as the client wrote it.
    pub uri: Cow<'a, str>,
    /// Answers to an earlier request for input.
    pub retry: InputRetry<'a>,
}

impl<'a> ReadResourceParams<'a> {
    pub(super) fn read(members: &Object<'a>) -> Result<Self, InvalidParams> {
        Ok(Self {
            uri: members.string(Field::Uri)?,
            retry: InputRetry::read(members)?,
        })
    }
}
