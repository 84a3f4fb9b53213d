//! Parameters are bound as typed values, and statements are checked without side effects.

use mxcp_actors::sql_executor::engine::data_type::DataType;
use mxcp_actors::sql_executor::engine::statement::{Declared, Statement};
use mxcp_actors::sql_executor::value::SqlValue;
use serde_json::{Value, json};

use crate::fixture::{decimal, owner, parameters, run, session, user};

pub(crate) fn ask(sql: &str, declared: &[Declared], values: &[(&str, SqlValue)]) -> Value {
    let mut session = session();
    owner(
        &mut session,
        "CREATE TABLE t AS SELECT range AS id, 'n' || range AS name FROM range(10)",
    )
    .unwrap();
    let statement = Statement::check(&mut session, sql, declared).unwrap();
    run(&mut session, &statement, &parameters(values), &user("ada")).unwrap()
}

fn declared(name: &str, data_type: DataType) -> Vec<Declared> {
    vec![(name.to_owned(), Some(data_type))]
}

#[test]
fn values_are_converted_to_the_type_that_the_statement_expects() {
    let integer = declared("n", DataType::BigInt);
    let number = SqlValue::from(2);
    let one = |sql: &str| ask(sql, &integer, &[("n", number.clone())]);
    assert_eq!(
        one("SELECT DATE '2024-01-31' + $n AS d"),
        json!([{ "d": "2024-02-02" }])
    );
    assert_eq!(one("SELECT round(2.71728, $n) AS r"), json!([{ "r": 2.72 }]));
    assert_eq!(
        one("SELECT id FROM t ORDER BY id LIMIT $n"),
        json!([{ "id": 0 }, { "id": 1 }])
    );
    assert_eq!(one("SELECT name FROM t WHERE id = $n"), json!([{ "name": "n2" }]));
    assert_eq!(one("SELECT $n IS NULL AS missing"), json!([{ "missing": false }]));
    assert_eq!(one("SELECT count(*) AS c FROM range($n)"), json!([{ "c": 2 }]));
    assert_eq!(
        one("SELECT $n + 1 AS x, $n * 2 AS y"),
        json!([{ "x": 3, "y": 4 }])
    );
}

#[test]
fn each_use_of_a_parameter_has_the_type_that_it_asks_for() {
    let integers: Vec<Declared> = ["a", "b"]
        .map(|name| (name.to_owned(), Some(DataType::BigInt)))
        .into();
    let values = [("a", SqlValue::from(9)), ("b", SqlValue::from(10))];
    for (sql, expected) in [
        (
            "SELECT $a::VARCHAR AS l, $b::VARCHAR AS m, greatest($a, $b) AS g, $a < $b AS lt",
            json!([{ "l": "9", "m": "10", "g": 10, "lt": true }]),
        ),
        (
            "SELECT $a::VARCHAR AS l, $a + 1 AS v, $b",
            json!([{ "l": "9", "v": 10, "$b": 10 }]),
        ),
        (
            "SELECT concat_ws('-', $a, $b) AS x, greatest($a, $b) AS g",
            json!([{ "x": "9-10", "g": 10 }]),
        ),
        (
            "SELECT $b::DOUBLE AS d, $b // 3 AS q, repeat('x', $a) AS r",
            json!([{ "d": 10.0, "q": 3, "r": "xxxxxxxxx" }]),
        ),
        (
            "SELECT $a + id AS k, count(*) AS n, $b AS b FROM t WHERE id < $a GROUP BY $a + id ORDER BY k LIMIT 1",
            json!([{ "k": 9, "n": 1, "b": 10 }]),
        ),
    ] {
        let values = &values[..if sql.contains("$b") { 2 } else { 1 }];
        assert_eq!(ask(sql, &integers, values), expected, "{sql}");
    }
}

