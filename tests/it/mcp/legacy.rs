//! Revisions 2024-11-05 to 2025-11-25: a handshake, then a session.

use awc::http::StatusCode;
use serde_json::{Value, json};

use crate::login::configuration;
use crate::server::{Answer, ENDLESS, LEGACY, Project, Server};

#[actix_rt::test]
async fn the_handshake_negotiates_and_opens_a_session() {
    let server = Project::new().tool("one", "SELECT 1 AS x", "").start();
    for (asked, answered) in [
        ("2024-11-05", "2024-11-05"),
        ("2025-03-26", "2025-03-26"),
        ("2025-06-18", "2025-06-18"),
        ("2025-11-25", "2025-11-25"),
        ("2026-07-28", "2025-11-25"),
        ("1999-01-01", "2025-11-25"),
    ] {
        let message = json!({ "jsonrpc": "2.0", "id": "a", "method": "initialize", "params": {
            "protocolVersion": asked, "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } } });
        let answer = server
            .send("POST", LEGACY, message.to_string().into_bytes())
            .await;
        let json = answer.json();
        assert_eq!(json["result"]["protocolVersion"], answered);
        assert_eq!(json["result"]["serverInfo"]["name"], "mxcp-actor");
        assert_eq!(json["id"], "a");
        let session = answer.header("mcp-session-id").unwrap();
        assert!(
            session.len() == 64 && session.bytes().all(|byte| byte.is_ascii_hexdigit()),
            "{session}"
        );
    }
}

#[actix_rt::test]
async fn a_session_carries_calls_until_it_is_deleted() {
    let server = Project::new().tool("one", "SELECT 1 AS x", "").start();
    let session = server.open_session().await;
    let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    let noted = server.legacy(Some(&session), &initialized).await;
    assert_eq!((noted.status, noted.body.len()), (StatusCode::ACCEPTED, 0));
    let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
    assert_eq!(
        server.legacy(Some(&session), &ping).await.json(),
        json!({ "jsonrpc": "2.0", "id": 1, "result": {} })
    );
    let call = json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": { "name": "one" } });
    let result = server.legacy(Some(&session), &call).await.json()["result"].clone();
    assert_eq!(
        result["content"],
        json!([{ "type": "text", "text": "[{\"x\":1}]" }])
    );
    assert!(result.get("resultType").is_none(), "{result}");
    assert_eq!(server.legacy(None, &ping).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        server.legacy(Some("unknown"), &ping).await.status,
        StatusCode::NOT_FOUND
    );
    let named = [("Mcp-Session-Id", session.as_str())];
    let delete = || server.send("DELETE", &named, Vec::new());
    assert_eq!(delete().await.status, StatusCode::NO_CONTENT);
    assert_eq!(
        server.legacy(Some(&session), &ping).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(delete().await.status, StatusCode::NOT_FOUND);
    let stream = server.send("GET", LEGACY, Vec::new()).await;
    assert_eq!(stream.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(stream.header("allow"), Some("POST, DELETE"));
}

#[actix_rt::test]
async fn a_slash_too_many_leads_to_the_endpoint_whatever_the_method() {
    let server = Project::new().start();
    for method in ["GET", "HEAD", "POST", "DELETE", "PUT"] {
        let answer = server.request(method, "/mcp/", LEGACY, Vec::new()).await;
        assert_eq!(answer.status, StatusCode::TEMPORARY_REDIRECT, "{method}");
        assert_eq!(answer.header("location"), Some("../mcp"), "{method}");
        assert_eq!(
            answer.header("access-control-allow-origin"),
            Some("*"),
            "{method}"
        );
    }
    let asked = server.request("POST", "/mcp/?a=b&c", LEGACY, Vec::new()).await;
    assert_eq!(asked.header("location"), Some("../mcp?a=b&c"));
    for (header, status) in [
        (("Host", "evil.example"), StatusCode::MISDIRECTED_REQUEST),
        (("Origin", "https://evil.example"), StatusCode::FORBIDDEN),
    ] {
        let refused = server.request("POST", "/mcp/", &[header], Vec::new()).await;
        assert_eq!(refused.status, status, "{header:?}");
        assert_eq!(refused.header("location"), None, "{header:?}");
    }
}

#[actix_rt::test]
async fn a_stateless_server_needs_no_session() {
    let server = Project::new()
        .tool("one", "SELECT 1 AS x", "")
        .argument("--stateless")
        .start();
    let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
    assert_eq!(server.legacy(None, &ping).await.json()["result"], json!({}));
    assert_eq!(
        server.legacy(Some("left over"), &ping).await.status,
        StatusCode::OK
    );
    for method in ["DELETE", "GET"] {
        let refused = server.send(method, LEGACY, Vec::new()).await;
        assert_eq!(refused.status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
        assert_eq!(refused.header("allow"), Some("POST"), "{method}");
    }
}

#[actix_rt::test]
async fn whoever_ends_a_session_needs_a_token_before_anything_else() {
    let server = Project::new().user_config(&configuration(&[("ada", "")])).start();
    for headers in [&[][..], &[("Mcp-Session-Id", "unknown")]] {
        let refused = server.send("DELETE", headers, Vec::new()).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{headers:?}");
        assert!(
            refused.header("www-authenticate").is_some(),
            "{headers:?}: {refused:?}"
        );
    }
}

#[actix_rt::test]
async fn media_types_are_looked_at_before_the_session() {
    let server = Project::new().start();
    let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
    for (change, status) in [
        (("Content-Type", "text/plain"), 415),
        (("Accept", "application/json"), 406),
    ] {
        let kept = LEGACY.iter().filter(|(name, _)| *name != change.0);
        let headers: Vec<_> = kept.copied().chain([change]).collect();
        let answer = server.send("POST", &headers, ping.to_string().into_bytes()).await;
        assert_eq!(answer.status.as_u16(), status, "{change:?}: {answer:?}");
    }
}

#[actix_rt::test]
async fn a_session_that_nobody_names_cannot_be_ended() {
    let server = Project::new().start();
    let session = server.open_session().await;
    let unnamed = server.send("DELETE", &[], Vec::new()).await;
    assert_eq!(unnamed.status, StatusCode::BAD_REQUEST);
    let not_one = [("Mcp-Session-Id", "not one")];
    let unknown = server.send("DELETE", &not_one, Vec::new()).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
    assert_eq!(server.legacy(Some(&session), &ping).await.status, StatusCode::OK);
}

#[actix_rt::test]
async fn a_page_of_another_site_is_refused_whatever_its_method() {
    let server = Project::new().start();
    for method in ["GET", "POST", "DELETE", "PUT"] {
        let refused = server
            .send(method, &[("Origin", "https://evil.example.com")], Vec::new())
            .await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{method}");
    }
}

/// Posts messages in a revision, without a session.
async fn post(server: &Server, version: &str, messages: &Value) -> Answer {
    let mut headers = LEGACY.to_vec();
    headers.push(("MCP-Protocol-Version", version));
    server
        .send("POST", &headers, messages.to_string().into_bytes())
        .await
}

#[actix_rt::test]
async fn a_call_of_a_batch_that_takes_too_long_costs_no_other() {
    let server = Project::new()
        .tool("endless", ENDLESS, "  limits: { query_timeout_ms: 50 }\n")
        .tool("quick", "SELECT 1 AS x", "")
        .argument("--stateless")
        .start();
    let call =
        |id, name| json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": { "name": name } });
    let batch = json!([call(1, "endless"), call(2, "quick")]);
    let json = post(&server, "2025-03-26", &batch).await.json();
    let text = |place: usize| json[place]["result"]["content"][0]["text"].to_string();
    assert!(text(0).contains("longer than its limit of 50 ms"), "{json}");
    assert!(
        json[1]["result"]["isError"] != true && text(1).contains('1'),
        "{json}"
    );
}

#[actix_rt::test]
async fn a_batch_is_answered_in_the_one_revision_that_has_batches() {
    let server = Project::new().argument("--stateless").start();
    let batch = json!([
        { "jsonrpc": "2.0", "id": 1, "method": "ping" },
        { "jsonrpc": "2.0", "method": "notifications/initialized" },
        { "jsonrpc": "2.0", "id": 2, "method": "no/such" },
    ]);
    let json = post(&server, "2025-03-26", &batch).await.json();
    assert_eq!(
        (&json[0]["id"], &json[1]["id"], &json[1]["error"]["code"]),
        (&json!(1), &json!(2), &json!(-32601))
    );
    let refused = post(&server, "2025-06-18", &batch).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
}
