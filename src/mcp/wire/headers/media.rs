//! `Accept` and `Content-Type`, as far as they decide whether a message can be answered.
//!
//! Must not live here: content negotiation between the two answers; a server may choose either.

use super::RequestHeaders;

/// The media type of a message.
pub const JSON: &str = "application/json";
/// The media type of a stream of messages.
pub const EVENT_STREAM: &str = "text/event-stream";

/// How closely an element of `Accept` names a media type; the closest one decides (RFC 9110, section 12.5.1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Closeness {
    AnyType,
    SameKind,
    Exact,
}

/// Whether `Accept` allows `media_type`, by name or by range. Without the header: no, because the protocol
/// requires a client to list what it understands.
pub fn accepts<H: RequestHeaders + ?Sized>(headers: &H, media_type: &str) -> bool {
    let elements = headers
        .lines("Accept")
        .flat_map(|line| line.split(|byte| *byte == b','));
    let matching = elements.filter_map(|element| {
        let mut parts = element.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
        let closeness = closeness(parts.next().unwrap_or_default(), media_type)?;
        Some((closeness, !parts.any(is_zero_weight)))
    });
    matching.max().is_some_and(|(_, acceptable)| acceptable)
}

fn closeness(range: &[u8], media_type: &str) -> Option<Closeness> {
    if range.eq_ignore_ascii_case(media_type.as_bytes()) {
        return Some(Closeness::Exact);
    }
    let kind = range.strip_suffix(b"/*")?;
    if kind == b"*" {
        return Some(Closeness::AnyType);
    }
    let (expected, _) = media_type.split_once('/')?;
    kind.eq_ignore_ascii_case(expected.as_bytes())
        .then_some(Closeness::SameKind)
}

/// Whether a parameter says "not acceptable": `q=0`, `q=0.`, `q=0.000`.
fn is_zero_weight(parameter: &[u8]) -> bool {
    let Some((b"q" | b"Q", weight)) = parameter.split_at_checked(1) else {
        return false;
    };
    let Some(weight) = weight.trim_ascii_start().strip_prefix(b"=") else {
        return false;
    };
    let weight = weight.trim_ascii();
    weight.first() == Some(&b'0') && weight.iter().all(|byte| matches!(byte, b'0' | b'.'))
}

/// Whether `Content-Type` is JSON, with or without parameters. JSON has no other encoding than UTF-8, so a
/// `charset` is not looked at: the body itself is checked.
pub fn content_type_is_json<H: RequestHeaders + ?Sized>(headers: &H) -> bool {
    let mut lines = headers.lines("Content-Type");
    let (Some(line), None) = (lines.next(), lines.next()) else {
        return false;
    };
    let essence = line.split(|byte| *byte == b';').next().unwrap_or_default();
    essence.trim_ascii().eq_ignore_ascii_case(JSON.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_types_must_be_acceptable() {
        for (accept, json, stream) in [
            ("application/json, text/event-stream", true, true),
            ("text/event-stream,application/json", true, true),
            ("Application/JSON;q=0.9 , TEXT/Event-Stream; q=0.1", true, true),
            ("*/*", true, true),
            ("application/*, text/*", true, true),
            ("application/json", true, false),
            ("text/event-stream", false, true),
            ("application/json, text/event-stream;q=0", true, false),
            ("application/json;q=0.000, */*;q=0.1", false, true),
            ("*/*;q=0, text/*, application/json", true, true),
            ("application/json; q = 0", false, false),
            ("application/json2, text/event-streams", false, false),
            ("text/html", false, false),
            ("", false, false),
        ] {
            let headers = [("accept", accept)];
            assert_eq!(accepts(&headers[..], JSON), json, "{accept}");
            assert_eq!(accepts(&headers[..], EVENT_STREAM), stream, "{accept}");
        }
    }

    #[test]
    fn accept_may_be_spread_over_lines_or_absent() {
        let lines = [("Accept", "application/json"), ("Accept", "text/event-stream")];
        assert!(accepts(&lines[..], JSON) && accepts(&lines[..], EVENT_STREAM));
        assert!(!accepts(&[][..], JSON));
    }

    #[test]
    fn the_body_must_be_declared_as_json() {
        for (content_type, expected) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            (" application/json ;charset=\"utf-8\"", true),
            ("application/json-rpc", false),
            ("text/plain", false),
            ("application/x-www-form-urlencoded", false),
            ("", false),
        ] {
            assert_eq!(
                content_type_is_json(&[("Content-Type", content_type)][..]),
                expected,
                "{content_type}"
            );
        }
        assert!(!content_type_is_json(&[][..]));
        let twice = [("Content-Type", JSON), ("Content-Type", JSON)];
        assert!(!content_type_is_json(&twice[..]));
    }
}
