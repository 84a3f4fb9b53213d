//! One message per wrong argument, all of them together.

use mxcp_actors::sql_executor::value::SqlValue;

use crate::endpoints::fixture::{arguments, one, parameters, value};

const NOTES: &str = "    - {name: title, type: string}
    - {name: limit, type: integer, default: 10}
    - {name: since, type: string, format: date, default: null}";

fn messages(json: &str) -> Vec<String> {
    arguments(&parameters(NOTES), json).unwrap_err()
}

#[test]
fn every_wrong_argument_has_its_message() {
    assert_eq!(
        messages(r#"{"limt": 1, "since": "now", "limit": 1.5}"#),
        [
            "Unknown parameter: limt; did you mean \"limit\"? Accepted: title, limit, since",
            "Required parameter missing: title",
            "Error validating parameter 'limit': expected a whole number, without a fraction",
            "Error validating parameter 'since': expected a date (YYYY-MM-DD)",
        ]
    );
    assert_eq!(
        messages(r#"{"title": "a", "title": "b"}"#),
        ["Error validating parameter 'title': is given twice"]
    );
}

#[test]
fn defaults_stand_for_what_is_absent_or_null() {
    let expected = vec![
        ("title".to_owned(), SqlValue::from("a")),
        ("limit".to_owned(), SqlValue::Integer(10)),
        ("since".to_owned(), SqlValue::Null),
    ];
    let set = parameters(NOTES);
    assert_eq!(arguments(&set, r#"{"title": "a"}"#), Ok(expected.clone()));
    assert_eq!(
        arguments(&set, r#"{"since": null, "limit": null, "title": "a"}"#),
        Ok(expected)
    );
    assert_eq!(
        messages(r#"{"title": null}"#),
        ["Required parameter missing: title"]
    );
}

#[test]
fn arguments_are_an_object_or_nothing() {
    let none = parameters("    []");
    assert_eq!(none.read_json(None), Ok(vec![]));
    assert_eq!(arguments(&none, "null"), Ok(vec![]));
    assert_eq!(arguments(&none, "{}"), Ok(vec![]));
    for (json, found) in [
        ("[]", "a list"),
        ("1", "a number"),
        ("\"{}\"", "text"),
        ("true", "a boolean"),
    ] {
        assert_eq!(
            arguments(&none, json).unwrap_err(),
            [format!(
                "The arguments are not accepted: expected an object, found {found}"
            )]
        );
    }
    assert_eq!(
        arguments(&none, r#"{"a": 1}"#).unwrap_err(),
        ["Unknown parameter: a. None is accepted"]
    );
}

#[test]
fn messages_never_hold_values_and_stay_short() {
    let secret = "hunter2-hunter2";
    let set = one("type: integer");
    let message = value(&set, &format!("\"{secret}\"")).unwrap_err();
    assert!(!message.contains(secret), "{message}");
    let long = format!(r#"{{"{}": 1, "x": 1}}"#, "n".repeat(10_000));
    let errors = arguments(&set, &long).unwrap_err();
    assert_eq!(errors.len(), 1);
    assert!(errors[0].chars().count() < 120, "{}", errors[0]);
    let line_break = arguments(&set, r#"{"a\nb": 1, "x": 1}"#).unwrap_err();
    assert_eq!(line_break, [r#"Unknown parameter: "a\nb". Accepted: x"#]);
}

#[test]
fn the_number_of_messages_is_bounded() {
    let set = one("type: array, items: {type: integer}");
    let json = format!(r#"{{"x": [{}"a"]}}"#, "\"a\",".repeat(5_000));
    let errors = arguments(&set, &json).unwrap_err();
    assert_eq!(errors.len(), 20);
    assert_eq!(
        errors[19],
        "Error validating parameter 'x[19]': expected a whole number, found text"
    );
}

#[test]
fn records_hide_what_is_sensitive_and_keep_digits() {
    let set = parameters(
        "    - {name: password, type: string, sensitive: true}
    - {name: card, type: object, properties: {number: {type: string, sensitive: true}, year: {type: integer}}}
    - {name: amount, type: number}
    - {name: day, type: string, format: date}",
    );
    let values = arguments(
        &set,
        r#"{"password": "p", "card": {"number": "1", "year": 30}, "amount": 12345678901234567890.12, "day": "2024-02-29"}"#,
    )
    .unwrap();
    assert_eq!(
        serde_json::Value::Object(set.to_redacted_json(&values)),
        serde_json::json!({
            "password": "[REDACTED]",
            "card": { "number": "[REDACTED]", "year": 30 },
            "amount": "12345678901234567890.12",
            "day": "2024-02-29",
        })
    );
    assert_eq!(
        serde_json::Value::Object(set.to_json(&values)),
        serde_json::json!({
            "password": "p",
            "card": { "number": "1", "year": 30 },
            "amount": 12_345_678_901_234_567_890.12,
            "day": "2024-02-29",
        })
    );
}
