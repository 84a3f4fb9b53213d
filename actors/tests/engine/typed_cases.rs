//! Single statements whose parameters once had another type than was declared, or none that fitted.

use mxcp_actors::sql_executor::engine::data_type::DataType;
use mxcp_actors::sql_executor::engine::generation::{Generation, InstanceSettings};
use mxcp_actors::sql_executor::engine::statement::{Declared, Statement};
use mxcp_actors::sql_executor::value::SqlValue;
use serde_json::json;

use crate::fixture::{decimal, instant, owner, parameters, run, user};
use crate::typing::{complaint, database};

/// DuckDB makes a constant in quotes a value of any type, and a value that is bound it does not: it finds functions for it, but
/// no type that it has in common with others.
#[test]
fn a_text_beside_values_of_another_type_is_refused_when_the_definition_is_loaded() {
    let mut session = database();
    let declared: Vec<Declared> = vec![
        ("p".to_owned(), Some(DataType::Varchar)),
        ("q".to_owned(), Some(DataType::Boolean)),
    ];
    for sql in [
        "SELECT * FROM (VALUES ($p, 1), ($q, 2)) v(a, b)",
        "SELECT $p AS a UNION ALL SELECT $q",
        "SELECT [$p, $q] AS a",
        "SELECT coalesce($p, $q) AS a",
    ] {
        let Ok(statement) = Statement::check(&mut session, sql, &declared) else {
            continue;
        };
        let given = parameters(&[("p", "x".into()), ("q", SqlValue::Boolean(true))]);
        let answer = run(&mut session, &statement, &given, &user("ada"));
        assert_eq!(
            answer.err().as_ref().and_then(complaint),
            None,
            "{sql} as {}",
            statement.sql()
        );
    }
}

/// Each of these was refused by DuckDB at a call, or computed with something else than what was declared.
#[test]
fn uses_of_different_kinds_have_the_declared_type() {
    let mut session = database();
    for (sql, declared, value, expected) in [
        (
            "SELECT list_sort($v) AS l, array_to_string($v, ',') AS t",
            DataType::List(Box::new(DataType::BigInt)),
            SqlValue::List(vec![10.into(), 9.into()]),
            json!([{ "l": [9, 10], "t": "10,9" }]),
        ),
        (
            "SELECT length($v) AS n, [$v] AS l",
            DataType::Varchar,
            "abc".into(),
            json!([{ "n": 3, "l": ["abc"] }]),
        ),
        (
            "SELECT greatest($v, 'b') AS g, upper($v) AS u",
            DataType::Varchar,
            "a".into(),
            json!([{ "g": "b", "u": "A" }]),
        ),
        (
            "SELECT count(*) AS n FROM kinds WHERE d < $v",
            DataType::Double,
            SqlValue::Double(1e30),
            json!([{ "n": 1 }]),
        ),
        (
            "SELECT count(*) AS n FROM kinds WHERE d < $v AND d > $v - 1 AND $v::DECIMAL(12,4) = 4.505",
            DataType::Double,
            decimal(4_505, 3),
            json!([{ "n": 1 }]),
        ),
        (
            "SELECT count(*) AS n FROM kinds WHERE i < $v",
            DataType::BigInt,
            3_000_000_000.into(),
            json!([{ "n": 1 }]),
        ),
        (
            "INSERT INTO kept (d) VALUES ($v) RETURNING d",
            DataType::Double,
            decimal(1_205, 3),
            json!([{ "d": 1.21 }]),
        ),
        (
            "SELECT ts < $v AS a, tz < $v AS b, day < $v AS c, 'at ' || $v::VARCHAR AS d, ($v - INTERVAL 1 DAY)::TIMESTAMP AS e FROM kinds",
            DataType::TimestampTz,
            instant(1_704_103_200_000_001, "2024-01-01T12:00:00.000001+02:00"),
            json!([{ "a": true, "b": true, "c": true, "d": "at 2024-01-01T12:00:00.000001+02:00", "e": "2023-12-31T10:00:00.000001" }]),
        ),
        (
            "SELECT date_diff('day', $v, TIMESTAMP '2024-01-03 00:00:00') AS n",
            DataType::Varchar,
            "2024-01-01".into(),
            json!([{ "n": 2 }]),
        ),
    ] {
        let declared: Vec<Declared> = vec![("v".to_owned(), Some(declared))];
        let statement =
            Statement::check(&mut session, sql, &declared).unwrap_or_else(|error| panic!("{sql}: {error}"));
        let answer = run(
            &mut session,
            &statement,
            &parameters(&[("v", value)]),
            &user("ada"),
        );
        assert_eq!(answer, Ok(expected), "{sql} as {}", statement.sql());
    }
}

