//! What is asked of another server, and what comes back. Neither can be printed: both carry credentials.

use std::fmt;

use url::Url;
use zeroize::Zeroizing;

use crate::domain::secret::Secret;

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutboundMethod {
    /// `GET`
    Get,
    /// `POST`
    Post,
    /// `DELETE`
    Delete,
}

/// A call to another server.
pub struct OutboundRequest {
    /// What is to be done.
    pub method: OutboundMethod,
    /// Where.
    pub url: Url,
    /// `Accept`
    pub accept: &'static str,
    /// `Authorization`, scheme and all.
    pub authorization: Option<Secret>,
    /// Its media type, and the body.
    pub body: Option<(&'static str, Secret)>,
}

/// An answer.
pub struct OutboundResponse {
    /// The HTTP status.
    pub status: u16,
    /// Whether the server said that it is asked too often: status 429, `Retry-After`, or no calls left.
    pub is_rate_limited: bool,
    /// `Content-Type`
    pub content_type: Option<String>,
    /// `Cache-Control`, all of them in one.
    pub cache_control: Option<String>,
    /// The body.
    pub body: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for OutboundResponse {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("OutboundResponse")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// Why there is no answer. The messages name no address and no content: they may be shown to anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.reason())]
pub enum OutboundError {
    /// The host is on a private network or on this machine, and the configuration does not name it.
    AddressRefused,
    /// The address is not https, and the configuration does not name the host.
    SchemeRefused,
    /// The name means no address.
    Unresolved,
    /// Nobody answers there, or the connection broke.
    Unreachable,
    /// TLS failed, for example because of a certificate that nobody vouches for.
    Tls,
    /// The answer took too long.
    TimedOut,
    /// The answer is longer than it may be.
    TooLong,
    /// The answer is not HTTP, or the request cannot be written.
    Malformed,
}

impl OutboundError {
    /// Whether the same call may well be answered a little later.
    #[must_use]
    pub const fn is_temporary(self) -> bool {
        match self {
            Self::Unresolved | Self::Unreachable | Self::Tls | Self::TimedOut => true,
            Self::AddressRefused | Self::SchemeRefused | Self::TooLong | Self::Malformed => false,
        }
    }

    /// The same in words that live as long as the program.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::AddressRefused => "its address is not on the public internet",
            Self::SchemeRefused => "its address is not https",
            Self::Unresolved => "its name cannot be resolved",
            Self::Unreachable => "it cannot be reached",
            Self::Tls => "no secure connection to it can be made",
            Self::TimedOut => "it did not answer in time",
            Self::TooLong => "its answer is too long",
            Self::Malformed => "its answer is not HTTP",
        }
    }
}
