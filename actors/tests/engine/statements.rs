//! One statement is prepared and run, and never another one.

use mxcp_actors::domain::cancel::CancelToken;
use mxcp_actors::sql_executor::engine::QueryError;
use mxcp_actors::sql_executor::engine::guard::Refusal;
use mxcp_actors::sql_executor::engine::limits::{LimitExceeded, ResultLimits};
use mxcp_actors::sql_executor::engine::plan::{OutputPlan, ResultShape, ShapeError};
use mxcp_actors::sql_executor::engine::session::{Query, Source};
use mxcp_actors::sql_executor::engine::statement::Statement;
use serde_json::json;

use crate::fixture::{caller, file, memory, owner, run_within, session, user};
use mxcp_actors::sql_executor::engine::generation::{Generation, InstanceSettings};

#[test]
fn checking_a_text_with_two_statements_runs_neither() {
    let (_folder, path) = file(&["CREATE TABLE t AS SELECT 1 AS x"]);
    let generation = Generation::open(&path, &InstanceSettings::default()).unwrap();
    let mut session = generation.session().unwrap();
    for sql in [
        "DROP TABLE t; SELECT 1",
        "SELECT 1; DROP TABLE t",
        "BEGIN; DROP TABLE t; COMMIT",
    ] {
        let error = Statement::check(&mut session, sql, &[]).unwrap_err();
        assert!(
            matches!(error, QueryError::StatementCount(2 | 3)),
            "{sql}: {error}"
        );
    }
    assert_eq!(
        owner(&mut session, "SELECT x FROM t").unwrap(),
        json!([{ "x": 1 }])
    );
}

#[test]
fn a_caller_cannot_smuggle_a_second_statement() {
    let mut session = session();
    owner(&mut session, "CREATE TABLE t AS SELECT 1 AS x").unwrap();
    for sql in ["DROP TABLE t; SELECT 1", "SELECT 1; DROP TABLE t"] {
        let error = caller(&mut session, sql).unwrap_err();
        assert_eq!(error, QueryError::Refused(Refusal::NotASelect), "{sql}");
    }
    for (sql, count) in [("SELECT 1; SELECT 2", 2), ("", 0), ("-- nothing", 0)] {
        let error = caller(&mut session, sql).unwrap_err();
        assert_eq!(error, QueryError::StatementCount(count), "{sql}");
    }
    let error = caller(&mut session, "SELECT 1\0; DROP TABLE t").unwrap_err();
    assert!(error.to_string().contains("NUL"), "{error}");
    let error = caller(&mut session, "SELEC 1").unwrap_err().to_string();
    assert_eq!(
        error,
        "Parser Error: syntax error at or near \"SELEC\" (at offset 0)"
    );
    assert_eq!(
        owner(&mut session, "SELECT count(*) AS n FROM t").unwrap(),
        json!([{ "n": 1 }])
    );
}

#[test]
fn checking_does_not_run_the_statement() {
    let mut session = session();
    owner(&mut session, "CREATE TABLE t (x INTEGER)").unwrap();
    Statement::check(&mut session, "INSERT INTO t VALUES (1)", &[]).unwrap();
    assert_eq!(
        owner(&mut session, "SELECT count(*) AS n FROM t").unwrap(),
        json!([{ "n": 0 }])
    );
}

#[test]
fn a_statement_may_be_as_deep_as_duckdb_follows() {
    let mut session = session();
    let sql = format!("SELECT length({}) AS n", vec!["'ab'"; 200].join(" || "));
    assert_eq!(owner(&mut session, &sql).unwrap(), json!([{ "n": 400 }]));
    let error = caller(&mut session, &sql).unwrap_err();
    assert_eq!(error.to_string(), "the statement is nested too deeply");
}

#[test]
fn an_empty_text_is_no_statement() {
    let mut session = session();
    for sql in ["", "  -- nothing\n", ";"] {
        let error = Statement::check(&mut session, sql, &[]).unwrap_err();
        assert_eq!(error, QueryError::StatementCount(0), "{sql:?}");
    }
    let error = Statement::check(&mut session, "SELECT 1\0; DROP TABLE t", &[]).unwrap_err();
    assert!(error.to_string().contains("NUL"), "{error}");
}

#[test]
fn a_statement_that_may_leave_something_behind_makes_the_session_unfit() {
    let generation = memory();
    for (sql, clean) in [
        ("SELECT 1", true),
        ("CREATE TABLE t (x INTEGER)", false),
        ("INSERT INTO t VALUES (1)", true),
        ("BEGIN", false),
        ("CREATE TEMP TABLE s (x INTEGER)", false),
        ("SET VARIABLE v = 1", false),
        ("PREPARE p AS SELECT 1", false),
    ] {
        let mut session = generation.session().unwrap();
        owner(&mut session, sql).unwrap();
        assert_eq!(session.is_clean(), clean, "{sql}");
    }
}

#[test]
fn a_transaction_left_open_ends_with_its_session() {
    let generation = memory();
    let mut first = generation.session().unwrap();
    owner(&mut first, "CREATE TABLE t (x INTEGER)").unwrap();
    owner(&mut first, "BEGIN").unwrap();
    owner(&mut first, "INSERT INTO t VALUES (1)").unwrap();
    drop(first);
    let mut second = generation.session().unwrap();
    assert_eq!(
        owner(&mut second, "SELECT count(*) AS n FROM t").unwrap(),
        json!([{ "n": 0 }])
    );
}