/// Bound at the call, because it reads a file that a parameter names.
#[test]
fn what_is_bound_at_the_call_has_typed_values_too() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("one.csv"), "a\n1\n").unwrap();
    let settings = InstanceSettings {
        data_directories: vec![folder.path().to_owned()],
        ..InstanceSettings::default()
    };
    let mut session = Generation::in_memory(&settings).unwrap().session().unwrap();
    owner(
        &mut session,
        "CREATE MACRO rows_of(f, x) AS TABLE SELECT {'k': x} AS k, x::BIGINT[] AS l, a FROM read_csv(f)",
    )
    .unwrap();
    let file = folder.path().join("one.csv").to_string_lossy().into_owned();
    let declared: Vec<Declared> = vec![
        ("f".to_owned(), Some(DataType::Varchar)),
        ("t".to_owned(), Some(DataType::TimestampTz)),
        ("l".to_owned(), None),
    ];
    let values = parameters(&[
        ("f", file.as_str().into()),
        ("t", SqlValue::Null),
        ("l", SqlValue::List(vec![1.into()])),
    ]);
    for (sql, expected) in [
        (
            "SELECT $t - INTERVAL 1 DAY AS t, a FROM read_csv($f)",
            json!([{ "t": null, "a": 1 }]),
        ),
        (
            "SELECT {'k': $l} AS k, $l::BIGINT[] AS l FROM read_csv($f)",
            json!([{ "k": { "k": [1] }, "l": [1] }]),
        ),
        (
            "FROM rows_of($f, $l)",
            json!([{ "k": { "k": [1] }, "l": [1], "a": 1 }]),
        ),
    ] {
        let statement = Statement::check(&mut session, sql, &declared).unwrap();
        let answer = run(&mut session, &statement, &values, &user("ada"));
        assert_eq!(answer, Ok(expected), "{sql} as {}", statement.sql());
    }
}

#[test]
fn what_takes_no_declared_value_is_refused_with_advice() {
    let mut session = database();
    for (sql, declared, expected) in [
        (
            "SELECT repeat('x', $v)",
            DataType::Double,
            "the parameter $v is DOUBLE by its declaration, which DuckDB does not take in each place where the statement uses it \
             (Binder Error: No function matches the given name and argument types 'repeat(STRING_LITERAL, DOUBLE)'. You might need to add \
             explicit type casts.): write a cast around it there, such as CAST($v AS VARCHAR)",
        ),
        (
            "SELECT year($v), $v",
            DataType::Varchar,
            "the parameter $v is VARCHAR by its declaration, which DuckDB does not take in each place where the statement uses it \
             (Binder Error: No function matches the given name and argument types 'year(VARCHAR)'. You might need to add explicit type \
             casts.): write a cast around it there, such as CAST($v AS VARCHAR)",
        ),
    ] {
        let declared: Vec<Declared> = vec![("v".to_owned(), Some(declared))];
        let refused = Statement::check(&mut session, sql, &declared).unwrap_err();
        assert_eq!(refused.to_string(), expected, "{sql}");
    }
}