/// A use that takes any type, before one that fixes it, once led to a plan that took the whole database down.
#[test]
fn no_order_of_uses_harms_the_database() {
    let mut session = session();
    owner(&mut session, "CREATE TABLE kept (v STRUCT(k BIGINT), n BIGINT)").unwrap();
    let declared = declared("a", DataType::BigInt);
    let values = parameters(&[("a", SqlValue::from(10))]);
    let any = [
        "{'k': $a}",
        "printf('%d', $a)",
        "format('{}', $a)",
        "to_json($a)::VARCHAR",
    ];
    let fixed = [
        "$a::BIGINT",
        "CASE WHEN $a > 9 THEN 1 ELSE 2 END",
        "$a BETWEEN 2 AND 11",
        "$a::DECIMAL(5,1)",
        "coalesce($a, 0)",
        "$a IN (9, 10)",
        "$a = '10'",
    ];
    for (any, fixed) in any
        .iter()
        .flat_map(|any| fixed.iter().map(move |fixed| (any, fixed)))
    {
        for sql in [
            format!("SELECT {any} AS one, {fixed} AS two"),
            format!("SELECT {fixed} AS one, {any} AS two"),
        ] {
            let statement = Statement::check(&mut session, &sql, &declared).unwrap();
            run(&mut session, &statement, &values, &user("ada"))
                .unwrap_or_else(|error| panic!("{sql}: {error}"));
        }
    }
    let sql = "INSERT INTO kept VALUES ({'k': $a}, $a::BIGINT)";
    let statement = Statement::check(&mut session, sql, &declared).unwrap();
    run(&mut session, &statement, &values, &user("ada")).unwrap();
    assert_eq!(
        owner(&mut session, "SELECT v.k AS k, n FROM kept").unwrap(),
        json!([{ "k": 10, "n": 10 }])
    );
}

#[test]
fn null_lists_and_structs_are_values_too() {
    let open = vec![("v".to_owned(), None)];
    assert_eq!(
        ask("SELECT $v IS NULL AS missing", &open, &[("v", SqlValue::Null)]),
        json!([{ "missing": true }])
    );
    let list = SqlValue::List(vec![1.into(), 3.into()]);
    let sql = "SELECT id FROM t WHERE list_contains($v, id) ORDER BY id";
    assert_eq!(
        ask(sql, &open, &[("v", list.clone())]),
        json!([{ "id": 1 }, { "id": 3 }])
    );
    assert_eq!(
        ask("SELECT len($v) AS n", &open, &[("v", list)]),
        json!([{ "n": 2 }])
    );
    assert_eq!(
        ask("SELECT $v AS v", &open, &[("v", SqlValue::List(vec![]))]),
        json!([{ "v": [] }])
    );
    let point = SqlValue::Struct(vec![("x".to_owned(), 1.into()), ("y".to_owned(), SqlValue::Null)]);
    assert_eq!(
        ask("SELECT $v AS p", &open, &[("v", point)]),
        json!([{ "p": { "x": 1, "y": null } }])
    );
}

#[test]
fn elements_of_a_list_widen_to_one_type() {
    let open = vec![("v".to_owned(), None)];
    let list = |values: Vec<SqlValue>| [("v", SqlValue::List(values))];
    let mixed = list(vec![1.into(), SqlValue::Double(2.5), SqlValue::Null]);
    assert_eq!(
        ask("SELECT $v AS v", &open, &mixed),
        json!([{ "v": [1.0, 2.5, null] }])
    );
    let item = |name: &str, limit: Option<i64>| {
        let limit = limit.map_or(SqlValue::Null, SqlValue::from);
        SqlValue::Struct(vec![
            ("name".to_owned(), name.into()),
            ("limit".to_owned(), limit),
        ])
    };
    let short = SqlValue::Struct(vec![("name".to_owned(), "c".into())]);
    let objects = list(vec![item("a", None), item("b", Some(5)), short]);
    let expected = json!([{ "v": [
        { "name": "a", "limit": null }, { "name": "b", "limit": 5 }, { "name": "c", "limit": null },
    ] }]);
    assert_eq!(ask("SELECT $v AS v", &open, &objects), expected);
    let nested = list(vec![
        SqlValue::List(vec![]),
        SqlValue::List(vec![1.into(), SqlValue::Double(0.5)]),
    ]);
    assert_eq!(
        ask("SELECT $v AS v", &open, &nested),
        json!([{ "v": [[], [1.0, 0.5]] }])
    );
}

#[test]
fn a_member_is_found_by_its_name_as_sql_reads_it() {
    let member = |name: &str| SqlValue::Struct(vec![(name.to_owned(), 7.into())]);
    for (sql, given) in [
        ("SELECT $v::STRUCT(\"Name\" INTEGER) AS v", "Name"),
        ("SELECT $v::STRUCT(\"Name\" INTEGER) AS v", "name"),
        ("SELECT $v::STRUCT(name INTEGER) AS v", "NAME"),
    ] {
        let answer = ask(sql, &[], &[("v", member(given))]);
        let values: Vec<&Value> = answer[0]["v"].as_object().unwrap().values().collect();
        assert_eq!(values, [7], "{sql} from {given}");
    }
}

