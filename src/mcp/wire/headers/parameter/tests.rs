//! Declarations and comparisons of mirrored parameters.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn parameter(path: &[&str], header: &str, kind: HeaderParameterKind) -> HeaderParameter {
    let path = path.iter().map(|&step| step.to_owned()).collect();
    HeaderParameter {
        path,
        header: header.to_owned(),
        kind,
    }
}

#[test]
fn declarations_are_found_along_properties() {
    let schema = json!({
        "type": "object",
        "properties": {
            "region": {"type": "string", "x-mcp-header": "Region"},
            "options": {
                "type": "object",
                "properties": {
                    "dry": {"type": "boolean", "x-mcp-header": "Dry-Run"},
                    "x-mcp-header": {"type": "integer", "x-mcp-header": "Odd"},
                },
            },
            "note": {"type": "string", "default": {"x-mcp-header": "data, not a declaration"}},
        },
    });
    let mut found = declared_in(&schema).unwrap();
    found.sort_by(|a, b| a.header.cmp(&b.header));
    assert_eq!(
        found,
        [
            parameter(
                &["options", "dry"],
                "Mcp-Param-Dry-Run",
                HeaderParameterKind::Boolean
            ),
            parameter(
                &["options", "x-mcp-header"],
                "Mcp-Param-Odd",
                HeaderParameterKind::Integer
            ),
            parameter(&["region"], "Mcp-Param-Region", HeaderParameterKind::Text),
        ]
    );
}

#[test]
fn declarations_that_clients_would_refuse_are_refused() {
    let annotated = || json!({"type": "string", "x-mcp-header": "A"});
    let named =
        |name: serde_json::Value| json!({"properties": {"a/b": {"type": "string", "x-mcp-header": name}}});
    let typed = |kind: serde_json::Value| json!({"properties": {"a": {"type": kind, "x-mcp-header": "A"}}});
    for (schema, expected) in [
        (
            named(json!("")),
            "/properties/a~1b: x-mcp-header must be a non-empty token",
        ),
        (
            named(json!("two words")),
            "/properties/a~1b: x-mcp-header must be a non-empty token",
        ),
        (
            named(json!("line\nbreak")),
            "/properties/a~1b: x-mcp-header must be a non-empty token",
        ),
        (
            named(json!("Ü")),
            "/properties/a~1b: x-mcp-header must be a non-empty token",
        ),
        (
            named(json!(7)),
            "/properties/a~1b: x-mcp-header must be a non-empty token",
        ),
        (typed(json!("number")), "/properties/a: x-mcp-header needs"),
        (typed(json!("object")), "/properties/a: x-mcp-header needs"),
        (
            typed(json!(["string", "null"])),
            "/properties/a: x-mcp-header needs",
        ),
        (
            json!({"properties": {"a": {"x-mcp-header": "A"}}}),
            "/properties/a: x-mcp-header needs",
        ),
        (annotated(), ": x-mcp-header may only stand on properties"),
        (
            json!({"properties": {"a": {"items": annotated()}}}),
            "/properties/a/items: x-mcp-header may only",
        ),
        (json!({"anyOf": [annotated()]}), "/anyOf: x-mcp-header may only"),
        (
            json!({"$defs": {"a": annotated()}}),
            "/$defs/a: x-mcp-header may only",
        ),
        (
            json!({"then": {"properties": {"a": annotated()}}}),
            "/then/properties/a: x-mcp-header may only",
        ),
        (
            json!({"properties": {"a": annotated(), "b": {"type": "string", "x-mcp-header": "a"}}}),
            "/properties/b: x-mcp-header \"a\" is used twice",
        ),
    ] {
        let problem = declared_in(&schema).unwrap_err().to_string();
        assert!(
            problem.starts_with(expected),
            "{problem:?} should start with {expected:?}"
        );
    }
}

fn outcome(kind: HeaderParameterKind, header: Option<&str>, arguments: &str) -> &'static str {
    let declared = [parameter(&["in", "a"], "Mcp-Param-A", kind)];
    let lines: Vec<_> = header.map(|value| ("mcp-param-a", value)).into_iter().collect();
    let arguments: &RawValue = serde_json::from_str(arguments).unwrap();
    match check(&lines[..], &declared, Some(arguments)) {
        Ok(()) => "same",
        Err(HeaderMismatch::Missing { .. }) => "missing",
        Err(HeaderMismatch::Malformed { .. }) => "malformed",
        Err(HeaderMismatch::Different { .. }) => "different",
        Err(HeaderMismatch::Hidden { .. }) => "hidden",
        Err(HeaderMismatch::Ambiguous { .. }) => "ambiguous",
    }
}

