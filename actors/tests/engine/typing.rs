//! What the load check lets through has values of the declared types in every place, and never harms the database.

use std::cell::RefCell;

use mxcp_actors::sql_executor::engine::QueryError;
use mxcp_actors::sql_executor::engine::data_type::DataType;
use mxcp_actors::sql_executor::engine::session::Session;
use mxcp_actors::sql_executor::engine::statement::{Declared, Statement};
use mxcp_actors::sql_executor::value::{Duration, SqlValue};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

use crate::fixture::{decimal, instant, object, owner, parameters, run, session, user};

/// A declared type, and values that it lets through.
type Kind = (&'static str, Option<DataType>, Vec<SqlValue>);

/// Every kind that says the type of its values.
fn typed_kinds() -> Vec<Kind> {
    let list = |data_type: DataType| Some(DataType::List(Box::new(data_type)));
    let duration = SqlValue::Duration(Duration {
        months: 1,
        days: 2,
        micros: 3_000_000,
        text: "P1M2DT3S".to_owned(),
    });
    let point = DataType::Struct(vec![
        ("a".to_owned(), DataType::BigInt),
        ("b".to_owned(), DataType::Varchar),
    ]);
    vec![
        (
            "integer",
            Some(DataType::BigInt),
            vec![5.into(), (-3).into(), 3_000_000_000.into()],
        ),
        (
            "number",
            Some(DataType::Double),
            vec![
                2.into(),
                decimal(25, 1),
                decimal(12_345_678_901_234_567_890_125, 3),
                SqlValue::Double(1e30),
                SqlValue::Double(1e-30),
            ],
        ),
        (
            "string",
            Some(DataType::Varchar),
            vec!["x".into(), "5".into(), "".into()],
        ),
        ("boolean", Some(DataType::Boolean), vec![SqlValue::Boolean(true)]),
        ("date", Some(DataType::Date), vec![SqlValue::Date(19_000)]),
        ("time", Some(DataType::Time), vec![SqlValue::Time(1_000_000)]),
        (
            "timestamp",
            Some(DataType::Timestamp),
            vec![SqlValue::Timestamp(1_000_000)],
        ),
        (
            "date-time",
            Some(DataType::TimestampTz),
            vec![
                instant(1_000_000, "1970-01-01T02:00:01+02:00"),
                instant(0, "1970-01-01"),
            ],
        ),
        ("duration", Some(DataType::Interval), vec![duration]),
        (
            "integers",
            list(DataType::BigInt),
            vec![SqlValue::List(vec![10.into(), 9.into()]), SqlValue::List(vec![])],
        ),
        (
            "strings",
            list(DataType::Varchar),
            vec![SqlValue::List(vec!["x".into(), SqlValue::Null])],
        ),
        (
            "point",
            Some(point),
            vec![object(&[("a", 1.into()), ("b", SqlValue::Null)])],
        ),
    ]
}

/// Kinds whose values have types of their own.
fn free_kinds() -> Vec<Kind> {
    vec![
        (
            "list",
            None,
            vec![
                SqlValue::List(vec![1.into(), "a".into()]),
                SqlValue::List(vec![]),
                SqlValue::List(vec![object(&[("a", 1.into())]), object(&[])]),
            ],
        ),
        (
            "object",
            None,
            vec![object(&[("a", 1.into()), ("b", "x".into())]), object(&[])],
        ),
    ]
}

/// Uses of `$p` and `$q`, among them every place that takes a type otherwise than its neighbours.
const USES: &[&str] = &[
    "$p",
    "$p IS NULL",
    "[$p]",
    "[$p, $q]",
    "{'k': $p}",
    "$p = $q",
    "$p > $q",
    "$p || $q",
    "$p + $q",
    "$p - INTERVAL 1 DAY",
    "DATE '2024-01-31' + $p",
    "round(2.71728, $p)",
    "round($p, 2)",
    "abs($p)",
    "repeat('x', $p::INTEGER % 5)",
    "lpad('x', $p, 'y')",
    "upper($p)",
    "length($p)",
    "substr($p, 2)",
    "$p LIKE 'x%'",
    "concat_ws('-', $p, $q)",
    "concat($p, 1)",
    "printf('%s', $p)",
    "format('{}', $p)",
    "to_json($p)",
    "$p::JSON",
    "$p::VARCHAR",
    "$p::DECIMAL(10,2)",
    "$p::DATE",
    "$p::TIMESTAMP",
    "try_cast($p AS INTEGER)",
    "typeof($p)",
    "greatest($p, $q)",
    "least($p, 5)",
    "coalesce($p, $q)",
    "coalesce($p, 0)",
    "coalesce($p, 'x')",
    "nullif($p, 'x')",
    "CASE WHEN $p IS NULL THEN $q ELSE $p END",
    "CASE $p WHEN $q THEN 1 WHEN 5 THEN 2 END",
    "$p BETWEEN $q AND $p",
    "$p IN ($q, 5)",
    "$p IN (SELECT i FROM kinds)",
    "list_sort($p)",
    "array_to_string($p, ',')",
    "list_contains($p, $q)",
    "list_contains([1, 2], $p)",
    "list_transform($p, x -> x)",
    "len($p)",
    "$p[1]",
    "$p.a",
    "struct_extract($p, 'a')",
    "$p->>'a'",
    "year($p)",
    "date_trunc('month', $p)",
    "date_diff('day', $p, ts)",
    "strftime($p, '%Y')",
    "strptime(s, $p)",
    "date_part($p, day)",
    "quantile_cont(i, $p)",
    "regexp_matches(s, $p)",
    "joined($p)",
    "twice($p)",
    "either_of($p, $q)",
    "i = $p",
    "i < $p",
    "b >= $p",
    "h = $p",
    "d = $p",
    "d > $p",
    "d * $p",
    "x < $p",
    "s = $p",
    "s <> $p",
    "flag = $p",
    "day = $p",
    "day < $p",
    "ts > $p",
    "tz > $p",
    "clock = $p",
    "dur < $p",
    "word = $p",
    "l = $p",
    "ids = $p",
    "st = $p",
    "i + $p",
    "day + $p",
    "ts - $p",
    "count($p)",
    "sum($p)",
    "max($p)",
    "string_agg($p, ',')",
    "row_number() OVER (ORDER BY $p)",
    "(SELECT $p)",
    "EXISTS (SELECT 1 FROM kinds WHERE i = $p)",
];

const STATEMENTS: &[&str] = &[
    "SELECT <1> AS one, <2> AS two FROM kinds",
    "SELECT <1>, <2> FROM kinds",
    "SELECT i FROM kinds WHERE (<1>) IS NOT NULL ORDER BY i LIMIT 2",
    "SELECT i FROM kinds WHERE (<1>) OR (<2>)",
    "SELECT <1> AS g FROM kinds GROUP BY ALL",
    "SELECT <1> FROM kinds GROUP BY <1>",
    "SELECT i FROM kinds ORDER BY <1>, <2>",
    "SELECT i FROM kinds LIMIT $p",
    "WITH c AS (SELECT <1> AS v FROM kinds) SELECT v, <2> FROM c, kinds",
    "SELECT <1> FROM kinds UNION ALL SELECT <2> FROM kinds",
    "SELECT * FROM (VALUES ($p, 1), ($q, 2)) v(a, b)",
    "SELECT * FROM kinds JOIN (SELECT $p AS k) o ON kinds.i = o.k",
    "SELECT <1> FROM kinds, range(2)",
    "SELECT count(*) AS n FROM range($p)",
    "SELECT * FROM range(1) r(z), LATERAL (SELECT $p AS v, <1> AS w FROM kinds)",
    "FROM rows_of($p)",
    "SELECT k FROM rows_of($p) WHERE k = $q",
    "INSERT INTO kept (d, s) VALUES ($p, $q) RETURNING $p, d",
    "INSERT INTO kept (i, day) VALUES ($p, $q) RETURNING *, $q AS given",
    "INSERT INTO kept (ts, tz) SELECT $p, $q",
    "INSERT INTO kept (s) SELECT <1> FROM kinds RETURNING s",
    "UPDATE kept SET d = $p WHERE d > $p",
    "DELETE FROM kept WHERE s = $p OR d = $q",
];

pub(crate) fn database() -> Session {
    let mut session = session();
    for sql in [
        "CREATE TABLE kinds (i INTEGER, b BIGINT, h HUGEINT, d DECIMAL(10,2), x DOUBLE, s VARCHAR, flag BOOLEAN, day DATE, \
         ts TIMESTAMP, tz TIMESTAMPTZ, clock TIME, dur INTERVAL, word ENUM ('x', 'y'), l VARCHAR[], ids BIGINT[], st STRUCT(a BIGINT, b VARCHAR))",
        "INSERT INTO kinds VALUES (1, 2, 3, 4.5, 5.5, '2024', true, '2024-01-01', '2024-01-01 10:00:00', '2024-01-01 10:00:00+00', \
         '10:00:00', INTERVAL 1 DAY, 'x', ['x'], [1], {'a': 1, 'b': 'x'})",
        "CREATE TABLE kept AS FROM kinds LIMIT 0",
        "CREATE MACRO twice(v) AS {'k': v, 'more': v > 9}",
        "CREATE MACRO joined(v) AS v || (v + 1)",
        "CREATE MACRO either_of(v, w) AS CASE WHEN v IS NULL THEN [w] ELSE [v] END",
        "CREATE MACRO rows_of(v) AS TABLE SELECT {'k': v} AS one, v AS k, v > 9 AS more",
    ] {
        owner(&mut session, sql).unwrap();
    }
    session
}

/// What is wrong with the call, if it is not the value alone.
pub(crate) fn complaint(error: &QueryError) -> Option<String> {
    let text = error.to_string();
    let of_values = [
        "Conversion Error",
        "Out of Range Error",
        "Invalid Input Error",
        "parameter $",
        "Binder Error: QUANTILE",
        "Binder Error: LIMIT/OFFSET cannot be negative",
    ];
    let is_of_value = of_values.iter().any(|kind| text.starts_with(kind));
    (!is_of_value).then_some(text)
}

/// Calls a statement with every value of these kinds, if it can be loaded. `Err` names what a call complained of.
fn called(session: &mut Session, sql: &str, p: &Kind, q: &Kind) -> Result<(), String> {
    let used = |name: &str| sql.contains(&format!("${name}"));
    let both = [("p", p), ("q", q)];
    let declared: Vec<Declared> = both
        .iter()
        .filter(|(name, _)| used(name))
        .map(|(name, (_, data_type, _))| ((*name).to_owned(), data_type.clone()))
        .collect();
    let Ok(statement) = Statement::check(session, sql, &declared) else {
        return Ok(());
    };
    let values = |kind: &Kind| kind.2.iter().cloned().chain([SqlValue::Null]).collect::<Vec<_>>();
    let (first, second) = (values(p), values(q));
    // Each value of the one beside one of the other, `NULL` beside the others too.
    for place in 0..first.len() + second.len() {
        let both = [
            ("p", first[place % first.len()].clone()),
            ("q", second[place % second.len()].clone()),
        ];
        let given: Vec<(&str, SqlValue)> = both.into_iter().filter(|(name, _)| used(name)).collect();
        let answer = run(session, &statement, &parameters(&given), &user("ada"));
        if let Some(complaint) = answer.err().as_ref().and_then(complaint) {
            let (sql, kinds) = (statement.sql(), (p.0, q.0));
            return Err(format!("{sql} {kinds:?} {given:?}: {complaint}"));
        }
    }
    assert_eq!(
        owner(session, "SELECT 1 AS x"),
        Ok(json!([{ "x": 1 }])),
        "the database is lost after {sql}"
    );
    Ok(())
}

fn statements() -> impl Strategy<Value = String> {
    let uses = || proptest::sample::select(USES);
    (proptest::sample::select(STATEMENTS), uses(), uses())
        .prop_map(|(statement, one, two)| statement.replace("<1>", one).replace("<2>", two))
}

fn cases() -> Config {
    Config {
        cases: 40,
        failure_persistence: None,
        ..Config::default()
    }
}

#[test]
fn what_loads_takes_every_value_of_the_declared_types() {
    let kinds = typed_kinds();
    let session = RefCell::new(database());
    let pairs = (statements(), 0..kinds.len(), 0..kinds.len());
    let held = TestRunner::new(cases()).run(&pairs, |(sql, p, q)| {
        called(&mut session.borrow_mut(), &sql, &kinds[p], &kinds[q]).map_err(TestCaseError::fail)
    });
    held.unwrap();
}

/// Their types are those of their values, so that a statement may not fit: it says so, and harms nothing.
#[test]
fn values_without_a_declared_type_harm_nothing() {
    let (free, typed) = (free_kinds(), typed_kinds());
    let session = RefCell::new(database());
    let pairs = (statements(), 0..free.len(), 0..typed.len());
    let held = TestRunner::new(cases()).run(&pairs, |(sql, p, q)| {
        match called(&mut session.borrow_mut(), &sql, &free[p], &typed[q]) {
            Err(complaint) if complaint.contains("INTERNAL") || complaint.contains("FATAL") => {
                Err(TestCaseError::fail(complaint))
            }
            _ => Ok(()),
        }
    });
    held.unwrap();
}
