//! Parameters that are used more than once: DuckDB has one type for each, and must not run a plan in which it is missing.

use mxcp_actors::sql_executor::engine::QueryError;
use mxcp_actors::sql_executor::engine::data_type::DataType;
use mxcp_actors::sql_executor::engine::session::Session;
use mxcp_actors::sql_executor::engine::statement::{Declared, Statement};
use serde_json::{Value, json};

use crate::fixture::{instant, owner, parameters, run, session, user};

fn declared() -> Vec<Declared> {
    vec![
        ("n".to_owned(), Some(DataType::BigInt)),
        ("s".to_owned(), Some(DataType::Varchar)),
        ("t".to_owned(), Some(DataType::TimestampTz)),
    ]
}

/// The answer, after which the database still answers.
fn ask(session: &mut Session, sql: &str) -> Result<Value, QueryError> {
    let statement = Statement::check(session, sql, &declared())?;
    let values = parameters(&[
        ("n", 3.into()),
        ("s", "x".into()),
        ("t", instant(0, "1970-01-01T01:00:00+01:00")),
    ]);
    let answer = run(session, &statement, &values, &user("ada"));
    assert_eq!(owner(session, "SELECT 1 AS x"), Ok(json!([{ "x": 1 }])), "{sql}");
    answer
}

fn with_macros() -> Session {
    let mut session = session();
    for sql in [
        "CREATE MACRO twice(x) AS {'k': x, 'more': x > 9}",
        "CREATE MACRO instants(x) AS {'k': x, 'later': x > TIMESTAMPTZ '1969-01-01 00:00:00+00'}",
        "CREATE MACRO rows_of(x) AS TABLE SELECT {'k': x} AS k, x > 9 AS more",
        "CREATE TABLE kept (v STRUCT(k BIGINT, more BOOLEAN))",
        "CREATE TABLE t AS SELECT range AS id FROM range(5)",
        "CREATE MACRO named(x) AS (SELECT count(*) FROM t WHERE id = x)",
    ] {
        owner(&mut session, sql).unwrap();
    }
    session
}

const JOINED: &str = "FROM (VALUES (1)) a(i) CROSS JOIN (VALUES (2)) b(j) JOIN (VALUES (2)) c(k) ON k = j";

