//! Clients that call in their own name, on the real program: what policies, SQL and records see of them, and what a change of
//! the configuration does.

use awc::http::StatusCode;
use serde_json::{Value, json};

use crate::audit::records;
use crate::login::{CLIENT, CLIENT_SECRET, Caller, FORM, configuration, query};
use crate::server::{Project, Server};

const NAME: &str = "service-account-test-client";

/// A project whose one client has a service account as `entry` says, a part of a YAML mapping.
fn project(entry: &str) -> Project {
    let written = configuration(&[("ada", "")]);
    let kept = written.replace(
        "auth: {",
        "auth: { authorization: { hide: [] }, persistence: { type: sqlite, path: oauth.db },",
    );
    let client = kept.replace(
        "grant_types: [authorization_code, refresh_token]",
        &format!("grant_types: [authorization_code, refresh_token, client_credentials], {entry}"),
    );
    Project::new()
        .user_config(&client)
        .tool(
            "who",
            "SELECT get_username() AS name, get_user_id() AS id, get_user_provider() AS provider, get_user_email() AS email, \
             get_user_external_token() AS token, get_user_scopes() AS scopes",
            "  return: { type: object }\n",
        )
        .tool(
            "report",
            "SELECT 7 AS n",
            "  policies: { input: [{ condition: \"user.provider != 'service_account' || user.role != 'reporter' || !('read' in user.permissions)\", \
             action: deny, reason: 'reporters only' }] }\n",
        )
}

async fn token(server: &Server) -> String {
    let form = query(&[
        ("grant_type", "client_credentials"),
        ("client_id", CLIENT),
        ("client_secret", CLIENT_SECRET),
    ]);
    let answer = server.request("POST", "/token", FORM, form.into_bytes()).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

fn text(result: &Value) -> Value {
    serde_json::from_str(result["content"][0]["text"].as_str().unwrap()).unwrap()
}

#[actix_rt::test]
async fn policies_sql_and_records_see_a_caller_of_its_own() {
    let rights = "service_account: { role: reporter, permissions: [read] }";
    let server = project(rights).start();
    let machine = Caller::with_token(&server, &token(&server).await);
    let answer = machine.call("who", json!({})).await;
    let told = text(&answer);
    let told = told.get(0).unwrap_or(&told);
    assert_eq!(
        *told,
        json!({
            "name": NAME, "id": NAME, "provider": "service_account", "email": "", "token": "",
            "scopes": "mcp:read mcp:write",
        }),
    );
    assert_eq!(machine.call("report", json!({})).await["isError"], false);
    let ada = Caller::log_in(&server, "ada").await;
    assert_eq!(ada.call("report", json!({})).await["isError"], true);
    let (_, folder) = server.stop();
    let records = records(&folder.path().join("audit"));
    let call = records
        .iter()
        .find(|record| record["operation_name"] == "report")
        .unwrap();
    assert_eq!(call["user_id"], NAME);
    assert_eq!(call["client_id"], CLIENT);
}

#[actix_rt::test]
async fn what_the_configuration_takes_away_ends_at_the_next_start() {
    let server = project("service_account: { role: reporter }").start();
    let token = token(&server).await;
    let (_, folder) = server.stop();
    let server = project("service_account: { role: reporter }").start_in(folder);
    let machine = Caller::with_token(&server, &token);
    assert_eq!(machine.call("who", json!({})).await["isError"], false);
    let (_, folder) = server.stop();
    let server = project("service_account: { role: auditor }").start_in(folder);
    let machine = Caller::with_token(&server, &token);
    let answer = machine
        .ask_for_answer("tools/call", json!({ "name": "who", "arguments": {} }))
        .await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}
