//! Every DuckDB type has one JSON form, and what goes out is always valid JSON.

use mxcp_actors::domain::cancel::CancelToken;
use mxcp_actors::sql_executor::engine::QueryError;
use mxcp_actors::sql_executor::engine::limits::{LimitExceeded, ResultLimits};
use mxcp_actors::sql_executor::engine::plan::{OutputPlan, ResultShape};
use mxcp_actors::sql_executor::engine::session::{Query, Session, Source};
use mxcp_actors::sql_executor::engine::statement::Statement;
use proptest::prelude::*;

use crate::fixture::{run_within, session, user};

fn encode(session: &mut Session, expression: &str) -> Result<String, String> {
    let statement = Statement::check(session, &format!("SELECT {expression} AS v"), &[])
        .map_err(|error| error.to_string())?;
    let query = Query {
        source: Source::Owner(&statement),
        parameters: &[],
        caller: user("ada"),
        plan: &OutputPlan::shaped(ResultShape::SingleValue),
        limits: ResultLimits::default(),
    };
    let answer = session
        .run(&query, &CancelToken::new())
        .map_err(|error| error.to_string())?;
    Ok(String::from_utf8(answer.json).unwrap())
}

fn assert_forms(forms: &[(&str, &str)]) {
    let mut session = session();
    for (expression, expected) in forms {
        assert_eq!(
            encode(&mut session, expression).as_deref(),
            Ok(*expected),
            "{expression}"
        );
    }
}

#[test]
fn numbers_keep_every_digit() {
    assert_forms(&[
        ("42::TINYINT", "42"),
        ("(-32768)::SMALLINT", "-32768"),
        ("9223372036854775807", "9223372036854775807"),
        ("18446744073709551615::UBIGINT", "18446744073709551615"),
        (
            "(-170141183460469231731687303715884105728)::HUGEINT",
            "-170141183460469231731687303715884105728",
        ),
        (
            "340282366920938463463374607431768211455::UHUGEINT",
            "340282366920938463463374607431768211455",
        ),
        ("sum(9223372036854775807) FROM range(2)", "18446744073709551614"),
        ("1.10::DECIMAL(5,2)", "1.10"),
        ("(-0.05)::DECIMAL(4,2)", "-0.05"),
        ("7::DECIMAL(4,0)", "7"),
        (
            "'12345678901234567890123456789.0123456789'::DECIMAL(38,9)",
            "12345678901234567890123456789.012345679",
        ),
        ("0.1::FLOAT", "0.1"),
        ("0.1::DOUBLE", "0.1"),
        ("1e300::DOUBLE", "1e300"),
        ("'nan'::DOUBLE", "null"),
        ("'-infinity'::FLOAT", "null"),
        ("[1.5, 'nan'::DOUBLE]", "[1.5,null]"),
        ("NULL", "null"),
        ("NULL::DOUBLE", "null"),
    ]);
}

#[test]
fn dates_and_times_are_iso_8601_in_their_own_precision() {
    assert_forms(&[
        ("DATE '2024-02-29'", "\"2024-02-29\""),
        ("DATE '0001-01-01'", "\"0001-01-01\""),
        ("DATE '12024-03-01'", "\"+012024-03-01\""),
        ("TIME '01:02:03'", "\"01:02:03\""),
        ("TIME '01:02:03.5'", "\"01:02:03.500000\""),
        ("TIMESTAMP '2024-01-02 03:04:05'", "\"2024-01-02T03:04:05\""),
        (
            "TIMESTAMP '1969-12-31 23:59:59.999999'",
            "\"1969-12-31T23:59:59.999999\"",
        ),
        ("TIMESTAMP_S '2024-01-02 03:04:05'", "\"2024-01-02T03:04:05\""),
        (
            "TIMESTAMP_MS '2024-01-02 03:04:05.067'",
            "\"2024-01-02T03:04:05.067\"",
        ),
        (
            "TIMESTAMP_NS '2024-01-02 03:04:05.000000009'",
            "\"2024-01-02T03:04:05.000000009\"",
        ),
        ("TIMESTAMPTZ '2024-01-02 03:04:05+02'", "\"2024-01-02T01:04:05Z\""),
        ("'12:00:00+05:30'::TIMETZ", "\"12:00:00+05:30\""),
        ("'12:00:00-03'::TIMETZ", "\"12:00:00-03:00\""),
        (
            "INTERVAL '1 year 2 months 3 days 4 hours 5 minutes 6.7 seconds'",
            "\"P1Y2M3DT4H5M6.7S\"",
        ),
        ("INTERVAL 0 SECOND", "\"PT0S\""),
        ("INTERVAL '-90 seconds'", "\"PT-1M-30S\""),
    ]);
}

#[test]
fn an_infinite_date_is_an_error_that_names_the_column() {
    let error = encode(&mut session(), "'infinity'::DATE").unwrap_err();
    assert_eq!(error, "column v: an infinite DATE has no JSON form");
}

