//! What becomes of lines: good ones, bad ones, and several at once.

use serde_json::{Value, json};

use super::client::{Client, call, modern};
use crate::server::{ENDLESS, Project};

fn project() -> Project {
    Project::new()
        .tool("greet", "SELECT 'hello' AS word", "")
        .tool("endless", ENDLESS, "")
}

fn error(answer: &Value) -> (i64, &str) {
    let error = &answer["error"];
    (
        error["code"].as_i64().unwrap(),
        error["message"].as_str().unwrap(),
    )
}

#[test]
fn a_modern_client_needs_no_handshake_and_mirrors_no_headers() {
    let region =
        "  parameters:\n    - { name: region, type: string, description: Where., x-mcp-header: Region }\n";
    let mut client = Client::start(&project().tool("where", "SELECT $region AS region", region));
    let discovered = client.modern(1, "server/discover", json!({}));
    assert_eq!(
        discovered["result"]["supportedVersions"][0], "2026-07-28",
        "{discovered}"
    );
    let listed = client.modern(2, "tools/list", json!({}));
    assert_eq!(listed["result"]["tools"].as_array().unwrap().len(), 3, "{listed}");
    let called = client.modern(
        3,
        "tools/call",
        json!({ "name": "where", "arguments": { "region": "EU" } }),
    );
    assert_eq!(
        called["result"]["content"][0]["text"], r#"[{"region":"EU"}]"#,
        "{called}"
    );
}

#[test]
fn a_legacy_client_negotiates_and_then_keeps_its_version() {
    let mut client = Client::start(&project());
    let early = client.ask(call(1, "greet"));
    assert_eq!(
        error(&early),
        (-32600, "Invalid request: initialize must come first")
    );
    assert_eq!(
        client.ask(json!({ "jsonrpc": "2.0", "id": 2, "method": "ping" }))["result"],
        json!({})
    );
    drop(client);

    let mut client = Client::initialized(&project(), "2025-06-18");
    assert_eq!(client.ask(call(3, "greet"))["result"]["isError"], false);
    let changed = client.modern(4, "tools/list", json!({}));
    assert_eq!(
        error(&changed),
        (
            -32600,
            "Invalid request: this connection was opened with initialize and speaks 2025-06-18"
        )
    );
}

#[test]
fn a_handshake_that_is_refused_opens_nothing() {
    let mut client = Client::start(&project());
    let nameless = json!({ "protocolVersion": "2025-06-18", "capabilities": {} });
    let refused =
        client.ask(json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": nameless }));
    assert_eq!(error(&refused).0, -32602, "{refused}");
    let early = client.ask(call(2, "greet"));
    assert_eq!(
        error(&early),
        (-32600, "Invalid request: initialize must come first")
    );
    let discovered = client.modern(3, "server/discover", json!({}));
    assert_eq!(discovered["result"]["resultType"], "complete", "{discovered}");
}

#[test]
fn lines_that_are_no_messages_are_answered_and_cost_nothing_else() {
    let mut client = Client::initialized(&project(), "2025-11-25");
    client.write(b"\n   \r\n{\"jsonrpc\":\n");
    assert_eq!(error(&client.read()).0, -32700);
    client.write(b"{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"p\xffng\"}\n");
    assert_eq!(error(&client.read()).0, -32700);
    let mut long = vec![b'x'; 4 * 1024 * 1024 + 1];
    long.push(b'\n');
    client.write(&long);
    assert_eq!(
        error(&client.read()),
        (
            -32600,
            "Invalid request: the message is larger than 4194304 bytes"
        )
    );
    assert_eq!(
        error(&client.ask(json!({ "jsonrpc": "2.0", "id": 6, "method": "no/such" }))),
        (-32601, "Method not found: no/such")
    );
    // Responses and notifications want no answer, not even wrong ones; the next line on the wire is the ping's.
    client.send(&json!({ "jsonrpc": "2.0", "id": 7, "result": {} }));
    client.send(&json!({ "jsonrpc": "2.0", "method": "notifications/strange" }));
    client.send(&json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": [] }));
    let mut of_another_era = modern(0, "notifications/cancelled", json!({ "requestId": 1 }));
    of_another_era.as_object_mut().unwrap().remove("id");
    client.send(&of_another_era);
    assert_eq!(
        client.ask(json!({ "jsonrpc": "2.0", "id": 8, "method": "ping" }))["id"],
        8
    );
}

#[test]
fn batches_belong_to_one_revision() {
    let batch = json!([
        { "jsonrpc": "2.0", "id": 1, "method": "ping" },
        { "jsonrpc": "2.0", "method": "notifications/strange" },
        { "jsonrpc": "2.0", "id": 2, "method": "initialize", "params": {} },
        call(3, "greet"),
    ]);
    let mut client = Client::initialized(&project(), "2025-03-26");
    let answer = client.ask(batch.clone());
    let ids: Vec<&Value> = answer.as_array().unwrap().iter().map(|one| &one["id"]).collect();
    assert_eq!(ids, [1, 2, 3], "{answer}");
    assert_eq!(answer[1]["error"]["code"], -32601, "{answer}");
    assert_eq!(answer[2]["result"]["isError"], false, "{answer}");

    let mut client = Client::initialized(&project(), "2025-06-18");
    assert_eq!(error(&client.ask(batch)).0, -32600);
}

#[test]
fn requests_run_beside_each_other_and_a_cancelled_one_is_not_answered() {
    for is_modern in [false, true] {
        let mut client = match is_modern {
            true => Client::start(&project()),
            false => Client::initialized(&project(), "2025-11-25"),
        };
        let request = |id: u32, tool: &str| match is_modern {
            true => modern(id, "tools/call", json!({ "name": tool })),
            false => call(id, tool),
        };
        client.send(&request(1, "endless"));
        assert_eq!(client.ask(request(2, "greet"))["id"], 2);
        client.send(
            &json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 1 } }),
        );
        // Sent at once: a cancellation holds for what came before it, however short.
        client.send(&request(3, "endless"));
        client.send(
            &json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 3 } }),
        );
        assert_eq!(client.ask(request(4, "greet"))["id"], 4);
        client.close();
        let (status, rest, _, folder) = client.wait();
        assert_eq!((status.code(), rest.as_slice()), (Some(0), [].as_slice()));
        let records = crate::audit::records(&folder.path().join("audit"));
        let cancelled = records.iter().filter(|record| {
            record["operation_name"] == "endless"
                && record["error"] == "the client cancelled the request"
                && record["caller_type"] == "stdio"
        });
        assert_eq!(cancelled.count(), 2, "{records:#?}");
    }
}

#[test]
fn nothing_but_messages_reaches_standard_output() {
    // From here on DuckDB prints every statement.
    let project = project()
        .file(
            "mxcp-site.yml",
            "mxcp: 1\nproject: test\nprofile: dev\nprofiles: { dev: { duckdb: { init_file: noisy.sql } } }\n",
        )
        .file(
            "noisy.sql",
            "FROM enable_logging('QueryLog', storage = 'stdout');",
        );
    let mut client = Client::initialized(&project, "2025-11-25");
    assert_eq!(client.ask(call(1, "greet"))["id"], 1);
    client.close();
    let (_, rest, log, _) = client.wait();
    assert!(rest.is_empty(), "{rest:?}");
    assert!(log.contains("QueryLog"), "{log}");
}
