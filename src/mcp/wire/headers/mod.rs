//! The HTTP headers that carry protocol meaning, read from whatever HTTP library there is.
//!
//! Must not live here: Host, Origin, Authorization and cookies, which HTTP judges before a message is read.

pub mod media;
pub mod parameter;
pub mod value;

use std::borrow::Cow;

use super::error::RpcError;

/// The version of the protocol.
pub const PROTOCOL_VERSION: &str = "MCP-Protocol-Version";
/// Repeats the method of a modern message.
pub const METHOD: &str = "Mcp-Method";
/// Repeats the name or URI of what a modern request is about.
pub const NAME: &str = "Mcp-Name";
/// Names a legacy session.
pub const SESSION_ID: &str = "Mcp-Session-Id";

/// Access to the header lines of a request. Names compare without case.
///
/// Lines rather than values, because a header that comes twice can mean one thing to a gateway and another to
/// us.
pub trait RequestHeaders {
    /// The value of each line with this name, in order, without the name.
    fn lines<'h>(&'h self, name: &str) -> impl Iterator<Item = &'h [u8]>;
}

/// Name and value of each line, for recorded requests and for tests.
impl RequestHeaders for [(&str, &str)] {
    fn lines<'h>(&'h self, name: &str) -> impl Iterator<Item = &'h [u8]> {
        self.iter()
            .filter(move |(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_bytes())
    }
}

/// A header that may come once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FieldValue<'h> {
    /// Not sent.
    #[default]
    Absent,
    /// Sent once; visible ASCII, spaces and tabs, without white space around it (RFC 9110, section 5.5).
    Text(&'h str),
    /// Sent more than once, or with other bytes.
    Unusable,
}

impl<'h> FieldValue<'h> {
    /// Reads the header `name`.
    pub fn read<H: RequestHeaders + ?Sized>(headers: &'h H, name: &str) -> Self {
        let mut lines = headers.lines(name);
        match (lines.next(), lines.next()) {
            (None, _) => Self::Absent,
            (Some(line), None) => value::text(line).map_or(Self::Unusable, Self::Text),
            (Some(_), Some(_)) => Self::Unusable,
        }
    }

    /// The text, if there is one.
    pub const fn text(self) -> Option<&'h str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Absent | Self::Unusable => None,
        }
    }
}

/// The headers that every message is judged by, read once.
#[derive(Clone, Copy, Debug)]
pub struct StandardHeaders<'h> {
    /// `MCP-Protocol-Version`.
    pub protocol_version: FieldValue<'h>,
    /// `Mcp-Method`.
    pub method: FieldValue<'h>,
    /// `Mcp-Name`, still encoded.
    pub name: FieldValue<'h>,
    /// `Mcp-Session-Id`.
    pub session_id: FieldValue<'h>,
    /// Whether `Accept` allows both `application/json` and `text/event-stream`.
    pub accepts_both_media_types: bool,
    /// Whether `Content-Type` is `application/json`.
    pub content_type_is_json: bool,
}

impl<'h> StandardHeaders<'h> {
    /// Reads the headers of a request.
    pub fn read<H: RequestHeaders + ?Sized>(headers: &'h H) -> Self {
        Self {
            protocol_version: FieldValue::read(headers, PROTOCOL_VERSION),
            method: FieldValue::read(headers, METHOD),
            name: FieldValue::read(headers, NAME),
            session_id: FieldValue::read(headers, SESSION_ID),
            accepts_both_media_types: media::accepts(headers, media::JSON)
                && media::accepts(headers, media::EVENT_STREAM),
            content_type_is_json: media::content_type_is_json(headers),
        }
    }
}

/// A header that does not say what the body says. The texts do not repeat values: arguments may be
/// confidential.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderMismatch {
    /// A required header was not sent.
    #[error("{header} is missing, must repeat {source_field} of the body")]
    Missing {
        /// The header's name.
        header: Cow<'static, str>,
        /// What it mirrors.
        source_field: String,
    },
    /// The header was sent more than once, or its bytes are not allowed, or its base64 is wrong.
    #[error("{header} is malformed, must be sent once, as visible ASCII or as =?base64?...?= of UTF-8")]
    Malformed {
        /// The header's name.
        header: Cow<'static, str>,
    },
    /// The header says something else than the body.
    #[error("{header} differs from {source_field} of the body")]
    Different {
        /// The header's name.
        header: Cow<'static, str>,
        /// What it mirrors.
        source_field: String,
    },
    /// The body has a text where the header looks into an object: what the text says would not be mirrored.
    #[error(
        "{source_field} stands inside a text in the body, so {header} cannot be compared; send an object"
    )]
    Hidden {
        /// The header's name.
        header: Cow<'static, str>,
        /// What it mirrors.
        source_field: String,
    },
    /// The body has two values where the header mirrors one.
    #[error("{source_field} is given more than once in the body, so {header} cannot be compared")]
    Ambiguous {
        /// The header's name.
        header: Cow<'static, str>,
        /// What it mirrors.
        source_field: String,
    },
}

