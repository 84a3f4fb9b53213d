//! The protocol on the wire: bytes to messages and parameters, results and notifications to bytes.
//!
//! * in: [`envelope`] finds the messages, [`params`] reads their parameters, [`metadata`] their `_meta`,
//!   [`headers`] the HTTP headers that repeat them;
//! * out: [`result`], [`descriptor`] and [`content`] write themselves in every revision, [`notification`]
//!   likewise, [`response`] puts results and errors into envelopes, [`frame`] puts messages into streams;
//! * both: [`version`] knows which revision has what, [`error`] which code and status a failure has.
//!
//! The types are this server's own, and only for what it serves. Must not live here: decisions that need more
//! than the message itself, I/O, an HTTP framework's types.

pub mod capability;
pub mod content;
pub mod descriptor;
pub mod envelope;
pub mod error;
pub mod frame;
pub mod headers;
pub mod id;
pub mod json;
pub mod log_level;
pub mod metadata;
pub mod method;
pub mod notification;
mod object;
pub mod params;
mod raw;
pub mod response;
pub mod result;
pub mod version;

pub use self::capability::ClientCapabilities;
pub use self::envelope::{Incoming, InvalidMessage, Limits};
pub use self::error::{ErrorKind, RpcError};
pub use self::id::{ProgressToken, RequestId};
pub use self::json::EncodedJson;
pub use self::log_level::LogLevel;
pub use self::metadata::{ClientInfo, RequestMetadata};
pub use self::method::{Method, MethodSet};
pub use self::object::InvalidParams;
pub use self::params::{ClientNotification, ClientRequest, Params};
pub use self::version::{Era, Feature, ProtocolVersion};
