//! `scopes` of tools, resources and prompts, and `authorization.required_scopes`: who is turned away, and what they are told.

use awc::http::StatusCode;
use serde_json::{Value, json};

use crate::audit::records;
use crate::login::{Browser, Caller, PASSWORD, code_of, configuration, tokens};
use crate::server::{Answer, Project, Server};

/// A project in which `write` needs a scope that the test client can have, and `admin` one that it cannot.
fn project() -> Project {
    Project::new()
        .user_config(&configuration(&[("ada", "")]))
        .tool("open", "SELECT 1 AS x", "")
        .tool("write", "SELECT 2 AS x", "  scopes: [\"mcp:write\", \"mcp:read\"]\n")
        .tool("admin", "SELECT error('this ran') AS x", "  scopes: mcp:admin\n")
        .file(
            "resources/r.yml",
            "mxcp: 1\nresource:\n  uri: notes://all\n  scopes: [\"mcp:write\"]\n  source: { code: SELECT 3 AS x }\n",
        )
        .file(
            "prompts/p.yml",
            "mxcp: 1\nprompt:\n  name: p\n  scopes: [\"mcp:write\"]\n  messages: [{ prompt: hello }]\n",
        )
}

const METADATA: &str = "http://localhost:1/.well-known/oauth-protected-resource/mcp";

/// The answer is a 403 that asks for these scopes and names nothing else.
fn assert_challenged(answer: &Answer, scopes: &str) {
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{answer:?}");
    let challenge = answer.header("www-authenticate").unwrap();
    assert!(
        challenge.starts_with("Bearer error=\"insufficient_scope\", error_description=\""),
        "{challenge}"
    );
    for part in [
        format!("scope=\"{scopes}\""),
        format!("resource_metadata=\"{METADATA}\""),
    ] {
        assert!(challenge.contains(&part), "{challenge}");
    }
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    let body = answer.json();
    assert_eq!((&body["id"], &body["error"]["code"]), (&json!(1), &json!(-32600)));
}

fn tool(name: &str) -> Value {
    json!({ "name": name, "arguments": {} })
}

#[actix_rt::test]
async fn a_token_without_the_scopes_is_challenged_for_all_of_them_in_both_eras() {
    let server = project().start();
    let reader = Caller::log_in_for(&server, "ada", "mcp:read").await;
    assert_eq!(reader.call("open", json!({})).await["isError"], false);
    assert_challenged(
        &reader.ask_for_answer("tools/call", tool("write")).await,
        "mcp:read mcp:write",
    );
    assert_challenged(
        &reader.answer_legacy("write", json!({})).await,
        "mcp:read mcp:write",
    );
    let read = json!({ "uri": "notes://all" });
    assert_challenged(
        &reader.ask_for_answer("resources/read", read.clone()).await,
        "mcp:write",
    );
    assert_challenged(
        &reader.ask_for_answer("prompts/get", json!({ "name": "p" })).await,
        "mcp:write",
    );

    let writer = Caller::log_in_for(&server, "ada", "mcp:read mcp:write").await;
    let text = |result: &Value| result["content"][0]["text"].as_str().unwrap().to_owned();
    assert_eq!(text(&writer.call("write", json!({})).await), r#"[{"x":2}]"#);
    assert_eq!(
        text(&writer.call_legacy("write", json!({})).await),
        r#"[{"x":2}]"#
    );
    for (method, params) in [("resources/read", read), ("prompts/get", json!({ "name": "p" }))] {
        let answer = writer.ask_for_answer(method, params).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    }
    assert_challenged(
        &writer.ask_for_answer("tools/call", tool("admin")).await,
        "mcp:admin",
    );
}

#[actix_rt::test]
async fn a_call_without_the_scopes_runs_nothing_and_is_recorded_as_denied() {
    let server = project().start();
    let reader = Caller::log_in_for(&server, "ada", "mcp:read").await;
    reader.ask_for_answer("tools/call", tool("admin")).await;
    let (_, folder) = server.stop();
    let all = records(&folder.path().join("audit"));
    let denied = all
        .iter()
        .find(|record| record["operation_name"] == "admin")
        .unwrap();
    let reason = "this needs the scopes mcp:admin";
    assert_eq!(
        (
            &denied["operation_status"],
            &denied["policy_decision"],
            &denied["policy_reason"],
            &denied["error"]
        ),
        (&json!("error"), &json!("deny"), &json!(reason), &json!(reason)),
        "{denied}"
    );
    assert_eq!(denied["ran_ms"], Value::Null, "no query ran");
}

#[actix_rt::test]
async fn the_metadata_names_what_definitions_need_and_the_start_warns_of_what_nobody_can_have() {
    let server = project().start();
    let log = server.logged_before_listening().join("\n");
    assert!(
        log.contains("admin: no client can be granted mcp:admin, so every call is refused"),
        "{log}"
    );
    assert!(!log.contains("write: no client"), "{log}");
    let resource = server.get("/.well-known/oauth-protected-resource/mcp").await;
    assert_eq!(
        resource.json()["scopes_supported"],
        json!(["mcp:admin", "mcp:read", "mcp:write", "mxcp:access"])
    );
    let authorization = server.get("/.well-known/oauth-authorization-server").await;
    assert_eq!(
        authorization.json()["scopes_supported"],
        resource.json()["scopes_supported"]
    );
}

#[actix_rt::test]
async fn where_nobody_logs_in_nobody_has_a_scope() {
    let server: Server = Project::new()
        .tool("write", "SELECT 2 AS x", "  scopes: [\"mcp:write\"]\n")
        .start();
    let log = server.logged_before_listening().join("\n");
    assert!(
        log.contains("write: needs the scopes mcp:write, and without a provider"),
        "{log}"
    );
    let answer = server.modern("tools/call", tool("write")).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(answer.json()["error"]["data"], json!({ "scope": "mcp:write" }));
}

#[test]
fn required_scopes_that_no_client_can_have_stop_the_start() {
    let config = configuration(&[("ada", "")]);
    let config = config.replace(
        "provider: local,",
        "provider: local, authorization: { required_scopes: ['mcp:read', 'mcp:admin'] },",
    );
    let (status, said) = Project::new().user_config(&config).start_and_fail();
    assert_eq!(status.code(), Some(1));
    assert!(
        said.contains(
            "required_scopes: no client can be granted \"mcp:admin\", so every call would be refused"
        ),
        "{said}"
    );
}

#[actix_rt::test]
async fn a_login_without_a_scope_is_for_what_every_call_needs() {
    let config = configuration(&[("ada", "")])
        .replace(
            "scopes: ['mcp:read', 'mcp:write']",
            "scopes: ['mxcp:access', 'mcp:read', 'mcp:write', 'mcp:admin']",
        )
        .replace(
            "provider: local,",
            "provider: local, authorization: { required_scopes: ['mcp:read', 'mcp:write'] },",
        );
    let server = project().user_config(&config).start();
    let mut browser = Browser::new(&server);
    let form = browser.begin(None).await;
    let consent = browser
        .submit(&form, &[("username", "ada"), ("password", PASSWORD)])
        .await;
    let back = browser.submit(&consent, &[]).await;
    let tokens = tokens(&server, &code_of(&back)).await;
    assert_eq!(tokens["scope"], "mcp:read mcp:write");
    let caller = Caller::with_token(&server, tokens["access_token"].as_str().unwrap());
    assert_eq!(caller.call("open", json!({})).await["isError"], false);
}
