//! The JSON-RPC envelope: from bytes to a request, a notification, a response, or a batch of them.
//!
//! A body is checked for UTF-8, skimmed once for its six members, and the parameters stay raw JSON that later
//! readers borrow. Must not live here: parameters, eras, and whether a batch is welcome.

mod members;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;

use serde_json::value::RawValue;

use self::members::{Members, TopLevel};
use super::error::RpcError;
use super::id::RequestId;
use super::raw;

/// Bounds on one message. The size of the body is the transport's bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How deep arrays and objects may nest inside `params`, `result` or `error`.
    pub depth: usize,
    /// How many messages a batch may have.
    pub batch_length: usize,
    /// How many bytes a text identifier may have: it is kept in tables and repeated in answers.
    pub id_length: usize,
}

impl Default for Limits {
    /// Far above what clients send, and below serde's own limit of 128 levels, so that this limit is the one
    /// to answer.
    fn default() -> Self {
        Self {
            depth: 64,
            batch_length: 50,
            id_length: 1024,
        }
    }
}

/// What a body holds.
#[derive(Clone, Debug)]
pub enum Incoming<'a> {
    /// One message.
    Single(Message<'a>),
    /// A JSON-RPC batch, never empty; each entry stands for itself. Only 2025-03-26 has batches.
    Batch(Vec<Result<Message<'a>, InvalidMessage>>),
}

/// One message of a client.
#[derive(Clone, Debug)]
pub enum Message<'a> {
    /// Wants an answer.
    Request(Request<'a>),
    /// Wants none.
    Notification(Notification<'a>),
    /// Answers a request of ours.
    Response(Response<'a>),
}

/// A request.
#[derive(Clone)]
pub struct Request<'a> {
    /// To be echoed in the answer.
    pub id: RequestId,
    /// The method, known or not.
    pub method: Cow<'a, str>,
    /// The parameters; null counts as absent.
    pub params: Option<&'a RawValue>,
}

/// A notification.
#[derive(Clone)]
pub struct Notification<'a> {
    /// The method, known or not.
    pub method: Cow<'a, str>,
    /// The parameters; null counts as absent.
    pub params: Option<&'a RawValue>,
}

/// A response to a request that this server sent.
#[derive(Clone, Debug)]
pub struct Response<'a> {
    /// The request it answers; absent only with an error.
    pub id: Option<RequestId>,
    /// How it went.
    pub outcome: ResponseOutcome<'a>,
}

/// The two forms of a response.
#[derive(Clone)]
pub enum ResponseOutcome<'a> {
    /// `result`.
    Result(&'a RawValue),
    /// `error`.
    Error(&'a RawValue),
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut request = formatter.debug_struct("Request");
        request.field("id", &self.id).field("method", &self.method);
        request.field("params", &raw::SizeOf(self.params)).finish()
    }
}

impl fmt::Debug for Notification<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut notification = formatter.debug_struct("Notification");
        notification
            .field("method", &self.method)
            .field("params", &raw::SizeOf(self.params))
            .finish()
    }
}

impl fmt::Debug for ResponseOutcome<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, value) = match self {
            Self::Result(value) => ("Result", value),
            Self::Error(value) => ("Error", value),
        };
        formatter
            .debug_tuple(name)
            .field(&raw::SizeOf(Some(value)))
            .finish()
    }
}

/// A message that cannot be served, with its identifier if that could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidMessage {
    /// To be echoed. `None` after a syntax error: text that broke off may have cut the identifier short.
    pub id: Option<RequestId>,
    /// What to answer.
    pub error: RpcError,
}