#[test]
fn a_decimal_or_a_time_that_does_not_exist_is_refused() {
    let mut session = session();
    for (sql, value) in [
        ("SELECT $v AS v", decimal(5, 39)),
        ("SELECT $v AS v", decimal(i128::MAX, 0)),
        ("SELECT $v AS v", SqlValue::List(vec![decimal(5, 255)])),
        ("SELECT $v::DECIMAL(38, 0) AS v", SqlValue::Integer(i128::MIN)),
        (
            "SELECT $v::DECIMAL(38, 2) AS v",
            SqlValue::Integer(10_i128.pow(36)),
        ),
    ] {
        let statement = Statement::check(&mut session, sql, &[]).unwrap();
        let values = parameters(&[("v", value.clone())]);
        let error = run(&mut session, &statement, &values, &user("ada")).unwrap_err();
        assert!(
            error.to_string().starts_with("parameter $v: "),
            "{value:?}: {error}"
        );
    }
}

#[test]
fn a_use_without_a_type_gets_the_declared_one_beside_a_use_that_has_one() {
    let mut session = session();
    let declared = declared("a", DataType::Varchar);
    let sql = "SELECT $a::INTEGER AS n, 'h' || $a AS g";
    let statement = Statement::check(&mut session, sql, &declared).unwrap();
    let parameters_of = |statement: &Statement| statement.parameters()[0].data_type.clone();
    assert_eq!(parameters_of(&statement), Some(DataType::Varchar));
    let values = parameters(&[("a", "7".into())]);
    assert_eq!(
        run(&mut session, &statement, &values, &user("ada")).unwrap(),
        json!([{ "n": 7, "g": "h7" }])
    );
}

/// DuckDB would write such a number as a decimal.
#[test]
fn a_floating_point_literal_stays_what_it_is_beside_a_cast() {
    let mut session = session();
    let declared = declared("a", DataType::Varchar);
    let sql = "SELECT typeof(1e3), 2.5e0, 1e300 AS big, $a::INTEGER AS n, 'h' || $a AS g LIMIT 1e0";
    let statement = Statement::check(&mut session, sql, &declared).unwrap();
    assert!(statement.sql().contains("('h' || CASE"), "{}", statement.sql());
    let values = parameters(&[("a", "7".into())]);
    let names: Vec<&str> = statement
        .columns()
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    let asked = owner(&mut session, &sql.replace("$a", "'7'")).unwrap();
    let answer = run(&mut session, &statement, &values, &user("ada")).unwrap();
    let all = |row: &Value| row[0].as_object().unwrap().values().cloned().collect::<Vec<_>>();
    assert_eq!(all(&answer), all(&asked));
    assert_eq!(names[..3], ["typeof(1000.0)", "2.5", "big"]);
}

#[test]
fn an_open_parameter_gets_the_declared_type_and_keeps_the_meaning() {
    let mut session = session();
    let text = declared("name", DataType::Varchar);
    let statement = Statement::check(&mut session, "SELECT 'h' || $name AS g", &text).unwrap();
    assert!(
        statement.sql().to_uppercase().contains("CAST($NAME AS VARCHAR)"),
        "{}",
        statement.sql()
    );
    assert_eq!(statement.parameters()[0].data_type, Some(DataType::Varchar));
    let values = parameters(&[("name", "ello".into())]);
    assert_eq!(
        run(&mut session, &statement, &values, &user("ada")).unwrap(),
        json!([{ "g": "hello" }])
    );
}

/// DuckDB writes these otherwise than it read them: a floating-point constant, and a join on the left of another one.
#[test]
fn a_statement_that_a_cast_would_change_stays_as_it_is() {
    let text = declared("name", DataType::Varchar);
    let values = [("name", SqlValue::from("i"))];
    for (sql, expected) in [
        (
            "SELECT typeof(1e3) AS t, 'h' || $name AS g",
            json!([{ "t": "DOUBLE", "g": "hi" }]),
        ),
        (
            "SELECT x, 'h' || $name AS g FROM (SELECT 1 AS x UNION ALL SELECT 2) a \
             CROSS JOIN (SELECT 1 AS y) b RIGHT JOIN (SELECT 9 AS z) c ON y = z",
            json!([{ "x": null, "g": "hi" }]),
        ),
    ] {
        assert_eq!(ask(sql, &text, &values), expected, "{sql}");
    }
}