impl From<HeaderMismatch> for RpcError {
    fn from(problem: HeaderMismatch) -> Self {
        Self::header_mismatch(&problem.to_string())
    }
}

/// Checks that a header that is never encoded repeats `expected`.
pub fn check_plain(
    header: &'static str,
    value: FieldValue<'_>,
    source_field: &str,
    expected: &str,
) -> Result<(), HeaderMismatch> {
    compare(header, value, source_field, |text| Ok(text == expected))
}

/// Checks that a header that may be encoded repeats `expected`.
pub fn check_encodable(
    header: &'static str,
    value: FieldValue<'_>,
    source_field: &str,
    expected: &str,
) -> Result<(), HeaderMismatch> {
    compare(header, value, source_field, |text| {
        Ok(value::decode(text)? == expected)
    })
}

fn compare(
    header: &'static str,
    value: FieldValue<'_>,
    source_field: &str,
    equal: impl FnOnce(&str) -> Result<bool, value::MalformedValue>,
) -> Result<(), HeaderMismatch> {
    let (header, source_field) = (Cow::Borrowed(header), source_field.to_owned());
    match value {
        FieldValue::Absent => Err(HeaderMismatch::Missing { header, source_field }),
        FieldValue::Unusable => Err(HeaderMismatch::Malformed { header }),
        FieldValue::Text(text) => match equal(text) {
            Ok(true) => Ok(()),
            Ok(false) => Err(HeaderMismatch::Different { header, source_field }),
            Err(value::MalformedValue) => Err(HeaderMismatch::Malformed { header }),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_name(lines: &[(&str, &str)]) -> Result<(), HeaderMismatch> {
        check_encodable(NAME, FieldValue::read(lines, NAME), "params.name", "tool")
    }

    #[test]
    fn header_names_have_no_case_and_values_have() {
        for name in ["Mcp-Name", "mcp-name", "MCP-NAME"] {
            assert_eq!(check_name(&[(name, "tool")]), Ok(()), "{name}");
        }
        assert!(matches!(
            check_name(&[("Mcp-Name", "TOOL")]),
            Err(HeaderMismatch::Different { .. })
        ));
    }

    #[test]
    fn each_failure_is_told_apart() {
        assert!(matches!(check_name(&[]), Err(HeaderMismatch::Missing { .. })));
        assert!(matches!(
            check_name(&[("Mcp-Name", "")]),
            Err(HeaderMismatch::Different { .. })
        ));
        assert!(matches!(
            check_name(&[("Mcp-Name", "tool"), ("mcp-name", "tool")]),
            Err(HeaderMismatch::Malformed { .. })
        ));
        assert!(matches!(
            check_name(&[("Mcp-Name", "töol")]),
            Err(HeaderMismatch::Malformed { .. })
        ));
        assert!(matches!(
            check_name(&[("Mcp-Name", "=?base64?dG9vbA?=")]),
            Err(HeaderMismatch::Malformed { .. })
        ));
        assert_eq!(check_name(&[("Mcp-Name", " =?base64?dG9vbA==?=\t")]), Ok(()));
        assert_eq!(check_name(&[("Mcp-Name", "  tool \t")]), Ok(()));
    }

    #[test]
    fn plain_headers_are_not_decoded() {
        let encoded = FieldValue::Text("=?base64?dG9vbHMvbGlzdA==?=");
        assert!(matches!(
            check_plain(METHOD, encoded, "method", "tools/list"),
            Err(HeaderMismatch::Different { .. })
        ));
        assert_eq!(
            check_plain(METHOD, FieldValue::Text("tools/list"), "method", "tools/list"),
            Ok(())
        );
    }

    #[test]
    fn messages_name_the_header_and_its_source_but_no_value() {
        let error = RpcError::from(check_name(&[("Mcp-Name", "s3cret")]).unwrap_err());
        assert_eq!(
            error.message(),
            "Header mismatch: Mcp-Name differs from params.name of the body"
        );
    }
}