#[test]
fn a_header_is_there_exactly_when_its_value_is() {
    for (header, arguments, expected) in [
        (None, "{}", "same"),
        (None, r#"{"in":null}"#, "same"),
        (None, r#"{"in":{"a":null}}"#, "same"),
        (None, r#"{"in":[{"a":"x"}]}"#, "same"),
        (None, r#"{"in":{"a":"x"}}"#, "missing"),
        (None, r#"{"in":{"a":""}}"#, "missing"),
        (Some("x"), "{}", "different"),
        (Some("x"), r#"{"in":{"a":null}}"#, "different"),
        (Some("x"), r#"{"in":{"a":"x"}}"#, "same"),
        (Some("x"), r#"{"in":{"a":"X"}}"#, "different"),
        (Some("x"), r#"{"in":{"a":"x","\u0061":"y"}}"#, "ambiguous"),
        (Some("x"), r#"{"in":{"a":"x"},"in":{"a":"y"}}"#, "ambiguous"),
        (None, r#"{"in":"{\"a\":\"x\"}"}"#, "hidden"),
        (Some("x"), r#"{"in":"{\"a\":\"x\"}"}"#, "hidden"),
    ] {
        assert_eq!(
            outcome(HeaderParameterKind::Text, header, arguments),
            expected,
            "{header:?} {arguments}"
        );
    }
    assert_eq!(
        check(
            &[][..],
            &[parameter(&["a"], "Mcp-Param-A", HeaderParameterKind::Text)],
            None
        ),
        Ok(())
    );
}

#[test]
fn the_cases_of_the_conformance_suite() {
    for (header, value, expected) in [
        ("=?base64?SGVsbG8=?=", "Hello", "same"),
        ("=?base64?SGVsbG8?=", "Hello", "malformed"),
        ("=?base64?SGVs!!!bG8=?=", "Hello", "malformed"),
        ("SGVsbG8=", "SGVsbG8=", "same"),
        ("=?base64?SGVsbG8=", "=?base64?SGVsbG8=", "same"),
    ] {
        let arguments = json!({"in": {"a": value}}).to_string();
        assert_eq!(
            outcome(HeaderParameterKind::Text, Some(header), &arguments),
            expected,
            "{header}"
        );
    }
}

#[test]
fn integers_are_compared_as_numbers() {
    for (header, value, expected) in [
        ("42", "42", "same"),
        ("42.0", "42", "same"),
        ("42", "42.00", "same"),
        ("-0", "0", "same"),
        ("042", "42", "same"),
        ("42", "43", "different"),
        ("42.5", "42", "different"),
        ("42.", "42", "different"),
        ("+42", "42", "different"),
        ("9007199254740991", "9007199254740991", "same"),
        ("9007199254740993", "9007199254740993", "different"),
        ("-9007199254740992", "-9007199254740992", "different"),
        ("inf", "42", "different"),
        ("", "0", "different"),
        ("abc", "\"abc\"", "same"),
    ] {
        let arguments = format!(r#"{{"in":{{"a":{value}}}}}"#);
        assert_eq!(
            outcome(HeaderParameterKind::Integer, Some(header), &arguments),
            expected,
            "{header} {value}"
        );
    }
}

#[test]
fn booleans_and_wrong_types_are_compared_as_they_are_written() {
    for (kind, header, value, expected) in [
        (HeaderParameterKind::Boolean, "true", "true", "same"),
        (HeaderParameterKind::Boolean, "True", "true", "different"),
        (HeaderParameterKind::Boolean, "1", "true", "different"),
        (HeaderParameterKind::Text, "5", "5", "same"),
        (HeaderParameterKind::Text, "{}", "{}", "different"),
        (HeaderParameterKind::Boolean, "[]", "[]", "different"),
        (HeaderParameterKind::Text, "\"x\"", "\"\\ud800\"", "different"),
    ] {
        let arguments = format!(r#"{{"in":{{"a":{value}}}}}"#);
        assert_eq!(
            outcome(kind, Some(header), &arguments),
            expected,
            "{header} {value}"
        );
    }
}

proptest! {
    #[test]
    fn what_a_client_encodes_is_accepted(text in any::<String>()) {
        let arguments = json!({"in": {"a": text}}).to_string();
        let header = value::encode(&text);
        prop_assert_eq!(outcome(HeaderParameterKind::Text, Some(&header), &arguments), "same");
    }

    #[test]
    fn safe_integers_are_accepted(number in -MAX_SAFE_INTEGER..=MAX_SAFE_INTEGER) {
        let arguments = json!({"in": {"a": number}}).to_string();
        prop_assert_eq!(outcome(HeaderParameterKind::Integer, Some(&number.to_string()), &arguments), "same");
    }
}
