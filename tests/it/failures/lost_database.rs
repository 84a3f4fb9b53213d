//! A database that gives itself up: DuckDB does so after a failure of its own, and answers nothing from then on.

use serde_json::{Value, json};

use crate::server::{Project, Server, client, modern_request};

/// The first use of the parameter takes any type, and its second fixes it: DuckDB plans that and cannot run it. The load check
/// takes such uses apart where it can write the statement anew; a join after a CROSS JOIN and a column named after the second use keep it
/// from that.
const HARMFUL: &str =
    "SELECT {'k': $a} AS one, $a::BIGINT FROM (SELECT 1) x CROSS JOIN (SELECT 2) y JOIN (SELECT 3) z ON true";

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
        .tool(
            "harmful",
            HARMFUL,
            "  parameters: [{ name: a, type: integer, description: n }]\n",
        )
        .tool("quick", "SELECT 1 AS x", "")
        .start();
    assert!(is_served(&server, "quick").await);
    let harmed = server.call("harmful", json!({ "a": 10 })).await;
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
