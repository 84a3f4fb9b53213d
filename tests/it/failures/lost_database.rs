//! A database that gives itself up: DuckDB does so where it cannot write down what it has committed, and answers nothing
//! from then on.
//!
//! The disk is full for the server alone: its files may not grow beyond a limit, which is below the size of the database.

use std::process::Command;

use serde_json::{Value, json};

use crate::server::{Project, Server, client, modern_request};

const SITE: &str = "mxcp: 1
project: test
profile: dev
profiles: { dev: { duckdb: { path: test.duckdb, init_file: sql/schema.sql } } }
";

/// About 25 megabytes, which nothing compresses.
const SCHEMA: &str = "CREATE TABLE numbers AS SELECT hash(range) AS a, hash(range + 1) AS b, hash(range + 2) AS c FROM range(1000000);";

/// Below the size of the database, above that of the log from which DuckDB moves it there.
const LARGEST_FILE: u32 = 20 * 1024 * 1024;

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

fn fill_disk(server: &Server) {
    let limit = format!("--fsize={LARGEST_FILE}:{LARGEST_FILE}");
    let limited = Command::new("prlimit")
        .args(["--pid", &server.id().to_string(), &limit])
        .status();
    assert!(limited.unwrap().success());
}

#[cfg(target_os = "linux")]
#[actix_rt::test]
async fn a_server_without_its_database_ends_so_that_it_is_started_again() {
    let server = Project::new()
        .file("mxcp-site.yml", SITE)
        .file("sql/schema.sql", SCHEMA)
        .tool(
            "write",
            "INSERT INTO numbers SELECT a + 1, b + 1, c + 1 FROM numbers LIMIT 100000",
            "",
        )
        .tool("quick", "SELECT 1 AS x", "")
        .outlives_full_disk()
        .start();
    assert!(is_served(&server, "quick").await);
    fill_disk(&server);
    let mut written = 0;
    while is_served(&server, "write").await {
        written += 1;
        assert!(written < 20, "the disk is not full");
    }
    assert!(written > 0, "nothing could be written at all");
    assert!(!is_served(&server, "quick").await);
    let log = server.wait_for_log("stopping: ");
    assert!(
        log.iter()
            .any(|line| line.contains("ERROR] the database has given itself up")),
        "{log:#?}"
    );
    assert_eq!(server.wait().0.code(), Some(1));
}
