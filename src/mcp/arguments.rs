//! The arguments of a call as they came, until they are values of their declared types.
//!
//! Must not live here: what a value may be (`endpoints::params`).

use mxcp_actors::sql_executor::value::SqlValue;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::call::CallFailure;
use super::wire::headers::HeaderMismatch;
use crate::endpoints::params::ParameterSet;

/// Arguments as they came.
#[derive(Clone, Copy)]
pub(super) enum Arguments<'a> {
    /// An object, or nothing.
    Json(Option<&'a RawValue>),
    /// An object, or nothing, which the headers of its message do not repeat as they must. That is told to those alone who
    /// may know that there is something to call.
    Mismatched(Option<&'a RawValue>, &'a HeaderMismatch),
    /// Texts by name: the variables of a URI, the arguments of a prompt.
    Texts(&'a [(String, String)]),
}

impl Arguments<'_> {
    /// The values.
    pub(super) fn read(self, parameters: &ParameterSet) -> Result<Vec<(String, SqlValue)>, CallFailure> {
        match self {
            Self::Json(arguments) => parameters.read_json(arguments),
            Self::Mismatched(_, mismatch) => return Err(CallFailure::Headers(mismatch.clone())),
            Self::Texts(texts) => {
                parameters.read_texts(texts.iter().map(|(name, text)| (name.as_str(), text.as_str())))
            }
        }
        .map_err(CallFailure::Arguments)
    }

    /// The arguments for the record, whatever is wrong with them.
    pub(super) fn recorded(self) -> Map<String, Value> {
        match self {
            Self::Json(arguments) | Self::Mismatched(arguments, _) => arguments
                .and_then(|arguments| serde_json::from_str(arguments.get()).ok())
                .unwrap_or_default(),
            Self::Texts(texts) => texts
                .iter()
                .map(|(name, text)| (name.clone(), Value::from(text.as_str())))
                .collect(),
        }
    }
}
