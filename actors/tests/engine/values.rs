//! Lists of several kinds of values, and durations: what they become depends on what the statement expects.

use mxcp_actors::sql_executor::engine::data_type::DataType;
use mxcp_actors::sql_executor::engine::statement::{Declared, Statement};
use mxcp_actors::sql_executor::value::{Duration, SqlValue};
use serde_json::json;

use crate::fixture::{object, parameters, run, session, user};
use crate::parameters::ask;

fn list(elements: &[SqlValue]) -> SqlValue {
    SqlValue::List(elements.to_vec())
}

fn price() -> SqlValue {
    SqlValue::Decimal {
        unscaled: 250,
        scale: 2,
    }
}

#[test]
fn numbers_texts_and_booleans_together_are_texts() {
    let mixed = list(&[
        1.into(),
        "a".into(),
        SqlValue::Boolean(true),
        SqlValue::Null,
        price(),
    ]);
    for (sql, expected) in [
        ("SELECT $v AS v", json!(["1", "a", "true", null, "2.50"])),
        ("SELECT typeof($v) AS v", json!("VARCHAR[]")),
        ("SELECT len($v) AS v", json!(5)),
        ("SELECT list_contains($v, 'a') AS v", json!(true)),
        ("SELECT list_contains($v, '1') AS v", json!(true)),
        ("SELECT array_to_string($v, ',') AS v", json!("1,a,true,2.50")),
        (
            "SELECT $v::VARCHAR[] AS v",
            json!(["1", "a", "true", null, "2.50"]),
        ),
    ] {
        assert_eq!(
            ask(sql, &[], &[("v", mixed.clone())]),
            json!([{ "v": expected }]),
            "{sql}"
        );
    }
    let inside = object(&[("tags", list(&[1.into(), "x".into()]))]);
    assert_eq!(
        ask("SELECT $v.tags AS v", &[], &[("v", inside)]),
        json!([{ "v": ["1", "x"] }])
    );
    let lists = list(&[list(&[1.into()]), list(&["a".into()])]);
    assert_eq!(
        ask("SELECT typeof($v) AS t, $v AS v", &[], &[("v", lists)]),
        json!([{ "t": "VARCHAR[][]", "v": [["1"], ["a"]] }])
    );
}

#[test]
fn lists_and_objects_beside_others_are_json() {
    let mixed = list(&[
        1.into(),
        "a".into(),
        list(&[price()]),
        object(&[("k", SqlValue::Null)]),
    ]);
    for (sql, expected) in [
        ("SELECT $v AS v", json!([1, "a", [2.5], { "k": null }])),
        ("SELECT typeof($v) AS v", json!("JSON[]")),
        ("SELECT $v[3]::VARCHAR AS v", json!("[2.50]")),
        ("SELECT $v[2]->>'$' AS v", json!("a")),
    ] {
        assert_eq!(
            ask(sql, &[], &[("v", mixed.clone())]),
            json!([{ "v": expected }]),
            "{sql}"
        );
    }
    let members = list(&[object(&[("a", "x".into())]), object(&[("a", list(&[1.into()]))])]);
    assert_eq!(
        ask("SELECT typeof($v) AS t, $v AS v", &[], &[("v", members)]),
        json!([{ "t": "STRUCT(a JSON)[]", "v": [{ "a": "x" }, { "a": [1] }] }])
    );
}

/// DuckDB has no `STRUCT` without members.
#[test]
fn an_object_without_members_has_null_for_each_name() {
    let empty = object(&[]);
    for (sql, expected) in [
        ("SELECT $v.a AS v", json!(null)),
        ("SELECT $v['a'] AS v", json!(null)),
        ("SELECT coalesce($v.a, 5) AS v", json!(5)),
        ("SELECT $v AS v", json!({})),
        ("SELECT $v::JSON AS v", json!({})),
        ("SELECT $v->>'a' AS v", json!(null)),
        ("SELECT $v IS NULL AS v", json!(false)),
    ] {
        assert_eq!(
            ask(sql, &[], &[("v", empty.clone())]),
            json!([{ "v": expected }]),
            "{sql}"
        );
    }
    let inside = object(&[("a", empty.clone())]);
    assert_eq!(
        ask("SELECT $v.a.b AS v", &[], &[("v", inside)]),
        json!([{ "v": null }])
    );
    let beside = list(&[empty.clone(), object(&[("a", 1.into())])]);
    assert_eq!(
        ask("SELECT $v AS v", &[], &[("v", beside)]),
        json!([{ "v": [{ "a": null }, { "a": 1 }] }])
    );
    let mixed = list(&[empty, "x".into()]);
    assert_eq!(
        ask("SELECT $v AS v", &[], &[("v", mixed)]),
        json!([{ "v": [{}, "x"] }])
    );
}