#[test]
fn a_join_behind_a_cross_join_does_not_hide_a_second_use() {
    let mut session = session();
    let joins = [
        JOINED,
        "FROM (VALUES (1)) a(i), (VALUES (2)) b(j) LEFT JOIN (VALUES (2)) c(k) ON true",
        "FROM (VALUES (1)) a(i) CROSS JOIN (VALUES (2)) b(j) RIGHT JOIN (VALUES (2)) c(k) ON k = j",
        "FROM (VALUES (1)) a(i) LEFT JOIN ((VALUES (2)) b(j) CROSS JOIN (VALUES (2)) c(k)) ON true",
        "FROM (VALUES (1)) a(i), LATERAL (SELECT i + 1) b(j) CROSS JOIN (VALUES (2)) c(k)",
        "FROM (SELECT 1 AS i) a CROSS JOIN (SELECT 2 AS j) b NATURAL JOIN (SELECT 2 AS j) c",
    ];
    for from in joins {
        for sql in [
            format!("SELECT {{'k': $n}}, CASE WHEN $n > 9 THEN 1 ELSE 2 END {from}"),
            format!("SELECT printf('%d', $n), $n > 9 AS more {from}"),
            format!("SELECT typeof($s), $s = 'x' {from} WHERE $s IS NOT NULL"),
            format!("SELECT [count($n), $n > 9] {from} LIMIT $n"),
            format!("WITH q AS (SELECT $n, {{'k': $n}}, $n > 9 {from}) SELECT * FROM q UNION ALL FROM q"),
        ] {
            let answer = ask(&mut session, &sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
            assert!(!answer.as_array().unwrap().is_empty(), "{sql}");
            assert!(!answer.to_string().contains("__mxcp"), "{sql}: {answer}");
        }
    }
    let sql = format!("SELECT {{'k': $n}}, $n, $n > 9, i, j, k {JOINED}");
    assert_eq!(
        ask(&mut session, &sql).unwrap(),
        json!([{ "main.struct_pack(k := $n)": { "k": 3 }, "$n": 3, "($n > 9)": false, "i": 1, "j": 2, "k": 2 }])
    );
}

/// DuckDB writes these otherwise than it read them, so that there is no tree to change.
#[test]
fn a_statement_that_cannot_be_written_runs_or_is_refused() {
    let mut session = session();
    let from = "FROM (VALUES (1, 2, 3)) v(i, j, k) GROUP BY GROUPING SETS ((i), (j)), CUBE (k)";
    let named = format!("SELECT {{'k': $n}} AS a, $n > 9 AS b, i {from} ORDER BY i LIMIT 1");
    assert_eq!(
        ask(&mut session, &named).unwrap(),
        json!([{ "a": { "k": 3 }, "b": false, "i": 1 }])
    );
    let unnamed = format!("SELECT {{'k': $n}}, $n > 9, i {from}");
    let error = ask(&mut session, &unnamed).unwrap_err();
    assert_eq!(
        error.to_string(),
        "DuckDB finds no type that fits every use of the parameter $n: write a cast around each, such as $n::VARCHAR, and \
         give selected expressions names with AS"
    );
    let harmless = format!("SELECT $n + i, $n > 9, i {from} ORDER BY i LIMIT 1");
    assert_eq!(ask(&mut session, &harmless).unwrap()[0]["i"], 1);
}

#[test]
fn a_macro_may_use_its_argument_twice() {
    let mut session = with_macros();
    let both = json!({ "k": 3, "more": false });
    for (sql, expected) in [
        ("SELECT twice($n)", json!([{ "twice($n)": both }])),
        ("SELECT twice($n) AS b, $n AS n", json!([{ "b": both, "n": 3 }])),
        ("SELECT Twice(abs($n)) AS b", json!([{ "b": both }])),
        ("FROM rows_of($n)", json!([{ "k": { "k": 3 }, "more": false }])),
        (
            "SELECT named($n) AS c, named($s::BIGINT + 1) IS NULL AS d WHERE $s = ''",
            json!([]),
        ),
        ("INSERT INTO kept VALUES (twice($n))", json!([{ "Count": 1 }])),
        (
            "INSERT INTO kept SELECT twice($n) WHERE $n > 1",
            json!([{ "Count": 1 }]),
        ),
    ] {
        let answer = ask(&mut session, sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        assert_eq!(answer, expected, "{sql}");
    }
    assert_eq!(
        owner(&mut session, "SELECT count(*) AS n FROM kept").unwrap(),
        json!([{ "n": 2 }])
    );
    for (sql, expected) in [
        (
            "SELECT instants($t) AS i",
            json!([{ "i": { "k": "1970-01-01T00:00:00Z", "later": true } }]),
        ),
        (
            "SELECT {'k': $t} AS k, $t > now() AS later",
            json!([{ "k": { "k": "1970-01-01T00:00:00Z" }, "later": false }]),
        ),
    ] {
        let answer = ask(&mut session, sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        assert_eq!(answer, expected, "{sql}");
    }
}

#[test]
fn messages_name_parameters_as_they_are_written() {
    let mut session = session();
    for sql in [
        "SELECT $s || 'a' AS a, $s::INTEGER AS n",
        "SELECT $s AS a, strptime($s, '%Y') AS d, error($s) AS e",
    ] {
        let error = ask(&mut session, sql).unwrap_err().to_string();
        assert!(!error.contains("__mxcp"), "{sql}: {error}");
        assert!(error.contains("Error: "), "{sql}: {error}");
    }
}
