//! Reading single values out of JSON that was skimmed but not parsed.
//!
//! Must not live here: names of members and what a wrong value means.

use std::borrow::Cow;
use std::fmt;

use serde_json::value::RawValue;

/// Prints the size of a value and not the value: what clients send may be confidential, and logs are not.
pub(crate) struct SizeOf<'a>(pub(crate) Option<&'a RawValue>);

impl fmt::Debug for SizeOf<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(value) => write!(formatter, "{} bytes", value.get().len()),
            None => formatter.write_str("absent"),
        }
    }
}

/// The string, borrowed unless it holds an escape. `None` when it is not a string, or has escapes that are
/// not Unicode.
pub(crate) fn string(value: &RawValue) -> Option<Cow<'_, str>> {
    let inner = value.get().strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        serde_json::from_str(value.get()).ok().map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(inner))
    }
}

/// The number, if it is written as an integer of 64 bits.
pub(crate) fn integer(value: &RawValue) -> Option<i64> {
    value.get().parse().ok()
}

/// The boolean.
pub(crate) fn boolean(value: &RawValue) -> Option<bool> {
    match value.get() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// Whether the value is `null`.
pub(crate) fn is_null(value: &RawValue) -> bool {
    value.get() == "null"
}

/// Whether the value is a string.
pub(crate) fn is_string(value: &RawValue) -> bool {
    value.get().starts_with('"')
}

/// Whether the value is an object.
pub(crate) fn is_object(value: &RawValue) -> bool {
    value.get().starts_with('{')
}

/// Whether arrays and objects in `json` are nested deeper than `limit`. Skimming is iterative, but what
/// parses the value later may recurse.
pub(crate) fn is_deeper_than(json: &str, limit: usize) -> bool {
    if json.len() <= limit {
        return false;
    }
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in json.bytes() {
        if in_string {
            in_string = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => {
                depth += 1;
                if depth > limit {
                    return true;
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn raw(json: &str) -> &RawValue {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn strings_are_borrowed_when_they_can_be() {
        assert!(matches!(
            string(raw("\"tools/call\"")),
            Some(Cow::Borrowed("tools/call"))
        ));
        assert_eq!(string(raw(r#""tools\/call""#)).as_deref(), Some("tools/call"));
        assert_eq!(string(raw(r#""\ud83d\ude00""#)).as_deref(), Some("😀"));
        for not_a_string in [r#""\ud800""#, "1", "null", "[\"a\"]"] {
            assert_eq!(string(raw(not_a_string)), None, "{not_a_string}");
        }
    }

    #[test]
    fn integers_are_written_as_integers() {
        for (json, expected) in [
            ("0", Some(0)),
            ("-1", Some(-1)),
            ("9223372036854775807", Some(i64::MAX)),
            ("9223372036854775808", None),
            ("1.0", None),
            ("1e3", None),
            ("\"1\"", None),
        ] {
            assert_eq!(integer(raw(json)), expected, "{json}");
        }
    }

    #[test]
    fn depth_counts_nesting_and_not_text() {
        for (json, depth) in [
            ("1", 0),
            ("[]", 1),
            ("[[1],[2]]", 2),
            (r#"{"a":[{"b":[]}]}"#, 4),
            (r#"["[[[[\"[[[["]"#, 1),
            (r#"["\\",[["\\\"[[["]]]"#, 3),
        ] {
            assert!(!is_deeper_than(json, depth), "{json} is at most {depth} deep");
            if depth > 0 {
                assert!(
                    is_deeper_than(json, depth - 1),
                    "{json} is deeper than {}",
                    depth - 1
                );
            }
        }
    }

    fn depth(value: &Value) -> usize {
        match value {
            Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
            Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let text = r#"[\[\]{}"\\a]{0,6}"#;
        text.prop_map(Value::from).prop_recursive(5, 24, 3, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::hash_map(text, inner, 0..3).prop_map(|members| json!(members)),
            ]
        })
    }

    proptest! {
        #[test]
        fn depth_is_that_of_the_value(value in any_json()) {
            let (json, depth) = (value.to_string(), depth(&value));
            prop_assert!(!is_deeper_than(&json, depth));
            prop_assert!(depth == 0 || is_deeper_than(&json, depth - 1));
        }
    }
}
