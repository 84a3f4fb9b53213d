//! Why a text cannot be a redirect URI.

use super::LONGEST_REDIRECT_URI;
use crate::domain::uri::NotAUri;

/// The text cannot be a redirect URI. The messages complete the sentence "Invalid `redirect_uri`: …".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRedirectUri {
    /// Longer than [`LONGEST_REDIRECT_URI`].
    #[error("it has more than {LONGEST_REDIRECT_URI} bytes")]
    TooLong,
    /// A control character, a space, a backslash, or anything else that must be percent-encoded.
    #[error("the character at byte {position} is not allowed; percent-encode it")]
    IllegalCharacter {
        /// Offset in bytes.
        position: usize,
    },
    /// No scheme in front.
    #[error("it is not absolute; accepted is a complete address such as https://app.example.com/callback")]
    NotAbsolute,
    /// A scheme that is neither a web address nor an application's own.
    #[error(
        "its scheme is not allowed; accepted are https, http on a loopback host, and an application's own scheme in lower case"
    )]
    Scheme,
    /// `http` to another machine.
    #[error("http is accepted for 127.0.0.1, [::1] and localhost only; use https")]
    HttpBeyondLoopback,
    /// It has a fragment (RFC 6749 section 3.1.2).
    #[error("it has a fragment (#); take it away")]
    Fragment,
    /// It has a user name in front of the host.
    #[error("it has a user name in front of the host (@); take it away")]
    UserInformation,
    /// The host is missing, or a browser would read another one.
    #[error("its host is missing or not written plainly")]
    Host,
    /// The port is not a number from 1 to 65535.
    #[error("its port is not a number from 1 to 65535 without leading zeros")]
    Port,
    /// The path has `.` or `..` in it.
    #[error("its path has . or .. segments; write the path without them")]
    DotSegment,
    /// A control character is percent-encoded in it.
    #[error("it has an encoded control character")]
    ControlCharacter,
    /// There is nothing behind the scheme.
    #[error("there is nothing behind its scheme")]
    Empty,
    /// The out-of-band form, from a client that was not configured by the operator.
    #[error("urn:ietf:wg:oauth:2.0:oob is accepted for clients of the configuration only")]
    OutOfBand,
}

impl From<NotAUri> for InvalidRedirectUri {
    fn from(error: NotAUri) -> Self {
        match error {
            NotAUri::IllegalCharacter { position } => Self::IllegalCharacter { position },
            NotAUri::NoScheme => Self::NotAbsolute,
        }
    }
}
