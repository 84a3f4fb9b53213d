//! The built-in SQL tools: what they answer, and what a caller's own SQL is refused.

use serde_json::{Value, json};

use crate::server::{ENDLESS, Project, Server};

const SITE: &str = "mxcp: 1
project: test
profile: dev
sql_tools: { enabled: true, list_tables: { description: What there is. } }
profiles: { dev: { duckdb: { init_file: sql/schema.sql } } }
";

const SCHEMA: &str = "
CREATE TABLE docs (id INTEGER NOT NULL, owner VARCHAR);
INSERT INTO docs VALUES (1, 'ada'), (2, 'bob');
CREATE VIEW ids AS SELECT id FROM docs;
CREATE SEQUENCE counter;
";

fn project() -> Project {
    Project::new()
        .file("mxcp-site.yml", SITE)
        .file("sql/schema.sql", SCHEMA)
        .file("data/secret.csv", "a,b\n1,canary\n")
        .tool("owners_file", "FROM read_csv('data/secret.csv')", "")
}

async fn query(server: &Server, sql: &str) -> Value {
    server.call("execute_sql_query", json!({ "sql": sql })).await
}

#[actix_rt::test]
async fn they_are_offered_only_where_the_project_wants_them() {
    let names = |list: Value| -> Vec<String> {
        let tools = list["result"]["tools"].as_array().unwrap().clone();
        tools
            .iter()
            .map(|tool| tool["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let with = project().start().modern("tools/list", json!({})).await.json();
    let listed = &with["result"]["tools"];
    assert_eq!(
        names(with.clone()),
        [
            "execute_sql_query",
            "get_table_schema",
            "list_tables",
            "owners_file"
        ]
    );
    assert_eq!(listed[2]["description"], "What there is.");
    assert_eq!(
        listed[0]["annotations"],
        json!({ "title": "SQL Query Executor", "readOnlyHint": true, "destructiveHint": false,
            "idempotentHint": false, "openWorldHint": false })
    );
    assert_eq!(listed[0]["inputSchema"]["required"], json!(["sql"]));
    assert_eq!(
        listed[0]["outputSchema"]["properties"]["result"]["items"]["type"][0],
        "object"
    );
    let without = Project::new().start();
    assert_eq!(
        names(without.modern("tools/list", json!({})).await.json()),
        [""; 0]
    );
    let answer = without
        .modern("tools/call", json!({ "name": "execute_sql_query" }))
        .await;
    assert_eq!(answer.json()["error"]["code"], -32602);
}

#[actix_rt::test]
async fn they_tell_the_schema_and_run_a_select() {
    let server = project().start();
    let tables = server.call("list_tables", json!({})).await;
    assert_eq!(
        tables["structuredContent"]["result"],
        json!([{ "name": "docs", "type": "BASE TABLE" }, { "name": "ids", "type": "VIEW" }])
    );
    let schema = |table: &str| server.call("get_table_schema", json!({ "table_name": table }));
    assert_eq!(
        schema("docs").await["structuredContent"]["result"],
        json!([
            { "name": "id", "type": "INTEGER", "nullable": "NO" },
            { "name": "owner", "type": "VARCHAR", "nullable": "YES" },
        ])
    );
    assert_eq!(
        schema("docs'; DROP TABLE docs; --").await["structuredContent"]["result"],
        json!([])
    );
    let rows = query(
        &server,
        "SELECT owner, id * 2 AS twice, get_username() AS me FROM docs ORDER BY id",
    )
    .await;
    assert_eq!(
        rows["structuredContent"]["result"],
        json!([{ "owner": "ada", "twice": 2, "me": "" }, { "owner": "bob", "twice": 4, "me": "" }])
    );
}

/// What must not run, and a part of the answer that says why.
const REFUSED: &[(&str, &str)] = &[
    ("SELECT 1; SELECT 2", "2 statements"),
    ("DROP TABLE docs; SELECT 1", "only one SELECT"),
    ("SELECT 1; DROP TABLE docs", "only one SELECT"),
    ("PRAGMA table_info(error('canary'))", "only one SELECT"),
    ("IMPORT DATABASE 'data'", "only one SELECT"),
    ("", "at least 1 characters"),
    ("-- nothing", "0 statements"),
    ("DELETE FROM docs", "only one SELECT"),
    ("WITH d AS (SELECT 1) DELETE FROM docs", "only one SELECT"),
    ("INSERT INTO docs VALUES (3, 'eve')", "only one SELECT"),
    ("CREATE TEMP MACRO lower(x) AS 'pwned'", "only one SELECT"),
    ("SET VARIABLE x = 1", "only one SELECT"),
    ("PREPARE p AS SELECT 1", "only one SELECT"),
    ("COPY docs TO '/tmp/stolen.csv'", "only one SELECT"),
    ("ATTACH ':memory:' AS other", "only one SELECT"),
    ("BEGIN", "only one SELECT"),
    ("PIVOT docs ON owner", "only one SELECT"),
    ("FROM enable_logging()", "enable_logging() is not allowed"),
    (
        "FROM truncate_duckdb_logs()",
        "truncate_duckdb_logs() is not allowed",
    ),
    ("FROM checkpoint()", "checkpoint() is not allowed"),
    ("FROM enable_profiling()", "enable_profiling() is not allowed"),
    ("SELECT write_log('x')", "write_log() is not allowed"),
    ("FROM query('DROP TABLE docs')", "query() is not allowed"),
    ("FROM query_table('docs')", "query_table() is not allowed"),
    ("FROM duckdb_settings()", "duckdb_settings() is not allowed"),
    ("FROM duckdb_secrets()", "duckdb_secrets() is not allowed"),
    ("FROM read_csv('data/secret.csv')", "read_csv() is not allowed"),
    ("FROM read_text('/etc/passwd')", "read_text() is not allowed"),
    ("FROM glob('*')", "glob() is not allowed"),
    ("FROM 'data/secret.csv'", "is not a table or view"),
    ("SELECT getenv('HOME')", "getenv() is not allowed"),
    (
        "SELECT current_setting('threads')",
        "current_setting() is not allowed",
    ),
    ("SELECT nextval('counter')", "nextval() is not allowed"),
    ("SELECT $x", "parameter $x"),
];

#[actix_rt::test]
async fn a_callers_sql_reads_tables_and_nothing_else() {
    let server = project().start();
    for (sql, part) in REFUSED {
        let result = query(&server, sql).await;
        let text = result["content"][0]["text"].as_str().unwrap();
        assert_eq!(result["isError"], true, "{sql}: {text}");
        assert!(
            text.starts_with("Error executing tool execute_sql_query: "),
            "{text}"
        );
        assert!(text.contains(part), "{sql}: {text}");
        assert!(!text.contains("canary"), "{sql}: {text}");
    }
    let rows = query(&server, "SELECT count(*) AS n FROM docs").await;
    assert_eq!(
        rows["structuredContent"]["result"],
        json!([{ "n": 2 }]),
        "nothing of it ran"
    );
    let owner = server.call("owners_file", json!({})).await;
    assert_eq!(
        owner["content"][0]["text"], "[{\"a\":1,\"b\":\"canary\"}]",
        "the owner's SQL reads the file that callers cannot"
    );
}

#[actix_rt::test]
async fn limits_end_a_callers_query_with_their_name() {
    // Each server has one limit alone, so that no other one can come first.
    for (limit, sql, part) in [
        ("max_rows: 50", "FROM range(51)", "50 rows (max_rows)"),
        (
            "max_result_bytes: 2000",
            "SELECT repeat('x', 3000) AS x",
            "2000 bytes (max_result_bytes)",
        ),
        ("query_timeout_ms: 300", ENDLESS, "300 ms (query_timeout_ms)"),
    ] {
        let config = format!("mxcp: 1\nlimits: {{ {limit} }}\n");
        let server = project().user_config(&config).start();
        let result = query(&server, sql).await;
        let text = result["content"][0]["text"].as_str().unwrap();
        assert!(result["isError"] == true && text.contains(part), "{sql}: {text}");
    }
}

#[actix_rt::test]
async fn every_query_is_recorded() {
    let server = project().start();
    query(&server, "SELECT 7 AS seven").await;
    query(&server, "FROM checkpoint()").await;
    let (_, folder) = server.stop();
    let records = crate::audit::records(&folder.path().join("audit"));
    assert_eq!(records.len(), 2);
    assert_eq!(
        (
            &records[0]["operation_type"],
            &records[0]["input_data"]["sql"],
            &records[0]["output_data"]
        ),
        (
            &json!("tool"),
            &json!("SELECT 7 AS seven"),
            &json!([{ "seven": 7 }])
        )
    );
    assert_eq!(records[1]["operation_status"], "error");
    assert!(records[1]["error"].as_str().unwrap().contains("checkpoint()"));
}

#[test]
fn their_names_are_taken() {
    let (status, said) = project()
        .tool("list_tables", "SELECT 1 AS x", "")
        .start_and_fail();
    assert_eq!(status.code(), Some(1));
    assert!(said.contains("Duplicate endpoint name 'list_tables'"), "{said}");
}

#[actix_rt::test]
async fn the_owners_sql_writes_without_a_hint_and_a_callers_does_not() {
    let add = "INSERT INTO docs VALUES (3, 'eve') RETURNING id";
    let server = project().tool("add", add, "").start();
    let listed = server.modern("tools/list", json!({})).await.json();
    let tools = listed["result"]["tools"].as_array().unwrap().clone();
    let tool = tools.iter().find(|tool| tool["name"] == "add").unwrap();
    assert_eq!(tool["annotations"]["readOnlyHint"], json!(null), "{tool}");
    let added = server.call("add", json!({})).await;
    assert_eq!(added["isError"], false, "{added}");
    assert_eq!(query(&server, add).await["isError"], true);
    let ids = query(&server, "SELECT id FROM docs ORDER BY id").await;
    assert_eq!(
        ids["structuredContent"]["result"],
        json!([{ "id": 1 }, { "id": 2 }, { "id": 3 }])
    );
}
