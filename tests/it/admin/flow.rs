//! `GET /auth/flow/…`: one attempt to log in, while the server runs.

use serde_json::{Value, json};

use super::{OPERATOR, VIEWER, ask};
use crate::login::{self, Caller};
use crate::server::{Answer, Project, Server};

async fn asked(server: &Server, reference: &str, token: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    let path = format!("/auth/flow/{reference}");
    ask(server, "GET", &path, &[("Authorization", &bearer)]).await
}

#[actix_rt::test]
async fn operators_see_a_login_and_viewers_do_not() {
    let users = login::configuration(&[("ada", "")]);
    let admin = format!("admin: {{ enabled: true, port: 0, token: {OPERATOR}, viewer_token: {VIEWER} }}\n");
    let server = Project::new()
        .tool("who", "SELECT get_username() AS name", "")
        .user_config(&format!("{users}{admin}"))
        .start();
    let caller = Caller::log_in(&server, "ada").await;
    let answer = caller
        .ask_for_answer("tools/call", json!({ "name": "who", "arguments": {} }))
        .await;
    let request = answer.header("x-request-id").unwrap().to_owned();
    // Records are written within milliseconds, by a thread of their own.
    let flow = loop {
        let found = asked(&server, &request, OPERATOR).await;
        if found.status == 200 {
            break found.json();
        }
        assert_eq!(found.status, 404);
    };
    assert_eq!(flow["flow"]["outcome"], "succeeded", "{flow}");
    assert_eq!(flow["flow"]["user"], "ada");
    assert!(flow["flow"]["attempt_id"].is_string());
    assert!(flow["instance"].is_string());
    assert!(flow["scope"].as_str().unwrap().contains("another folder"));
    let told = flow.to_string();
    assert!(
        caller.secrets().iter().all(|secret| !told.contains(secret)),
        "{told}"
    );
    assert_eq!(asked(&server, &request, VIEWER).await.status, 403);
    let unknown = asked(&server, "0000-0000-0000", OPERATOR).await;
    assert_eq!(unknown.status, 404);
    let detail: Value = unknown.json();
    assert!(
        detail["detail"]
            .as_str()
            .unwrap()
            .starts_with("no audit record names"),
        "{detail}"
    );
    assert_eq!(asked(&server, "a%20b", OPERATOR).await.status, 400);
}

#[actix_rt::test]
async fn without_an_audit_log_it_says_so() {
    let server = super::project("")
        .file(
            "mxcp-site.yml",
            "mxcp: 1\nproject: test\nprofile: dev\nprofiles: { dev: { audit: { enabled: false } } }\n",
        )
        .start();
    let answer = asked(&server, "x", OPERATOR).await;
    assert_eq!(answer.status, 404);
    assert_eq!(
        answer.json()["detail"],
        "audit.enabled is false, so there is no audit log to look into"
    );
}
