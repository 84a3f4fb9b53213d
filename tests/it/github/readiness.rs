//! What an operator sees of a GitHub that is out of order: the replica stays ready, because who has logged in goes on working.

use serde_json::{Value, json};

use super::fake::state::Canned;
use super::fake::{CLIENT_SECRET, Quirks};
use super::{Browser, come_back, fake, log_in, project, project_with};
use crate::admin::{self, ask, check_once};
use crate::server::Server;

async fn provider(server: &Server, expected: &str) -> Value {
    check_once(server, "provider", expected).await
}

async fn counted(server: &Server) -> Vec<String> {
    admin::counted(server, "provider", "github").await
}

#[actix_web::test]
async fn a_github_that_is_down_degrades_and_takes_no_replica_away() {
    let fake = fake(Quirks::default());
    let server = project(&fake)
        .tool("name", "SELECT get_username() AS n", "")
        .start();
    let caller = log_in(&server).await;
    provider(&server, "ok").await;

    fake.state().quirks.token_answer = Some(Canned::Status(503));
    let mut browser = Browser::new(&server);
    let back = come_back(&mut browser, "allow").await;
    browser.walk("GET", &back, String::new()).await;
    let reason = provider(&server, "degraded").await["reason"].to_string();
    assert!(
        reason.contains("calls to github have failed since 20"),
        "{reason}"
    );
    assert_eq!(
        counted(&server).await,
        ["answered 1", "unavailable 1", "failing 1"],
        "one login worked, one did not"
    );
    Browser::new(&server).begin(None).await;
    come_back(&mut Browser::new(&server), "allow").await;
    assert_eq!(
        counted(&server).await[2],
        "failing 1",
        "a login that only begins says nothing"
    );
    let answer = caller.call("name", json!({})).await;
    assert_eq!(answer["content"][0]["text"], r#"[{"n":"octocat"}]"#, "{answer}");
    let told = ask(&server, "GET", "/ready", &[]).await.json();
    assert!(!told.to_string().contains("reason"), "{told}");

    fake.state().quirks.token_answer = None;
    log_in(&server).await;
    provider(&server, "ok").await;
    assert_eq!(
        counted(&server).await,
        ["answered 2", "unavailable 1", "failing 0"]
    );
}

#[actix_web::test]
async fn a_client_secret_that_github_does_not_know_shows_too() {
    let fake = fake(Quirks::default());
    let server = project_with(&fake, &CLIENT_SECRET.to_uppercase(), "").start();
    provider(&server, "ok").await;
    let mut browser = Browser::new(&server);
    let back = come_back(&mut browser, "allow").await;
    browser.walk("GET", &back, String::new()).await;
    provider(&server, "degraded").await;
    assert_eq!(counted(&server).await, ["misconfigured 1", "failing 1"]);
}
