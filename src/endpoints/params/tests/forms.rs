//! The forms in which each type is taken.

use mxcp_actors::sql_executor::engine::data_type::DataType;
use mxcp_actors::sql_executor::value::{Duration, SqlValue};

use crate::endpoints::fixture::{instant, one, parameters, value};

fn text(text: &str) -> SqlValue {
    SqlValue::Text(text.to_owned())
}

fn decimal(unscaled: i128, scale: u8) -> SqlValue {
    SqlValue::Decimal { unscaled, scale }
}

fn assert_forms(definition: &str, forms: &[(&str, SqlValue)]) {
    let set = one(definition);
    for (json, expected) in forms {
        assert_eq!(value(&set, json), Ok(expected.clone()), "{json} for {definition}");
    }
}

fn assert_refused(definition: &str, refusals: &[(&str, &str)]) {
    let set = one(definition);
    for (json, problem) in refusals {
        let message = format!("Error validating parameter 'x': {problem}");
        assert_eq!(value(&set, json), Err(message), "{json} for {definition}");
    }
}

#[test]
fn numbers_keep_all_their_digits() {
    assert_forms(
        "type: number",
        &[
            ("1", SqlValue::Integer(1)),
            ("0.1", decimal(1, 1)),
            ("1.50", decimal(150, 2)),
            (
                "12345678901234567890.12",
                decimal(1_234_567_890_123_456_789_012, 2),
            ),
            ("1e2", SqlValue::Integer(100)),
            ("1e300", SqlValue::Double(1e300)),
            ("\"2.5\"", decimal(25, 1)),
        ],
    );
    assert_refused(
        "type: number",
        &[
            ("1e999", "expected a number that is not beyond 1.7e308"),
            ("\"nan\"", "expected a number, found text"),
            ("\"\"", "expected a number, found text"),
            ("true", "expected a number, found a boolean"),
            ("[1]", "expected a number, found a list"),
        ],
    );
}

#[test]
fn an_integer_is_never_cut() {
    assert_forms(
        "type: integer",
        &[
            ("5", SqlValue::Integer(5)),
            ("5.0", SqlValue::Integer(5)),
            ("5e1", SqlValue::Integer(50)),
            ("\"5\"", SqlValue::Integer(5)),
            (
                "-9223372036854775809",
                SqlValue::Integer(-9_223_372_036_854_775_809),
            ),
            (
                "170141183460469231731687303715884105727",
                SqlValue::Integer(i128::MAX),
            ),
        ],
    );
    assert_refused(
        "type: integer",
        &[
            ("5.5", "expected a whole number, without a fraction"),
            ("\"5.5\"", "expected a whole number, without a fraction"),
            (
                "170141183460469231731687303715884105728",
                "expected a whole number of at most 128 bits",
            ),
            ("\"five\"", "expected a whole number, found text"),
            ("true", "expected a whole number, found a boolean"),
        ],
    );
}

#[test]
fn booleans_have_words() {
    let yes = SqlValue::Boolean(true);
    let no = SqlValue::Boolean(false);
    for json in ["true", "\"true\"", "\"Yes\"", "\"on\"", "1", "\"1\""] {
        assert_forms("type: boolean", &[(json, yes.clone())]);
    }
    for json in ["false", "\"FALSE\"", "\"no\"", "\"off\"", "0"] {
        assert_forms("type: boolean", &[(json, no.clone())]);
    }
    assert_refused(
        "type: boolean",
        &[
            ("\"maybe\"", "expected true or false, found text"),
            ("2", "expected true or false, found a number"),
            ("\"\"", "expected true or false, found text"),
            ("[]", "expected true or false, found a list"),
        ],
    );
}

