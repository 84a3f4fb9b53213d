//! Logins that outlive what the configuration said when they began, on the real program: users who left or
//! changed, clients that may have less.

use serde_json::{Value, json};

use crate::audit::records;
use crate::login::{CLIENT, CLIENT_SECRET, Caller, FORM, configuration, query};
use crate::server::{Answer, Project, Server};

const AUDITORS_ONLY: &str = "  policies: { input: [{ condition: \"user.role != 'auditor'\", action: deny, reason: Auditors only }] }\n";

/// A project with these users, whose logins survive a restart.
fn project(users: &[(&str, &str)]) -> Project {
    let persistent =
        "auth: { authorization: { hide: [] }, persistence: { type: sqlite, path: oauth.db }, provider";
    Project::new()
        .user_config(&configuration(users).replace("auth: { provider", persistent))
        .tool("address", "SELECT get_user_email() AS email", "")
        .tool("ledger", "SELECT 1 AS x", AUDITORS_ONLY)
}

/// The same, with a client that may have these scopes: a YAML list.
fn project_for(scopes: &str) -> Project {
    let persistent =
        "auth: { authorization: { hide: [] }, persistence: { type: sqlite, path: oauth.db }, provider";
    let config = configuration(&[("ada", "")]).replace("auth: { provider", persistent);
    project(&[]).user_config(&config.replace("['mcp:read', 'mcp:write']", scopes))
}

async fn refresh(server: &Server, refresh_token: &str) -> Answer {
    refresh_for(server, refresh_token, "").await
}

async fn refresh_for(server: &Server, refresh_token: &str, scopes: &str) -> Answer {
    let form = query(&[
        ("grant_type", "refresh_token"),
        ("client_id", CLIENT),
        ("client_secret", CLIENT_SECRET),
        ("refresh_token", refresh_token),
        ("scope", scopes),
    ]);
    server.request("POST", "/token", FORM, form.into_bytes()).await
}

fn member(answer: &Answer, name: &str) -> String {
    answer.json()[name].as_str().unwrap_or_default().to_owned()
}

fn text(result: &Value) -> &str {
    result["content"][0]["text"].as_str().unwrap()
}

#[actix_rt::test]
async fn a_user_who_left_the_configuration_refreshes_no_more_and_the_login_ends() {
    let server = project(&[("ada", ""), ("bob", "")]).start();
    let [ada, bob] = [
        Caller::log_in(&server, "ada").await.secrets().to_vec(),
        Caller::log_in(&server, "bob").await.secrets().to_vec(),
    ];
    let server = project(&[("ada", "")]).start_in(server.stop().1);
    for _ in ["the first time", "again"] {
        let refused = refresh(&server, &bob[2]).await;
        assert_eq!(
            (refused.status.as_u16(), member(&refused, "error").as_str()),
            (400, "invalid_grant")
        );
    }
    let call = Caller::with_token(&server, &bob[1]);
    let params = json!({ "name": "address", "arguments": {} });
    assert_eq!(
        call.ask_for_answer("tools/call", params).await.status.as_u16(),
        401
    );
    assert_eq!(refresh(&server, &ada[2]).await.status.as_u16(), 200);

    let all = records(&server.stop().1.path().join("audit"));
    let ended: Vec<_> = all
        .iter()
        .filter(|record| record["operation_name"] == "token_revoked")
        .collect();
    assert_eq!(ended.len(), 1, "{ended:#?}");
    assert_eq!(
        (
            &ended[0]["user_id"],
            &ended[0]["client_id"],
            &ended[0]["input_data"]["reason"],
            &ended[0]["operation_status"]
        ),
        (
            &json!("bob"),
            &json!(CLIENT),
            &json!("user_removed"),
            &json!("error")
        )
    );
}

#[actix_rt::test]
async fn a_user_who_changed_is_the_new_one_from_the_next_refresh_on() {
    let server = project(&[("ada", "role: auditor, email: old@example.com")]).start();
    let login = Caller::log_in(&server, "ada").await;
    assert_eq!(
        text(&login.call("address", json!({})).await),
        r#"[{"email":"old@example.com"}]"#
    );
    assert_eq!(text(&login.call("ledger", json!({})).await), r#"[{"x":1}]"#);
    let login = login.secrets().to_vec();

    let changed = [("ada", "role: clerk, email: new@example.com, groups: [sales]")];
    let server = project(&changed).start_in(server.stop().1);
    let refreshed = refresh(&server, &login[2]).await;
    assert_eq!(refreshed.status.as_u16(), 200, "{refreshed:?}");
    let caller = Caller::with_token(&server, &member(&refreshed, "access_token"));
    assert_eq!(
        text(&caller.call("address", json!({})).await),
        r#"[{"email":"new@example.com"}]"#
    );
    let denied = caller.call("ledger", json!({})).await;
    assert!(text(&denied).contains("Auditors only"), "{denied}");

    // What is known of the user is part of the login, not of one token.
    let server = project(&changed).start_in(server.stop().1);
    let caller = Caller::with_token(&server, &member(&refreshed, "access_token"));
    assert!(text(&caller.call("ledger", json!({})).await).contains("Auditors only"));
    let all = records(&server.stop().1.path().join("audit"));
    let mut decisions: Vec<_> = all
        .iter()
        .filter(|record| record["operation_name"] == "ledger")
        .map(|record| (record["user_id"].as_str(), record["policy_decision"].as_str()))
        .collect();
    decisions.sort_unstable();
    let [allowed, denied] = ["allow", "deny"].map(|decision| (Some("ada"), Some(decision)));
    assert_eq!(decisions, [allowed, denied, denied]);
}

#[actix_rt::test]
async fn a_client_that_may_have_less_gets_less_from_the_next_refresh_on() {
    let server = project_for("['mcp:read', 'mcp:write']").start();
    let login = Caller::log_in(&server, "ada").await.secrets().to_vec();

    let server = project_for("['mcp:read']").start_in(server.stop().1);
    let fewer = refresh(&server, &login[2]).await;
    assert_eq!(
        (fewer.status.as_u16(), member(&fewer, "scope").as_str()),
        (200, "mcp:read")
    );
    let asked = refresh_for(&server, &member(&fewer, "refresh_token"), "mcp:read mcp:write").await;
    assert_eq!(
        (asked.status.as_u16(), member(&asked, "scope").as_str()),
        (200, "mcp:read")
    );
    let next = member(&asked, "refresh_token");
    let gone = refresh_for(&server, &next, "mcp:write").await;
    assert_eq!(
        (gone.status.as_u16(), member(&gone, "error").as_str()),
        (400, "invalid_scope")
    );

    let server = project_for("['mcp:other']").start_in(server.stop().1);
    let none = refresh(&server, &next).await;
    assert_eq!(
        (none.status.as_u16(), member(&none, "error").as_str()),
        (400, "invalid_scope")
    );
    assert!(
        member(&none, "error_description").contains("log in again"),
        "{none:?}"
    );

    // The user agreed to both, and a refusal spends nothing.
    let server = project_for("['mcp:read', 'mcp:write']").start_in(server.stop().1);
    let both = refresh(&server, &next).await;
    assert_eq!(member(&both, "scope"), "mcp:read mcp:write", "{both:?}");
}
