//! Revision 2026-07-28: stateless requests that describe themselves.

use awc::http::StatusCode;
use serde_json::json;

use crate::server::{LEGACY, Project, modern_request};

#[actix_rt::test]
async fn discovery_names_every_revision_and_only_what_is_served() {
    let server = Project::new().tool("one", "SELECT 1 AS x", "").start();
    let answer = server.modern("server/discover", json!({})).await;
    let result = &answer.json()["result"];
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(
        result["supportedVersions"],
        json!([
            "2026-07-28",
            "2025-11-25",
            "2025-06-18",
            "2025-03-26",
            "2024-11-05"
        ])
    );
    assert_eq!(
        result["capabilities"],
        json!({
            "tools": { "listChanged": false },
            "prompts": { "listChanged": false },
            "resources": { "subscribe": false, "listChanged": false },
            "completions": {},
        })
    );
    assert_eq!(result["resultType"], "complete");
    assert_eq!(
        result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"],
        "mxcp-actor"
    );
    assert!(
        result["ttlMs"].is_u64() && result["cacheScope"] == "public",
        "{result}"
    );
}

#[actix_rt::test]
async fn every_mistake_has_its_status_and_code() {
    let server = Project::new().tool("one", "SELECT 1 AS x", "").start();
    for (method, change, status, code) in [
        ("no/such", None, 404, -32601),
        ("initialize", None, 404, -32601),
        ("ping", None, 404, -32601),
        ("resources/subscribe", None, 404, -32601),
        ("tools/list", Some(("Mcp-Method", "tools/call")), 400, -32020),
        (
            "tools/list",
            Some(("MCP-Protocol-Version", "2025-11-25")),
            400,
            -32020,
        ),
        ("tools/list", Some(("Mcp-Method", "")), 400, -32020),
        ("tools/list", Some(("Host", "evil.example.com")), 421, -32600),
        (
            "tools/list",
            Some(("Origin", "https://evil.example.com")),
            403,
            -32600,
        ),
        ("tools/list", Some(("Content-Type", "text/plain")), 415, -32600),
        ("tools/list", Some(("Accept", "text/html")), 406, -32600),
    ] {
        let (mut headers, body) = modern_request(method, json!({}));
        if let Some((name, value)) = change {
            headers.retain(|(known, _)| *known != name);
            headers.push((name, value.to_owned()));
        }
        let answer = server.post(&headers, body).await;
        let json = answer.json();
        assert_eq!(
            (answer.status.as_u16(), &json["error"]["code"]),
            (status, &json!(code)),
            "{method} {change:?}: {json}"
        );
        assert_eq!(answer.header("content-type"), Some("application/json"));
    }
}

#[actix_rt::test]
async fn an_unknown_tool_and_a_wrong_cursor_are_invalid_parameters() {
    let server = Project::new().tool("one", "SELECT 1 AS x", "").start();
    for (method, params) in [
        ("tools/call", json!({ "name": "two" })),
        ("tools/list", json!({ "cursor": "x" })),
        ("resources/list", json!({ "cursor": "" })),
        ("prompts/get", json!({ "name": "two" })),
    ] {
        let answer = server.modern(method, params).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["error"]["code"]),
            (200, &json!(-32602)),
            "{method}"
        );
    }
}

#[actix_rt::test]
async fn bodies_that_are_no_message_are_answered_in_json() {
    let server = Project::new().start();
    for (body, status, code) in [
        (b"{".to_vec(), 400, -32700),
        (b"[]".to_vec(), 400, -32600),
        (b"\xff\xfe".to_vec(), 400, -32700),
        (
            br#"{"jsonrpc":"2.0","id":null,"method":"tools/list"}"#.to_vec(),
            400,
            -32600,
        ),
        (vec![b' '; 5 * 1024 * 1024], 413, -32600),
    ] {
        let answer = server.send("POST", LEGACY, body).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["error"]["code"]),
            (status, &json!(code))
        );
    }
}