#[test]
fn a_column_keeps_its_name_when_its_parameter_gets_a_cast() {
    let sql = "SELECT 'h' || $name, $name, upper($name) AS u, s.* FROM (SELECT $name || '!') s";
    let values = [("name", SqlValue::from("i"))];
    let uncast = ask(sql, &[], &values);
    let cast = ask(sql, &declared("name", DataType::Varchar), &values);
    assert_eq!(cast, uncast);
    assert_eq!(cast[0]["('h' || $name)"], "hi");
}

#[test]
fn text_is_bound_and_never_becomes_sql() {
    let hostile = "x'; DROP TABLE t; --";
    let text = declared("s", DataType::Varchar);
    let answer = ask(
        "SELECT $s AS s, (SELECT count(*) FROM t) AS n",
        &text,
        &[("s", hostile.into())],
    );
    assert_eq!(answer, json!([{ "s": hostile, "n": 10 }]));
}

#[test]
fn a_value_that_does_not_fit_is_refused_with_its_parameter() {
    let mut session = session();
    let statement = Statement::check(
        &mut session,
        "SELECT id FROM (SELECT 1::TINYINT AS id) WHERE id = $n::TINYINT",
        &[],
    );
    let statement = statement.unwrap();
    let wide = parameters(&[("n", SqlValue::Integer(300))]);
    let error = run(&mut session, &statement, &wide, &user("ada")).unwrap_err();
    assert_eq!(error.to_string(), "parameter $n: 300 is out of range for TINYINT");
    let missing = run(&mut session, &statement, &[], &user("ada")).unwrap_err();
    assert_eq!(missing.to_string(), "parameter $n: no value was given");
}

#[test]
fn large_numbers_keep_every_digit() {
    let open = vec![("v".to_owned(), None)];
    let huge = SqlValue::Integer(170_141_183_460_469_231_731_687_303_715_884_105_727);
    let mut session = session();
    let statement = Statement::check(&mut session, "SELECT $v::HUGEINT AS v", &open).unwrap();
    let values = parameters(&[("v", huge)]);
    let answer = run(&mut session, &statement, &values, &user("ada"));
    // serde_json reads beyond 64 bits as a float: the exact text is asserted in the encoding tests.
    assert!(answer.unwrap()[0]["v"].is_number());
}

#[test]
fn a_reader_of_an_address_is_checked_without_being_bound() {
    let mut session = session();
    for sql in [
        "SELECT * FROM read_csv('https://127.0.0.1:1/never.csv') WHERE id = $id",
        "SELECT * FROM read_csv($file) WHERE id = $id",
        "SELECT * FROM 'https://127.0.0.1:1/never.csv' WHERE id = $id",
    ] {
        let statement = Statement::check(&mut session, sql, &[]).unwrap();
        let names: Vec<&str> = statement
            .parameters()
            .iter()
            .map(|parameter| parameter.name.as_str())
            .collect();
        assert!(names.contains(&"id"), "{sql}: {names:?}");
    }
}

#[test]
fn an_absent_data_file_is_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let settings = mxcp_actors::sql_executor::engine::generation::InstanceSettings {
        data_directories: vec![folder.path().to_owned()],
        ..Default::default()
    };
    let generation = mxcp_actors::sql_executor::engine::generation::Generation::in_memory(&settings).unwrap();
    let mut session = generation.session().unwrap();
    let sql = format!(
        "SELECT * FROM read_csv('{}/later.csv') WHERE a = $a",
        folder.path().display()
    );
    let statement = Statement::check(&mut session, &sql, &[]).unwrap();
    assert!(
        statement.warning().unwrap().contains("later.csv"),
        "{:?}",
        statement.warning()
    );
    std::fs::write(folder.path().join("later.csv"), "a\n1\n2\n").unwrap();
    let values = parameters(&[("a", 2.into())]);
    assert_eq!(
        run(&mut session, &statement, &values, &user("ada")).unwrap(),
        json!([{ "a": 2 }])
    );
}
