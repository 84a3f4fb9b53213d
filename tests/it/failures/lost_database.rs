//! A database that gives itself up: DuckDB does so after a failure of its own, and answers nothing from then on.

use serde_json::{Value, json};

use crate::server::{Project, Server, client, modern_request};

const SITE: &str = "mxcp: 1
project: test
profile: dev
profiles: { dev: { duckdb: { init_file: sql/schema.sql } } }
";

/// The first use of the argument takes any type, and its second fixes it: DuckDB plans that and cannot run it. The load check casts
/// the arguments of macros to their declared types; a `date-time` has none, because some are instants and some are not.
const HARMFUL: &str = "CREATE MACRO harmful(x) AS TABLE SELECT {'k': x} AS one, x::TIMESTAMPTZ AS two;";

/// Whether a call has a result. The server may refuse it, or be gone already.
async fn is_served(server: &Server, tool: &str) -> bool {
    let (headers, body) = modern_request("tools/call", json!({ "name": tool, "arguments": {} }));
    let mut request = client().post(server.at("/mcp"));
    for (name, value) in headers {
        request = request.insert_header((name, value));
    }
    let Ok(mut answer) = request.send_body(body).await else {
        return false;
    };
    let body = answer.body().await.unwrap_or_default();
    let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
    answer["result"]["isError"] == false
}

#[actix_rt::test]
async fn a_server_without_its_database_ends_so_that_it_is_started_again() {
    let server = Project::new()
        .file("mxcp-site.yml", SITE)
        .file("sql/schema.sql", HARMFUL)
        .tool(
            "harmful",
            "FROM harmful($a)",
            "  parameters: [{ name: a, type: string, format: date-time, description: n }]\n",
        )
        .tool("quick", "SELECT 1 AS x", "")
        .start();
    assert!(is_served(&server, "quick").await);
    let harmed = server
        .call("harmful", json!({ "a": "2024-01-01T00:00:00Z" }))
        .await;
    assert_eq!(harmed["isError"], true);
    let text = harmed["content"][0]["text"].as_str().unwrap();
    assert!(!text.contains("Stack Trace"), "{text}");
    assert!(!is_served(&server, "quick").await);
    let log = server.wait_for_log("stopping: ");
    assert!(
        log.iter()
            .any(|line| line.contains("ERROR] the database has given itself up")),
        "{log:#?}"
    );
    assert_eq!(server.wait().0.code(), Some(1));
}