#[test]
fn a_statement_that_asks_for_json_gets_what_was_given() {
    let mixed = list(&[1.into(), "a".into(), SqlValue::Boolean(true), SqlValue::Null]);
    for sql in ["SELECT $v::JSON AS v", "SELECT $v::JSON[] AS v"] {
        assert_eq!(
            ask(sql, &[], &[("v", mixed.clone())]),
            json!([{ "v": [1, "a", true, null] }]),
            "{sql}"
        );
    }
    let texts = list(&["{\"a\":1}".into(), "2".into()]);
    assert_eq!(
        ask("SELECT $v::JSON[] AS v", &[], &[("v", texts)]),
        json!([{ "v": [{ "a": 1 }, 2] }]),
        "a list of texts holds the JSON that they are"
    );
    let object = object(&[("a", price()), ("b", list(&["x".into(), 1.into()]))]);
    assert_eq!(
        ask("SELECT $v::JSON AS v", &[], &[("v", object)]),
        json!([{ "v": { "a": 2.5, "b": ["x", 1] } }])
    );
}

#[test]
fn what_json_does_not_have_is_not_mixed() {
    let mut session = session();
    let statement = Statement::check(&mut session, "SELECT $v AS v", &[]).unwrap();
    let values = parameters(&[("v", list(&[SqlValue::Date(1), "a".into()]))]);
    let error = run(&mut session, &statement, &values, &user("ada")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "parameter $v: a list cannot hold both DATE and VARCHAR"
    );
}

#[test]
fn a_duration_is_an_interval_unless_text_is_expected() {
    let declared: Vec<Declared> = vec![("d".to_owned(), Some(DataType::Interval))];
    let duration = SqlValue::Duration(Duration {
        months: 1,
        days: 2,
        micros: 7_200_000_000,
        text: "P1M2DT2H".to_owned(),
    });
    for (sql, expected) in [
        ("SELECT $d::INTERVAL AS v", json!("P1M2DT2H")),
        ("SELECT DATE '2024-01-31' + $d AS v", json!("2024-03-02T02:00:00")),
        (
            "SELECT TIMESTAMP '2024-01-31 01:00:00' - $d AS v",
            json!("2023-12-28T23:00:00"),
        ),
        ("SELECT INTERVAL '1 day' < $d AS v", json!(true)),
        ("SELECT $d AS v", json!("P1M2DT2H")),
        ("SELECT 'in ' || $d AS v", json!("in P1M2DT2H")),
        ("SELECT $d = 'P1M2DT2H' AS v", json!(true)),
        (
            "SELECT [concat($d, '!'), ($d::INTERVAL)::VARCHAR] AS v",
            json!(["P1M2DT2H!", "1 month 2 days 02:00:00"]),
        ),
        (
            "SELECT [(start + $d)::VARCHAR, 'in ' || $d] AS v FROM (SELECT DATE '2024-01-31' AS start)",
            json!(["2024-03-02 02:00:00", "in P1M2DT2H"]),
        ),
        (
            "SELECT [upper($d), (INTERVAL (1) DAY + $d)::VARCHAR] AS v",
            json!(["P1M2DT2H", "1 month 3 days 02:00:00"]),
        ),
    ] {
        assert_eq!(
            ask(sql, &declared, &[("d", duration.clone())]),
            json!([{ "v": expected }]),
            "{sql}"
        );
    }
    let sql = "SELECT DATE '2024-01-31' + $d::INTERVAL AS day, 'in ' || $d AS said";
    assert_eq!(
        ask(sql, &declared, &[("d", duration.clone())]),
        json!([{ "day": "2024-03-02T02:00:00", "said": "in P1M2DT2H" }])
    );
    let durations: Vec<Declared> = vec![("d".to_owned(), Some(DataType::List(DataType::Interval.into())))];
    assert_eq!(
        ask(
            "SELECT $d::INTERVAL[] AS v",
            &durations,
            &[("d", list(&[duration]))]
        ),
        json!([{ "v": ["P1M2DT2H"] }])
    );
}
