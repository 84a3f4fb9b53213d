//! How text is put into a header value: as it is, or as `=?base64?…?=` (specification 2026-07-28, *Streamable
//! HTTP*, value encoding).
//!
//! Must not live here: which headers may be encoded, and comparisons.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const PREFIX: &str = "=?base64?";
const SUFFIX: &str = "?=";

/// A value marked as base64 that is not canonical base64 of UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not base64 of UTF-8")]
pub struct MalformedValue;

/// The text of a header line, without the white space around it; `None` when it has bytes other than visible
/// ASCII, space and tab.
pub(super) fn text(line: &[u8]) -> Option<&str> {
    let allowed = |byte: &u8| matches!(byte, b'\t' | b' '..=b'~');
    let text = std::str::from_utf8(line)
        .ok()
        .filter(|text| text.as_bytes().iter().all(allowed))?;
    Some(text.trim_matches([' ', '\t']))
}

/// The meaning of a header value. What lacks either marker is meant literally.
pub fn decode(text: &str) -> Result<Cow<'_, str>, MalformedValue> {
    let Some(payload) = text
        .strip_prefix(PREFIX)
        .and_then(|rest| rest.strip_suffix(SUFFIX))
    else {
        return Ok(Cow::Borrowed(text));
    };
    // The engine refuses missing padding and bits that padding hides, so that each text has one encoding.
    let bytes = STANDARD.decode(payload).map_err(|_| MalformedValue)?;
    String::from_utf8(bytes)
        .map(Cow::Owned)
        .map_err(|_| MalformedValue)
}

/// The header value for `text`: as it is when that is safe and unambiguous.
pub fn encode(text: &str) -> Cow<'_, str> {
    let safe = text.bytes().all(|byte| matches!(byte, b'\t' | b' '..=b'~'));
    let padded = text.trim_matches([' ', '\t']).len() != text.len();
    let looks_encoded = text.starts_with(PREFIX) && text.ends_with(SUFFIX);
    if safe && !padded && !looks_encoded {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(format!("{PREFIX}{}{SUFFIX}", STANDARD.encode(text)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_examples_of_the_specification() {
        for (original, encoded) in [
            ("us-west1", "us-west1"),
            ("Hello, 世界", "=?base64?SGVsbG8sIOS4lueVjA==?="),
            (" padded ", "=?base64?IHBhZGRlZCA=?="),
            ("line1\nline2", "=?base64?bGluZTEKbGluZTI=?="),
            ("=?base64?literal?=", "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?="),
        ] {
            assert_eq!(encode(original), encoded);
            assert_eq!(decode(encoded).as_deref(), Ok(original));
        }
    }

    #[test]
    fn a_value_without_both_markers_is_literal() {
        for literal in [
            "SGVsbG8=",
            "=?base64?SGVsbG8=",
            "SGVsbG8=?=",
            "=?BASE64?SGVsbG8=?=",
            "=?base64?=",
            "",
        ] {
            assert_eq!(decode(literal).as_deref(), Ok(literal));
        }
        assert_eq!(decode("=?base64??=").as_deref(), Ok(""));
    }

    #[test]
    fn broken_base64_is_refused() {
        for payload in [
            "SGVsbG8",
            "SGVs!!!bG8=",
            "SGVsbG9=",
            "SGVs bG8=",
            "SGVsbG8==",
            "_-8=",
            "/w==",
            "====",
        ] {
            assert_eq!(
                decode(&format!("=?base64?{payload}?=")),
                Err(MalformedValue),
                "{payload}"
            );
        }
    }

    #[test]
    fn only_visible_ascii_is_header_text() {
        assert_eq!(text(b" \ta b\t "), Some("a b"));
        assert_eq!(text(b""), Some(""));
        for line in [&b"a\nb"[..], b"a\r", b"\0", b"\x7f", b"\xc3\xa9", b"\xff"] {
            assert_eq!(text(line), None, "{line:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_decodes(original in any::<String>()) {
            let encoded = encode(&original);
            prop_assert_eq!(text(encoded.as_bytes()), Some(&*encoded));
            prop_assert_eq!(decode(&encoded), Ok(Cow::Borrowed(original.as_str())));
        }

        #[test]
        fn anything_decodes_or_is_refused(value in "(=\\?base64\\?)?[ -~]{0,20}(\\?=)?") {
            let decoded = decode(&value);
            prop_assert_eq!(decoded.is_err() && !value.starts_with("=?base64?"), false);
        }
    }
}
