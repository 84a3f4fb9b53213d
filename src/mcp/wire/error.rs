//! What can go wrong with a message, and its JSON-RPC code and HTTP status in each era.
//!
//! Must not live here: failures of a tool, which are results with `isError` (see `result::tool_call`), and
//! OAuth's 401 and 403, which HTTP answers before a message is read.

use std::borrow::Cow;

use mxcp_actors::domain::scope::ScopeSet;

use super::capability::ClientCapabilities;
use super::json::{EncodedJson, ObjectWriter, write_object};
use super::object::InvalidParams;
use super::version::{Era, ProtocolVersion};

/// The longest piece of a client's own text that a message repeats, in characters.
const MAX_QUOTED: usize = 100;

/// The kinds of failure. Code and status follow from the kind and the era alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The body is not JSON in UTF-8.
    ParseError,
    /// The body is JSON, but no message of this protocol.
    InvalidRequest,
    /// The client does not accept one of the two media types of an answer.
    NotAcceptable,
    /// The body is not declared as JSON.
    UnsupportedMediaType,
    /// A legacy request must name its session.
    SessionRequired,
    /// The session has ended or never was.
    SessionNotFound,
    /// The method is unknown, or not of this era, or not served.
    MethodNotFound,
    /// A parameter is missing or wrong; also an unknown tool or prompt and a bad cursor.
    InvalidParams,
    /// The metadata that a modern request must carry is missing or wrong.
    InvalidMetadata,
    /// This server failed.
    InternalError,
    /// There is no such resource.
    ResourceNotFound,
    /// The caller's token was not granted what this needs (RFC 6750, section 3.1).
    InsufficientScope,
    /// A header is missing, malformed or differs from the body.
    HeaderMismatch,
    /// The client did not declare a capability that the request needs.
    MissingClientCapability,
    /// This server does not speak the version of the request.
    UnsupportedProtocolVersion,
}

impl ErrorKind {
    /// Every kind, in the order of the enum.
    pub const ALL: [Self; 15] = [
        Self::ParseError,
        Self::InvalidRequest,
        Self::NotAcceptable,
        Self::UnsupportedMediaType,
        Self::SessionRequired,
        Self::SessionNotFound,
        Self::MethodNotFound,
        Self::InvalidParams,
        Self::InvalidMetadata,
        Self::InternalError,
        Self::ResourceNotFound,
        Self::InsufficientScope,
        Self::HeaderMismatch,
        Self::MissingClientCapability,
        Self::UnsupportedProtocolVersion,
    ];

    /// The JSON-RPC code (specification 2026-07-28, *Overview*, error codes). The codes from -32020 are never
    /// sent to a legacy peer, and -32002 never to a modern one.
    pub const fn code(self, era: Era) -> i32 {
        match (self, era) {
            (Self::ParseError, _) => -32700,
            (
                Self::InvalidRequest
                | Self::NotAcceptable
                | Self::UnsupportedMediaType
                | Self::SessionRequired
                | Self::SessionNotFound
                | Self::InsufficientScope,
                _,
            )
            | (Self::HeaderMismatch, Era::Legacy) => -32600,
            (Self::MethodNotFound, _) => -32601,
            (Self::InvalidParams | Self::InvalidMetadata, _)
            | (Self::MissingClientCapability | Self::UnsupportedProtocolVersion, Era::Legacy)
            | (Self::ResourceNotFound, Era::Modern) => -32602,
            (Self::InternalError, _) => -32603,
            (Self::ResourceNotFound, Era::Legacy) => -32002,
            (Self::HeaderMismatch, Era::Modern) => -32020,
            (Self::MissingClientCapability, Era::Modern) => -32021,
            (Self::UnsupportedProtocolVersion, Era::Modern) => -32022,
        }
    }

    /// The HTTP status of the answer. What the transport does not judge is 200 with the error in the body.
    pub const fn http_status(self, era: Era) -> u16 {
        match (self, era) {
            (Self::InsufficientScope, _) => 403,
            (Self::NotAcceptable, _) => 406,
            (Self::UnsupportedMediaType, _) => 415,
            (Self::SessionNotFound, _) | (Self::MethodNotFound, Era::Modern) => 404,
            (
                Self::ParseError
                | Self::InvalidRequest
                | Self::SessionRequired
                | Self::HeaderMismatch
                | Self::UnsupportedProtocolVersion,
                _,
            )
            | (Self::InvalidMetadata | Self::MissingClientCapability, Era::Modern) => 400,
            (Self::InvalidParams | Self::InternalError | Self::ResourceNotFound, _)
            | (Self::MethodNotFound | Self::InvalidMetadata | Self::MissingClientCapability, Era::Legacy) => {
                200
            }
        }
    }
}

/// A JSON-RPC error object. Messages never hold a secret: values from headers and arguments are not repeated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RpcError {
    kind: ErrorKind,
    message: Cow<'static, str>,
    data: Option<ErrorData>,
}