#[test]
fn limits_end_the_answer_with_their_name_and_value() {
    let mut session = session();
    let statement = Statement::check(&mut session, "SELECT range AS n FROM range(5000)", &[]).unwrap();
    let mut ask = |max_rows, max_result_bytes| {
        let limits = ResultLimits {
            max_rows,
            max_result_bytes,
        };
        run_within(&mut session, &statement, limits)
    };
    let rows = ask(4_999, 1 << 20).unwrap_err();
    assert_eq!(rows, QueryError::Limit(LimitExceeded::Rows(4_999)));
    assert!(rows.to_string().contains("4999 rows (max_rows)"), "{rows}");
    let bytes = ask(5_000, 1_000).unwrap_err();
    assert_eq!(bytes, QueryError::Limit(LimitExceeded::Bytes(1_000)));
    assert_eq!(
        ask(5_000, 1 << 20).unwrap().rows,
        5_000,
        "exactly the limit is allowed"
    );
}

/// DuckDB stumbles over a PRAGMA whose argument writes.
#[test]
fn an_internal_error_of_duckdb_tells_nothing_of_the_server() {
    let mut session = session();
    owner(&mut session, "CREATE SEQUENCE counter").unwrap();
    let sql = "PRAGMA storage_info(nextval('counter')::VARCHAR)";
    let error = Statement::check(&mut session, sql, &[]).unwrap_err().to_string();
    assert!(error.starts_with("INTERNAL Error: "), "{error}");
    assert!(
        !error.contains("libduckdb") && !error.contains("Stack"),
        "{error}"
    );
    assert_eq!(owner(&mut session, "SELECT 1 AS x").unwrap(), json!([{ "x": 1 }]));
}

#[test]
fn an_error_after_many_rows_is_an_error_and_no_short_answer() {
    let mut session = session();
    let sql = "SELECT CASE WHEN range < 300000 THEN range ELSE error('the end') END AS n FROM range(1000000)";
    let statement = Statement::check(&mut session, sql, &[]).unwrap();
    let limits = ResultLimits {
        max_rows: u64::MAX,
        max_result_bytes: u64::MAX,
    };
    let error = run_within(&mut session, &statement, limits).unwrap_err();
    assert!(error.to_string().contains("the end"), "{error}");
}

#[test]
fn the_plan_drops_and_masks_columns_and_shapes_the_answer() {
    let mut session = session();
    let sql = "SELECT 1 AS id, 'Ada' AS name, '123' AS ssn";
    let statement = Statement::check(&mut session, sql, &[]).unwrap();
    let plan = OutputPlan {
        shape: ResultShape::SingleRow,
        dropped: ["name".to_owned()].into(),
        masked: ["ssn".to_owned()].into(),
    };
    let query = Query {
        source: Source::Owner(&statement),
        parameters: &[],
        caller: user("ada"),
        plan: &plan,
        limits: ResultLimits::default(),
    };
    let answer = session.run(&query, &CancelToken::new()).unwrap();
    assert_eq!(
        String::from_utf8(answer.json).unwrap(),
        r#"{"id":1,"ssn":"****"}"#
    );
}

#[test]
fn a_repeated_column_is_hidden_by_its_name_and_by_its_key() {
    let mut session = session();
    let sql = "SELECT 1 AS a, 2 AS a, 3 AS b, 4 AS b";
    let statement = Statement::check(&mut session, sql, &[]).unwrap();
    let plan = OutputPlan {
        shape: ResultShape::SingleRow,
        dropped: ["a".to_owned()].into(),
        masked: ["b_1".to_owned()].into(),
    };
    let query = Query {
        source: Source::Owner(&statement),
        parameters: &[],
        caller: user("ada"),
        plan: &plan,
        limits: ResultLimits::default(),
    };
    let answer = session.run(&query, &CancelToken::new()).unwrap();
    assert_eq!(String::from_utf8(answer.json).unwrap(), r#"{"b":3,"b_1":"****"}"#);
}

#[test]
fn rows_that_do_not_have_the_declared_shape_are_an_error() {
    let mut session = session();
    let mut ask = |sql: &str, shape| {
        let statement = Statement::check(&mut session, sql, &[]).unwrap();
        let query = Query {
            source: Source::Owner(&statement),
            parameters: &[],
            caller: user("ada"),
            plan: &OutputPlan::shaped(shape),
            limits: ResultLimits::default(),
        };
        session
            .run(&query, &CancelToken::new())
            .map(|answer| String::from_utf8(answer.json).unwrap())
    };
    let none = "SELECT 1 AS a WHERE false";
    assert_eq!(ask("SELECT 42", ResultShape::SingleValue).unwrap(), "42");
    assert_eq!(
        ask(none, ResultShape::SingleRow).unwrap_err(),
        ShapeError::NoRow.into()
    );
    assert_eq!(ask(none, ResultShape::Rows).unwrap(), "[]");
    let several = "SELECT range AS a FROM range(2)";
    assert_eq!(
        ask(several, ResultShape::SingleRow).unwrap_err(),
        ShapeError::SeveralRows.into()
    );
    assert_eq!(ask(several, ResultShape::Values).unwrap(), "[0,1]");
    assert_eq!(ask(none, ResultShape::Values).unwrap(), "[]");
    for shape in [ResultShape::SingleValue, ResultShape::Values] {
        let wide = ask("SELECT 1 AS a, 2 AS b", shape).unwrap_err();
        assert_eq!(wide, ShapeError::SeveralColumns(2).into());
    }
}

#[test]
fn duplicate_column_names_become_distinct_keys() {
    let mut session = session();
    let answer = owner(&mut session, "SELECT 1 AS a, 2 AS a, 3 AS a_1, 4 AS a").unwrap();
    assert_eq!(answer, json!([{ "a": 1, "a_1": 2, "a_1_1": 3, "a_2": 4 }]));
}
