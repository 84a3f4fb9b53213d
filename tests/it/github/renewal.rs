//! A user's token at GitHub that is about to end is renewed once, when SQL or a refresh of the client asks for it, and never behind
//! a user's back.

use futures_util::future::join_all;
use serde_json::json;
use tokio::sync::Semaphore;

use super::fake::state::Canned;
use super::fake::{CLIENT_SECRET, FakeGithub, Quirks};
use super::{fake, log_in, project, project_with, tokens};
use crate::audit::records;
use crate::login::{Caller, refresh};
use crate::server::{Answer, Project, Server};

const TOKENS: &str = "POST /login/oauth/access_token";

/// Long enough for a test, and so short that the token is renewed as soon as it is asked for.
const ABOUT_TO_END: u32 = 55;

/// The first token lives for so many seconds, all others for eight hours.
fn ending(first_lifetime: u32) -> FakeGithub {
    fake(Quirks {
        expiring: true,
        first_lifetime: Some(first_lifetime),
        ..Quirks::default()
    })
}

fn with_tools(project: Project) -> Server {
    project
        .tool(
            "token",
            "SELECT get_user_external_token() AS t",
            "  returns_token: true\n",
        )
        .tool("name", "SELECT get_username() AS n", "")
        .start()
}

async fn call(caller: &Caller<'_>, tool: &str) -> (bool, String) {
    let answer = caller.call(tool, json!({})).await;
    let text = answer["content"][0]["text"]
        .as_str()
        .unwrap_or_else(|| panic!("{answer}"));
    (answer["isError"] == true, text.to_owned())
}

#[actix_web::test]
async fn twenty_calls_at_once_are_one_call_to_github() {
    let fake = ending(ABOUT_TO_END);
    let server = with_tools(project_with(
        &fake,
        CLIENT_SECRET,
        ", persistence: { type: sqlite, path: oauth.db }",
    ));
    let caller = log_in(&server).await;
    assert_eq!(
        call(&caller, "name").await,
        (false, r#"[{"n":"octocat"}]"#.to_owned())
    );
    assert_eq!(
        fake.state().count(TOKENS),
        1,
        "nothing is renewed that nobody asks for"
    );
    let calls = join_all((0..20).map(|_| call(&caller, "token"))).await;
    let live = fake.state().live.keys().next().unwrap().clone();
    for (is_error, text) in calls {
        assert_eq!((is_error, text), (false, format!(r#"[{{"t":"{live}"}}]"#)));
    }
    assert_eq!(fake.state().count(TOKENS), 2);
}

#[actix_web::test]
async fn a_github_that_is_down_ends_no_login() {
    let fake = ending(0);
    let server = with_tools(project(&fake));
    let caller = log_in(&server).await;
    fake.state().quirks.token_answer = Some(Canned::Status(503));
    let (is_error, text) = call(&caller, "token").await;
    assert!(is_error && text.contains("cannot be renewed just now"), "{text}");
    assert!(!call(&caller, "name").await.0, "what does not need GitHub works");
    fake.state().quirks.token_answer = None;
    assert!(!call(&caller, "token").await.0);
}

#[actix_web::test]
async fn an_old_token_is_used_to_its_end_while_github_is_down() {
    let fake = ending(ABOUT_TO_END);
    let server = with_tools(project(&fake));
    let caller = log_in(&server).await;
    let old = fake.state().live.keys().next().unwrap().clone();
    fake.state().quirks.token_answer = Some(Canned::RateLimited);
    assert_eq!(
        call(&caller, "token").await,
        (false, format!(r#"[{{"t":"{old}"}}]"#))
    );
}

#[actix_web::test]
async fn a_login_that_github_has_ended_ends_here_with_a_reason_and_an_event() {
    let fake = ending(ABOUT_TO_END);
    let server = with_tools(project(&fake));
    let caller = log_in(&server).await;
    fake.state().revoke_everything();
    let (is_error, text) = call(&caller, "token").await;
    assert!(
        is_error && text.contains("the identity provider has ended this login; log in again"),
        "{text}"
    );
    let answer = caller.ask_for_answer("tools/list", json!({})).await;
    assert_eq!(answer.status.as_u16(), 401, "{answer:?}");
    let (_, folder) = server.stop();
    let records = records(&folder.path().join("audit"));
    let ended: Vec<_> = records
        .iter()
        .filter(|record| record["operation_name"] == "token_revoked")
        .collect();
    assert_eq!(ended.len(), 1, "{records:#?}");
    assert_eq!(ended[0]["input_data"]["reason"], "upstream_ended");
    assert_eq!(
        (&ended[0]["user_name"], &ended[0]["client_id"]),
        (&json!("octocat"), &json!("test-client"))
    );
}

#[actix_web::test]
async fn a_client_that_goes_away_does_not_take_the_only_new_pair_along() {
    let fake = ending(0);
    let server = with_tools(project(&fake));
    let caller = log_in(&server).await;
    fake.state().gate.forget_permits(Semaphore::MAX_PERMITS);
    {
        let call = call(&caller, "token");
        let asked = async {
            while fake.state().count(TOKENS) < 2 {
                actix_web::rt::task::yield_now().await;
            }
        };
        tokio::select! {
            _ = call => panic!("the gate is closed"),
            () = asked => {}
        }
    }
    fake.state().gate.add_permits(100);
    let (is_error, text) = call(&caller, "token").await;
    assert!(!is_error, "{text}");
    assert_eq!(
        fake.state().count(TOKENS),
        2,
        "renewed by the call that nobody waited for"
    );
}

/// Logs in, lets something happen to the fake, and refreshes.
async fn refreshed_after(server: &Server, happen: impl FnOnce()) -> Answer {
    let tokens = tokens(server).await;
    happen();
    refresh(server, tokens["refresh_token"].as_str().unwrap()).await
}

#[actix_web::test]
async fn a_user_whom_github_has_dropped_is_refused_at_the_next_refresh_with_a_reason_and_an_event() {
    let fake = ending(ABOUT_TO_END);
    let server = with_tools(project(&fake));
    let answer = refreshed_after(&server, || fake.state().revoke_everything()).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["error"]),
        (400, &json!("invalid_grant"))
    );
    let (_, folder) = server.stop();
    let records = records(&folder.path().join("audit"));
    let ended = records
        .iter()
        .filter(|record| record["operation_name"] == "token_revoked");
    let reasons: Vec<_> = ended.map(|record| &record["input_data"]["reason"]).collect();
    assert_eq!(reasons, ["upstream_ended"]);
}

#[actix_web::test]
async fn a_refresh_asks_github_only_when_its_token_has_ended_and_goes_on_when_github_is_down() {
    let lasting = fake(Quirks {
        expiring: true,
        ..Quirks::default()
    });
    let server = with_tools(project(&lasting));
    let answer = refreshed_after(&server, || {}).await;
    assert_eq!((answer.status.as_u16(), lasting.state().count(TOKENS)), (200, 1));

    let ending = ending(0);
    let server = with_tools(project(&ending));
    let break_it = || ending.state().quirks.token_answer = Some(Canned::Status(503));
    let answer = refreshed_after(&server, break_it).await;
    assert_eq!((answer.status.as_u16(), ending.state().count(TOKENS)), (200, 2));
    ending.state().quirks.token_answer = None;
    let answer = refresh(&server, answer.json()["refresh_token"].as_str().unwrap()).await;
    assert_eq!((answer.status.as_u16(), ending.state().count(TOKENS)), (200, 3));
}
