//! The ordered checks between the bytes of a message and the dispatcher.
//!
//! Host, Origin and authorization come before, in HTTP. Then, in this order (the one the conformance suite
//! expects): media types, syntax, era; for a modern message the required metadata, the headers against the
//! body, the version, the method; for a legacy one the version header, batches, the method. What is left to
//! the dispatcher: capabilities a tool needs, mirrored parameters, and the parameters themselves.
//!
//! Two steps, because between them the caller may have to look a legacy session up: [`Opening::read`] parses
//! and chooses the era, [`Opening::admit`] checks. Must not live here: sessions, dispatch, statuses of
//! results.

mod legacy;
mod modern;
mod opening;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

pub use self::opening::Opening;
use super::wire::envelope::Response;
use super::wire::{
    Era, ErrorKind, InvalidMessage, InvalidParams, Method, MethodSet, Params, ProtocolVersion, RequestId,
    RequestMetadata, RpcError, response,
};

/// What the checks need to know besides the message.
#[derive(Clone, Copy, Debug)]
pub struct Context {
    /// The methods this server answers.
    pub served: MethodSet,
    /// The version that the message's legacy session negotiated, if there is a session.
    pub session_version: Option<ProtocolVersion>,
}

/// A message that may be dispatched.
#[derive(Clone, Debug)]
pub struct Admitted<'a> {
    /// The era it is answered in.
    pub era: Era,
    /// The revision it is answered in. For `initialize`, the one to negotiate.
    pub version: ProtocolVersion,
    /// What came.
    pub content: Content<'a>,
}

/// One message or a batch.
#[derive(Clone, Debug)]
pub enum Content<'a> {
    /// One message.
    Single(AdmittedMessage<'a>),
    /// The entries of a batch of 2025-03-26. A refused entry is answered like a failed request among the
    /// others (`response::error`), and a refused notification is not there at all; when none of the entries is a
    /// request or refused, the answer is 202 without a body.
    Batch(Vec<Result<AdmittedMessage<'a>, InvalidMessage>>),
}

/// A message that may be dispatched.
#[derive(Clone, Debug)]
pub enum AdmittedMessage<'a> {
    /// To be answered.
    Request(AdmittedRequest<'a>),
    /// To be noted; the answer is 202.
    Notification(AdmittedNotification<'a>),
    /// An answer to a request of ours; the answer is 202.
    Response(Response<'a>),
}

/// A request whose parameters are collected and not yet read.
#[derive(Clone, Debug)]
pub struct AdmittedRequest<'a> {
    /// To be echoed.
    pub id: RequestId,
    /// A method that this server answers in this era.
    pub method: Method,
    /// For [`ClientRequest::read`](super::wire::ClientRequest::read).
    pub params: Params<'a>,
    /// `_meta`, read; boxed, because it is far larger than the rest.
    pub metadata: Box<RequestMetadata<'a>>,
}

/// A notification whose parameters are collected and not yet read.
#[derive(Clone, Debug)]
pub struct AdmittedNotification<'a> {
    /// The method, known or not.
    pub method: Cow<'a, str>,
    /// For [`ClientNotification::read`](super::wire::ClientNotification::read).
    pub params: Params<'a>,
}

/// A message that is answered without being dispatched. The body is always JSON, never bare text: a client
/// that speaks both eras takes a 400 without a JSON-RPC error for a legacy server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The HTTP status.
    pub http_status: u16,
    /// A JSON-RPC error response, `application/json`.
    pub body: Vec<u8>,
    /// Why, for logs and metrics.
    pub kind: ErrorKind,
}

impl Refused {
    /// The refusal that answers the request `id` with `error`.
    pub fn new(id: Option<&RequestId>, error: &RpcError, era: Era) -> Self {
        Self {
            http_status: error.http_status(era),
            body: response::error(id, error, era),
            kind: error.kind(),
        }
    }
}

/// A message with its parameters collected, before it is judged.
#[derive(Clone, Debug)]
enum Candidate<'a> {
    Request {
        id: RequestId,
        method: Cow<'a, str>,
        params: Result<Params<'a>, InvalidParams>,
    },
    Notification {
        method: Cow<'a, str>,
        params: Result<Params<'a>, InvalidParams>,
    },
    Response(Response<'a>),
}

impl Candidate<'_> {
    /// Whether a refusal may be sent: notifications and responses are never answered (specification, *Overview*,
    /// messages).
    const fn wants_answer(&self) -> bool {
        matches!(self, Self::Request { .. })
    }

    /// The identifier to echo.
    const fn id(&self) -> Option<&RequestId> {
        match self {
            Self::Request { id, .. } => Some(id),
            Self::Notification { .. } | Self::Response(_) => None,
        }
    }
}

/// Finds a method among those that are served in the era.
fn served_method(name: &str, era: Era, served: MethodSet) -> Result<Method, RpcError> {
    Method::parse(name)
        .filter(|method| method.exists_in(era) && served.contains(*method))
        .ok_or_else(|| RpcError::method_not_found(name))
}

/// A notification has no answer to hold an error, so wrong parameters must show in the HTTP status.
fn notification<'a>(
    method: Cow<'a, str>,
    params: Result<Params<'a>, InvalidParams>,
) -> Result<AdmittedNotification<'a>, RpcError> {
    let params = params.map_err(|problem| RpcError::invalid_request(&problem.to_string()))?;
    Ok(AdmittedNotification { method, params })
}
