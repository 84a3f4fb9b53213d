//! What `auth.user_mapping` makes of users: in policies, in what a token may do, and when the mapping changes.

use serde_json::{Value, json};

use crate::login::{Browser, Caller, SCOPES, configuration, refresh, tokens};
use crate::server::{Project, Server};

/// Two users of whom the configuration says nothing but names, and these rules; logins are kept in `folder`.
fn project(rules: &str, folder: &tempfile::TempDir) -> Project {
    let file = folder.path().join("oauth.db");
    let auth = format!(
        "auth: {{ authorization: {{ hide: [] }}, user_mapping: [{rules}], persistence: {{ type: sqlite, path: '{}' }}, provider",
        file.display()
    );
    let users = configuration(&[("ada", "email: Ada@Example.com, groups: [hr]"), ("bob", "")]);
    let seen = "  policies:\n    input:\n      \
                - { condition: \"user.role != 'admin'\", action: deny, reason: role }\n      \
                - { condition: \"!('pay.read' in user.permissions)\", action: deny, reason: permissions }\n      \
                - { condition: \"!('hr' in user.groups && 'staff' in user.groups)\", action: deny, reason: groups }\n";
    Project::new()
        .user_config(&users.replace("auth: { provider", &auth))
        .tool("pay", "SELECT 1 AS amount", seen)
        .tool("write", "SELECT 1 AS done", "  scopes: ['mcp:write']\n")
}

const STAFF: &str = "{ domain: example.com, groups: [staff], permissions: pay.read }, \
                     { username: [ada, eve], group: hr, role: admin }, { email: ada@example.com, role: auditor, scopes: 'mcp:write' }";

/// What a call says that a policy refuses, or nothing.
async fn refusal(server: &Server, token: &str) -> Option<String> {
    let result = Caller::with_token(server, token).call("pay", json!({})).await;
    let text = result["content"][0]["text"].as_str().unwrap().to_owned();
    result["isError"].as_bool().unwrap().then_some(text)
}

async fn log_in(server: &Server, username: &str) -> Value {
    let code = Browser::new(server).code(username, SCOPES).await;
    tokens(server, &code).await
}

async fn refreshed(server: &Server, before: &Value) -> Value {
    let answer = refresh(server, before["refresh_token"].as_str().unwrap()).await;
    assert_eq!(answer.status.as_u16(), 200, "{answer:?}");
    answer.json()
}

#[actix_rt::test]
async fn rules_give_roles_permissions_groups_and_scopes_to_whom_they_name() {
    let folder = tempfile::tempdir().unwrap();
    let server = project(STAFF, &folder).start();
    let ada = log_in(&server, "ada").await;
    assert_eq!(ada["scope"], SCOPES);
    let token = ada["access_token"].as_str().unwrap();
    assert_eq!(refusal(&server, token).await, None);
    let done = Caller::with_token(&server, token).call("write", json!({})).await;
    assert_eq!(done["isError"], false, "{done}");

    let bob = log_in(&server, "bob").await;
    assert_eq!(bob["scope"], "mcp:read");
    let token = bob["access_token"].as_str().unwrap();
    assert!(refusal(&server, token).await.unwrap().contains("role"));
    let caller = Caller::with_token(&server, token);
    let refused = caller
        .ask_for_answer("tools/call", json!({ "name": "write", "arguments": {} }))
        .await;
    assert_eq!(refused.status.as_u16(), 403);
}

#[actix_rt::test]
async fn a_changed_mapping_counts_from_the_next_refresh_without_a_new_login() {
    let folder = tempfile::tempdir().unwrap();
    let server = project(STAFF, &folder).start();
    let ada = log_in(&server, "ada").await;
    server.stop();

    let server = project(
        "{ username: bob, scopes: 'mcp:write' }, { id: ada, role: admin, permissions: pay.read }",
        &folder,
    )
    .start();
    let ada = refreshed(&server, &ada).await;
    assert_eq!(ada["scope"], "mcp:read");
    let said = refusal(&server, ada["access_token"].as_str().unwrap()).await;
    assert!(said.unwrap().contains("groups"));
    server.stop();

    // What the mapping kept back comes back with it, as far as the login was for it.
    let server = project(STAFF, &folder).start();
    let ada = refreshed(&server, &ada).await;
    assert_eq!(
        refusal(&server, ada["access_token"].as_str().unwrap()).await,
        None
    );
    server.stop();
}