/// Reads a body.
///
/// # Errors
/// -32700 when the body is not JSON in UTF-8, -32600 when it is not a message or exceeds `limits`.
pub fn parse<'a>(body: &'a [u8], limits: &Limits) -> Result<Incoming<'a>, InvalidMessage> {
    let without_id = |error| InvalidMessage { id: None, error };
    let text = std::str::from_utf8(body).map_err(|problem| {
        without_id(RpcError::parse_error(&format!(
            "not UTF-8 at byte {}",
            problem.valid_up_to()
        )))
    })?;
    let top_level = members::skim(text, limits.batch_length).map_err(|problem| {
        let place = format!("not JSON at line {}, column {}", problem.line(), problem.column());
        without_id(RpcError::parse_error(&place))
    })?;
    match top_level {
        TopLevel::Object(members) => message(&members, limits).map(Incoming::Single),
        TopLevel::Other => Err(without_id(not_an_object())),
        TopLevel::Array { too_long: true, .. } => {
            let problem = format!("a batch may have at most {} messages", limits.batch_length);
            Err(without_id(RpcError::invalid_request(&problem)))
        }
        TopLevel::Array { entries, .. } if entries.is_empty() => {
            Err(without_id(RpcError::invalid_request("a batch must not be empty")))
        }
        TopLevel::Array { entries, .. } => Ok(Incoming::Batch(
            entries
                .into_iter()
                .map(|entry| match entry {
                    Some(members) => message(&members, limits),
                    None => Err(without_id(not_an_object())),
                })
                .collect(),
        )),
    }
}

fn not_an_object() -> RpcError {
    RpcError::invalid_request("a message must be an object")
}

/// Tells the three kinds of message apart.
fn message<'a>(members: &Members<'a>, limits: &Limits) -> Result<Message<'a>, InvalidMessage> {
    let id = identifier(members, limits);
    let echoed = id.as_ref().ok().cloned().flatten();
    let invalid = |problem: &str| InvalidMessage {
        id: echoed.clone(),
        error: RpcError::invalid_request(problem),
    };
    if let Some(name) = members.duplicate {
        return Err(invalid(&format!("{name}: given more than once")));
    }
    if members.jsonrpc.and_then(raw::string).as_deref() != Some("2.0") {
        return Err(invalid("jsonrpc: must be \"2.0\""));
    }
    let id = id.map_err(|problem| invalid(&problem))?;
    let payload = [members.params, members.result, members.error];
    if payload
        .into_iter()
        .flatten()
        .any(|value| raw::is_deeper_than(value.get(), limits.depth))
    {
        return Err(invalid(&format!("nested deeper than {} levels", limits.depth)));
    }
    let Some(method) = members.method else {
        return response(members, id).map_err(invalid);
    };
    if members.result.is_some() || members.error.is_some() {
        return Err(invalid("a message has either a method or a result or error"));
    }
    let method = raw::string(method).ok_or_else(|| invalid("method: must be a string"))?;
    let params = members.params.filter(|params| !raw::is_null(params));
    match (id, members.id) {
        (Some(id), _) => Ok(Message::Request(Request { id, method, params })),
        (None, None) => Ok(Message::Notification(Notification { method, params })),
        (None, Some(_)) => Err(invalid("id: must be a string or an integer, not null")),
    }
}

fn response<'a>(members: &Members<'a>, id: Option<RequestId>) -> Result<Message<'a>, &'static str> {
    match (members.result, members.error) {
        (Some(_), None) if id.is_none() => Err("id: missing, must be a string or an integer"),
        (Some(result), None) => Ok(Message::Response(Response {
            id,
            outcome: ResponseOutcome::Result(result),
        })),
        (None, Some(error)) => Ok(Message::Response(Response {
            id,
            outcome: ResponseOutcome::Error(error),
        })),
        (None, None) => Err("method: missing, must be a string"),
        (Some(_), Some(_)) => Err("a response has either a result or an error"),
    }
}

/// The identifier; `Ok(None)` when absent or null, an error when it is of another type, too long or
/// ambiguous.
fn identifier(members: &Members<'_>, limits: &Limits) -> Result<Option<RequestId>, String> {
    if members.duplicate == Some("id") {
        return Err("id: given more than once".to_owned());
    }
    let Some(value) = members.id.filter(|value| !raw::is_null(value)) else {
        return Ok(None);
    };
    let id = RequestId::from_raw(value).ok_or("id: must be a string or an integer of 64 bits")?;
    if id.text_length() > limits.id_length {
        return Err(format!("id: must be at most {} bytes long", limits.id_length));
    }
    Ok(Some(id))
}