#[test]
fn text_bytes_and_words() {
    assert_forms(&[
        ("'a\"b\\c' || chr(10) || 'ü'", "\"a\\\"b\\\\c\\nü\""),
        ("''", "\"\""),
        (
            "'a string that is longer than twelve bytes'",
            "\"a string that is longer than twelve bytes\"",
        ),
        ("'\\x00\\xFF'::BLOB", "\"AP8=\""),
        ("'10110'::BIT", "\"10110\""),
        (
            "'8c0d1b2e-0000-4000-8000-00000000abcd'::UUID",
            "\"8c0d1b2e-0000-4000-8000-00000000abcd\"",
        ),
        ("'b'::ENUM('a', 'b')", "\"b\""),
        ("'{\"a\": [1, null]}'::JSON", "{\"a\": [1, null]}"),
        ("'\"x\"'::JSON", "\"x\""),
        ("true", "true"),
    ]);
}

#[test]
fn nested_values_stay_nested() {
    assert_forms(&[
        ("[1, NULL, 3]", "[1,null,3]"),
        ("[]::INTEGER[]", "[]"),
        ("[1, 2, 3]::INTEGER[3]", "[1,2,3]"),
        ("[[1], [], NULL, [2, 3]]", "[[1],[],null,[2,3]]"),
        (
            "{'a': 1, 'b': {'c': ['x', 'y']}}",
            "{\"a\":1,\"b\":{\"c\":[\"x\",\"y\"]}}",
        ),
        ("MAP {'k': 1, 'l': NULL}", "{\"k\":1,\"l\":null}"),
        ("MAP {1: 'a', 2: 'b'}", "{\"1\":\"a\",\"2\":\"b\"}"),
        ("MAP {DATE '2024-01-01': 1}", "{\"2024-01-01\":1}"),
        ("union_value(n := 5)", "5"),
        ("row(1, 'a', NULL)", "[1,\"a\",null]"),
        ("[row(1, {'b': 2})]", "[[1,{\"b\":2}]]"),
        (
            "[{'d': DATE '2024-01-01'}, NULL]",
            "[{\"d\":\"2024-01-01\"},null]",
        ),
        (
            "array_agg({'x': range}) FROM range(3)",
            "[{\"x\":0},{\"x\":1},{\"x\":2}]",
        ),
    ]);
}

#[test]
fn a_type_without_a_form_is_refused_by_name() {
    let error = encode(&mut session(), "1::VARIANT").unwrap_err();
    assert!(
        error.contains("column v") && error.contains("VARIANT") && error.contains("cast it"),
        "{error}"
    );
}

#[test]
fn a_value_of_an_internal_type_is_refused_and_no_null() {
    for expression in ["(SELECT sum(range) EXPORT_STATE FROM range(3))", "[get_type(1)]"] {
        let error = encode(&mut session(), expression).unwrap_err();
        assert!(error.contains("column v") && error.contains("cast it"), "{error}");
    }
}

/// The second column cannot be written, which shows if the first one is written to its end.
#[test]
fn a_row_ends_at_the_limit_however_long_its_values_are() {
    let mut session = session();
    for long in [
        "range(2000)",
        "{'a': range(2000)}",
        "map_from_entries(list_transform(range(2000), lambda i: {'k': i, 'v': i}))",
        "repeat('x', 2000)",
        "repeat('x', 2000)::BLOB",
        "repeat('1', 20000)::BIT",
        "to_json(repeat('x', 2000))",
    ] {
        let sql = format!("SELECT {long} AS a, 'infinity'::DATE AS b");
        let statement = Statement::check(&mut session, &sql, &[]).unwrap();
        let limits = ResultLimits {
            max_result_bytes: 1_000,
            ..ResultLimits::default()
        };
        let error = run_within(&mut session, &statement, limits).unwrap_err();
        assert_eq!(error, QueryError::Limit(LimitExceeded::Bytes(1_000)), "{long}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_and_number_comes_back_as_it_went_in(
        text in "\\PC{0,40}",
        numbers in prop::collection::vec(any::<i64>(), 0..6),
        double in prop::num::f64::NORMAL | prop::num::f64::ZERO,
    ) {
        use mxcp_actors::sql_executor::value::SqlValue;
        let mut session = session();
        let sql = "SELECT $text AS text, $numbers::BIGINT[] AS numbers, $double AS double";
        let statement = Statement::check(&mut session, sql, &[]).unwrap();
        let list = numbers.iter().map(|number| SqlValue::from(*number)).collect();
        let parameters = crate::fixture::parameters(&[
            ("text", text.as_str().into()),
            ("numbers", SqlValue::List(list)),
            ("double", SqlValue::Double(double)),
        ]);
        let answer = crate::fixture::run(&mut session, &statement, &parameters, &user("ada")).unwrap();
        prop_assert_eq!(&answer[0]["text"], &serde_json::json!(text));
        prop_assert_eq!(&answer[0]["numbers"], &serde_json::json!(numbers));
        prop_assert_eq!(&answer[0]["double"], &serde_json::json!(double));
    }
}
