//! `query`

use super::program::Folder;
use crate::server::{Project, program};

#[test]
fn rows_are_printed_in_both_forms() {
    let folder = Folder::of("shop");
    let sql = "SELECT 9007199254740993 AS id, 1.10::DECIMAL(5, 2) AS amount, DATE '2026-01-31' AS day, [1, 2] AS list, NULL AS nothing";
    let json = folder.run(&["query", sql, "--json-output"]);
    assert_eq!((json.code, json.stderr.as_str()), (Some(0), ""));
    json.must_print("query.json");
    let text = folder.run(&["query", sql]);
    text.must_print("query.txt");
    let none = folder.run(&["query", "SELECT 1 AS x WHERE false"]);
    assert_eq!(none.stdout, "(0 rows)\n");
    let none = folder.run(&["query", "SELECT 1 AS x WHERE false", "--json-output"]);
    assert_eq!(none.json()["result"], serde_json::json!([]));
}

#[test]
fn parameters_are_what_the_statement_expects() {
    let folder = Folder::of("shop")
        .with(
            "sql/q.sql",
            "SELECT range AS n FROM range($until::BIGINT) LIMIT $most",
        )
        .with("l.json", "[3, 1.5, null]");
    let limited = folder.run(&[
        "query",
        "--file",
        "sql/q.sql",
        "-p",
        "until=5",
        "--param",
        "most=2",
        "--json-output",
    ]);
    assert_eq!(
        limited.json()["result"],
        serde_json::json!([{ "n": 0 }, { "n": 1 }]),
        "{limited:?}"
    );
    let list = folder.run(&[
        "query",
        "SELECT $l AS l, $t AS t",
        "-p",
        "l=@l.json",
        "-p",
        "t=5",
        "--json-output",
    ]);
    assert_eq!(
        list.json()["result"],
        serde_json::json!([{ "l": [3.0, 1.5, null], "t": "5" }]),
        "{list:?}"
    );
    let twice = folder.run(&["query", "SELECT $x AS x", "-p", "x=1", "-p", "x=2"]);
    assert_eq!(twice.code, Some(1));
    assert!(twice.stderr.contains("--param x: is given twice"), "{twice:?}");
    let lacking = folder.run(&["query", "SELECT $x AS x"]);
    assert_eq!(lacking.code, Some(1));
    assert!(
        lacking.stderr.contains("parameter $x: no value was given"),
        "{lacking:?}"
    );
}

#[test]
fn a_value_that_the_statement_has_no_use_for_is_refused() {
    let folder = Folder::of("shop");
    for (sql, told) in [
        (
            "SELECT $a AS a, $b AS b",
            "the SQL does not use $c, $B; its parameters are $a, $b\n",
        ),
        (
            "SELECT 1 AS x",
            "the SQL does not use $a, $c, $B; it has no parameters\n",
        ),
    ] {
        let refused = folder.run(&["query", sql, "-p", "a=1", "-p", "c=2", "-p", "B=3"]);
        assert_eq!((refused.code, refused.stderr.as_str()), (Some(1), told));
        assert_eq!(refused.stdout, "");
    }
}

#[test]
fn one_statement_is_run_and_a_read_only_database_is_not_written() {
    let folder = Folder::of("shop");
    let two = folder.run(&["query", "CREATE TABLE made AS SELECT 1; SELECT 1"]);
    assert_eq!(
        (two.code, two.stderr.as_str()),
        (Some(1), "the SQL holds 2 statements; exactly one is accepted\n")
    );
    assert!(
        folder
            .run(&["query", "SELECT * FROM made"])
            .stderr
            .contains("made does not exist")
    );
    assert_eq!(
        folder.run(&["query", "CREATE TABLE made AS SELECT 1 AS x"]).code,
        Some(0)
    );
    let written = folder.run(&["query", "--readonly", "INSERT INTO made VALUES (2)"]);
    assert_eq!(written.code, Some(1));
    assert!(written.stderr.contains("read-only"), "{written:?}");
    assert_eq!(
        folder
            .run(&["query", "--readonly", "SELECT count(*) AS n FROM made"])
            .stdout,
        "n\n-\n1\n(1 row)\n"
    );
}

#[test]
fn a_statement_or_a_file_and_not_both() {
    let folder = Folder::of("shop");
    assert_eq!(folder.run(&["query"]).code, Some(2));
    assert_eq!(
        folder
            .run(&["query", "SELECT 1", "--file", "sql/orders.sql"])
            .code,
        Some(2)
    );
    let absent = folder.run(&["query", "--file", "absent.sql"]);
    assert_eq!(
        (absent.code, absent.stderr.as_str()),
        (Some(1), "absent.sql: No such file or directory (os error 2)\n")
    );
    let wrong = folder.run(&["query", "SELEC 1", "--json-output"]);
    assert_eq!(wrong.code, Some(1));
    assert!(
        wrong.json()["error"].as_str().unwrap().contains("syntax error"),
        "{wrong:?}"
    );
}

#[test]
fn the_limits_of_the_server_hold() {
    let limits = "mxcp: 1\nlimits: { max_rows: 3 }\n";
    let ran = Folder::of("shop")
        .with("config.yml", limits)
        .run(&["query", "SELECT * FROM range(4)"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    assert!(ran.stderr.contains("more than 3 rows (max_rows)"), "{ran:?}");
}

#[test]
fn an_export_of_the_audit_log_can_be_queried() {
    let folder = Folder::of("shop");
    assert_eq!(
        folder.run(&["log", "--export-duckdb", "out.duckdb"]).code,
        Some(0)
    );
    let sql = "SELECT record_id[-1:] AS id, timestamp::TIMESTAMP AS at, operation_name AS name, output_data->>'$[0].note' AS note, \
               len(policies_evaluated) AS policies, user_email FROM logs WHERE operation_type = 'tool' ORDER BY 1";
    let mut command = program(folder.path());
    command
        .env("MXCP_DUCKDB_PATH", "out.duckdb")
        .args(["query", "--readonly", "--json-output", sql]);
    let ran = folder.finish(&mut command);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    ran.must_print("query-export.json");
}

#[actix_rt::test]
async fn a_database_that_a_server_holds_is_told_with_what_to_do() {
    let server = Project::new().tool("one", "SELECT 1 AS x", "").start();
    for arguments in [&["query", "SELECT 1"][..], &["run", "tool", "one"]] {
        let output = program(server.folder()).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(
            said.contains("is in use by ") && said.contains("MXCP_DUCKDB_PATH"),
            "{said}"
        );
    }
}