/// The `data` member, in the forms that the protocol defines for some kinds.
#[derive(Clone, Debug, PartialEq, Eq)]
enum ErrorData {
    Uri(String),
    RequiredScopes(ScopeSet),
    RequiredCapabilities(ClientCapabilities),
    RequestedVersion(String),
    Encoded(EncodedJson<'static>),
}

impl RpcError {
    /// An error of `kind` without data.
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            message: message.into(),
            data: None,
        }
    }

    /// -32700: the body cannot be read; `problem` says where and why.
    pub fn parse_error(problem: &str) -> Self {
        Self::new(ErrorKind::ParseError, format!("Parse error: {problem}"))
    }

    /// -32600: the body is no message; `problem` says what is accepted.
    pub fn invalid_request(problem: &str) -> Self {
        Self::new(ErrorKind::InvalidRequest, format!("Invalid request: {problem}"))
    }

    /// -32601: nothing here answers `method`.
    pub fn method_not_found(method: &str) -> Self {
        let quoted: String = method.chars().take(MAX_QUOTED).collect();
        Self::new(ErrorKind::MethodNotFound, format!("Method not found: {quoted}"))
    }

    /// -32602: a parameter is wrong, or names a tool, prompt or page that is not there.
    pub fn invalid_params(problem: &str) -> Self {
        Self::new(ErrorKind::InvalidParams, format!("Invalid params: {problem}"))
    }

    /// -32602 with HTTP 400: the required metadata of a modern request is missing or wrong.
    pub fn invalid_metadata(problem: &str) -> Self {
        Self::new(ErrorKind::InvalidMetadata, format!("Invalid params: {problem}"))
    }

    /// -32603: this server failed; `message` is safe to show.
    pub fn internal(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::InternalError, message)
    }

    /// -32002 in the legacy era, -32602 in the modern one: there is no resource at `uri`.
    pub fn resource_not_found(uri: &str) -> Self {
        let error = Self::new(ErrorKind::ResourceNotFound, "Resource not found");
        Self {
            data: Some(ErrorData::Uri(uri.to_owned())),
            ..error
        }
    }

    /// -32600 with HTTP 403: the caller's token was not granted all of `required`.
    pub fn insufficient_scope(required: ScopeSet) -> Self {
        let message = format!("Insufficient scope: this needs {required}");
        Self {
            data: Some(ErrorData::RequiredScopes(required)),
            ..Self::new(ErrorKind::InsufficientScope, message)
        }
    }

    /// The scopes that the caller's token lacks some of, if that is what is wrong.
    pub const fn required_scopes(&self) -> Option<&ScopeSet> {
        match &self.data {
            Some(ErrorData::RequiredScopes(scopes)) => Some(scopes),
            _ => None,
        }
    }

    /// -32020: a header is missing, malformed or differs from the body.
    pub fn header_mismatch(problem: &str) -> Self {
        Self::new(ErrorKind::HeaderMismatch, format!("Header mismatch: {problem}"))
    }

    /// -32021: the client did not declare `required`.
    pub fn missing_client_capability(required: ClientCapabilities) -> Self {
        let error = Self::new(
            ErrorKind::MissingClientCapability,
            "A required client capability was not declared",
        );
        Self {
            data: Some(ErrorData::RequiredCapabilities(required)),
            ..error
        }
    }

    /// -32022: this server does not speak `requested`.
    pub fn unsupported_version(requested: &str) -> Self {
        let error = Self::new(
            ErrorKind::UnsupportedProtocolVersion,
            "Unsupported protocol version",
        );
        Self {
            data: Some(ErrorData::RequestedVersion(requested.to_owned())),
            ..error
        }
    }

    /// The same error with further information as `data`.
    #[must_use]
    pub fn with_data(self, data: EncodedJson<'static>) -> Self {
        Self {
            data: Some(ErrorData::Encoded(data)),
            ..self
        }
    }

    /// What went wrong.
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The sentence for people.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The JSON-RPC code in `era`.
    pub const fn code(&self, era: Era) -> i32 {
        self.kind.code(era)
    }

    /// The HTTP status in `era`.
    pub const fn http_status(&self, era: Era) -> u16 {
        self.kind.http_status(era)
    }

    /// Appends the error object.
    pub fn write(&self, out: &mut Vec<u8>, era: Era) {
        write_object(out, |object| {
            object.integer("code", self.code(era));
            object.string("message", &self.message);
            if let Some(data) = &self.data {
                data.write(object);
            }
        });
    }
}

impl ErrorData {
    fn write(&self, object: &mut ObjectWriter<'_>) {
        match self {
            Self::RequiredScopes(scopes) => {
                object.object("data", |data| data.string("scope", &scopes.to_string()));
            }
            Self::Uri(uri) => object.object("data", |data| data.string("uri", uri)),
            Self::RequiredCapabilities(required) => {
                object.object("data", |data| {
                    data.value("requiredCapabilities", |out| required.write(out));
                });
            }
            Self::RequestedVersion(requested) => object.object("data", |data| {
                data.strings("supported", ProtocolVersion::ALL.map(ProtocolVersion::as_str));
                data.string("requested", requested);
            }),
            Self::Encoded(json) => object.raw("data", json.as_bytes()),
        }
    }
}

impl From<InvalidParams> for RpcError {
    fn from(problem: InvalidParams) -> Self {
        Self::invalid_params(&problem.to_string())
    }
}

#[cfg(test)]
mod tests;