#[test]
fn text_takes_numbers_as_they_were_written() {
    assert_forms(
        "type: string",
        &[
            ("\"a\"", text("a")),
            ("\"\"", text("")),
            ("1.50", text("1.50")),
            ("12345678901234567890123", text("12345678901234567890123")),
            ("true", text("true")),
            (r#""a\u00e9\n\"""#, text("aé\n\"")),
            (r#""\ud83d\ude00""#, text("😀")),
            (r#""a\u0000b""#, text("a\0b")),
        ],
    );
    assert_refused(
        "type: string",
        &[
            ("[]", "expected text, found a list"),
            ("{}", "expected text, found an object"),
            (r#""\ud800""#, "is not valid Unicode text"),
        ],
    );
}

#[test]
fn formats_become_typed_values() {
    assert_forms(
        "type: string, format: date",
        &[("\"1970-01-02\"", SqlValue::Date(1))],
    );
    assert_forms(
        "type: string, format: time",
        &[("\"00:00:01\"", SqlValue::Time(1_000_000))],
    );
    assert_forms(
        "type: string, format: date-time",
        &[
            ("\"1970-01-01T00:00:01\"", instant(1_000_000)),
            ("\"1970-01-01T01:00:00+01:00\"", instant(0)),
        ],
    );
    assert_forms(
        "type: string, format: timestamp",
        &[
            ("1.5", SqlValue::Timestamp(1_500_000)),
            ("\"1\"", SqlValue::Timestamp(1_000_000)),
        ],
    );
    let duration = SqlValue::Duration(Duration {
        months: 0,
        days: 1,
        micros: 5_400_000_000,
        text: "P1DT1H30M".to_owned(),
    });
    assert_forms("type: string, format: duration", &[("\"P1DT1H30M\"", duration)]);
    assert_refused(
        "type: string, format: duration",
        &[(
            "\"P2147483648D\"",
            "expected a duration of at most 178956970 years, 2147483647 days and 2562047788 hours, in whole microseconds",
        )],
    );
    assert_forms("type: string, format: email", &[("\"a@b.c\"", text("a@b.c"))]);
    assert_forms("type: string, format: uri", &[("\"urn:x\"", text("urn:x"))]);
}

#[test]
fn a_text_without_its_format_is_refused() {
    for (format, problem) in [
        ("email", "expected an e-mail address (name@example.org)"),
        ("uri", "expected a URI (https://example.org/path)"),
        ("date", "expected a date (YYYY-MM-DD)"),
        ("time", "expected a time (HH:MM:SS, without an offset)"),
        (
            "date-time",
            "expected a date and time (YYYY-MM-DDTHH:MM:SS, with or without an offset)",
        ),
        ("duration", "expected an ISO 8601 duration (P1DT2H30M)"),
        ("timestamp", "expected seconds since 1970-01-01T00:00:00Z"),
    ] {
        assert_refused(
            &format!("type: string, format: {format}"),
            &[("\"x y\"", problem)],
        );
    }
    assert_refused(
        "type: string, format: date",
        &[("20240101", "expected a date (YYYY-MM-DD), found a number")],
    );
}

#[test]
fn constraints_name_the_bound() {
    assert_refused(
        "type: string, minLength: 2, maxLength: 3, pattern: '^é+$'",
        &[
            ("\"é\"", "must have at least 2 characters, found 1"),
            ("\"éééé\"", "must have at most 3 characters, found 4"),
            ("\"ab\"", "must match the pattern ^é+$"),
        ],
    );
    assert_refused(
        "type: number, minimum: 0.1, exclusiveMaximum: 1e3, multipleOf: 0.1",
        &[
            ("0", "must be at least 0.1"),
            ("1000", "must be less than 1000"),
            ("0.35", "must be a multiple of 0.1"),
        ],
    );
    assert_forms(
        "type: number, multipleOf: 0.1",
        &[("0.3", decimal(3, 1)), ("7", SqlValue::Integer(7))],
    );
    assert_refused(
        "type: integer, maximum: 9007199254740993, exclusiveMinimum: 0",
        &[
            ("9007199254740994", "must be at most 9007199254740993"),
            ("0", "must be more than 0"),
        ],
    );
}

#[test]
fn only_listed_values_are_accepted() {
    let set = one("type: string, enum: [low, high]");
    assert_eq!(value(&set, "\"low\""), Ok(text("low")));
    assert_eq!(
        value(&set, "\"mid\"").unwrap_err(),
        "Invalid value for x. Must be one of: \"low\", \"high\""
    );
    let set = one("type: number, enum: [1, 2.5]");
    assert_eq!(value(&set, "1.0"), Ok(decimal(10, 1)));
    assert_eq!(value(&set, "\"2.50\""), Ok(decimal(250, 2)));
    assert_eq!(
        value(&set, "2").unwrap_err(),
        "Invalid value for x. Must be one of: 1, 2.5"
    );
    let set = one("type: string, enum: [NO, null]");
    assert_eq!(value(&set, "\"NO\""), Ok(text("NO")));
    assert_eq!(
        value(&set, "\"SE\"").unwrap_err(),
        "Invalid value for x. Must be one of: \"NO\""
    );
    let set = one("type: string, format: date, enum: [\"2024-01-02\"]");
    assert_eq!(value(&set, "\"2024-1-2\""), Ok(SqlValue::Date(19_724)));
}

#[test]
fn texts_are_read_by_their_types() {
    let set = parameters(
        "    - {name: n, type: integer}\n    - {name: s, type: string}\n    - {name: l, type: array}\n    - {name: d, type: number, default: 1.5}",
    );
    let values = set.read_texts([("s", "5"), ("n", "5"), ("l", "[1, \"a b\"]")]);
    let expected: Vec<SqlValue> = vec![
        SqlValue::Integer(5),
        text("5"),
        SqlValue::List(vec![SqlValue::Integer(1), text("a b")]),
        decimal(15, 1),
    ];
    let values: Vec<SqlValue> = values.unwrap().into_iter().map(|(_, value)| value).collect();
    assert_eq!(values, expected);
    let errors = set.read_texts([("n", "5"), ("n", "6"), ("l", "{}"), ("other", "")]);
    let errors: Vec<String> = errors.unwrap_err().iter().map(ToString::to_string).collect();
    assert_eq!(
        errors,
        [
            "Error validating parameter 'n': is given twice",
            "Unknown parameter: other. Accepted: n, s, l, d",
            "Required parameter missing: s",
            "Error validating parameter 'l': expected a list, found text",
        ]
    );
}

#[test]
fn sql_types_are_told_where_they_are_certain() {
    let set = parameters(
        "    - {name: a, type: integer}
    - {name: b, type: integer, maximum: 10000000000000000000}
    - {name: c, type: string, format: date-time}
    - {name: d, type: array, items: {type: string, format: date}}
    - {name: e, type: object, properties: {x: {type: number}}, additionalProperties: false}
    - {name: f, type: object, properties: {x: {type: number}}}
    - {name: g, type: array}",
    );
    let declared: Vec<Option<DataType>> = set
        .declared()
        .into_iter()
        .map(|(_, data_type)| data_type)
        .collect();
    assert_eq!(
        declared,
        [
            Some(DataType::BigInt),
            Some(DataType::HugeInt),
            Some(DataType::TimestampTz),
            Some(DataType::List(Box::new(DataType::Date))),
            Some(DataType::Struct(vec![("x".to_owned(), DataType::Double)])),
            None,
            None,
        ]
    );
}
