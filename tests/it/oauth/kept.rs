//! Logins kept in an SQLite file, in one process: the rule of refresh tokens, and what goes on after a restart.

use std::time::Duration;

use futures_util::future::join_all;
use mxcp_actors::domain::audit_event::OperationStatus;
use mxcp_actors::domain::clock::{Clock as _, Timestamp};

use super::client::{Fields, call, demo_tokens};
use super::server::{Answer, DEMO_CLIENT, START, Server};

const WINDOW: Duration = Duration::from_secs(30);

/// The access token and the refresh token.
fn pair(answer: &Answer) -> (String, String) {
    assert_eq!(answer.status, 200, "{}", answer.body);
    (answer.text("access_token"), answer.text("refresh_token"))
}

async fn refresh(server: &Server, refresh_token: &str) -> Answer {
    Fields::demo_refresh(refresh_token).to_token(server).await
}

/// The refresh token is refused, and then nothing of the login works any more.
async fn assert_ended(server: &Server, (access, refresh_token): &(String, String)) {
    let refused = refresh(server, refresh_token).await;
    assert_eq!(
        (refused.status, refused.text("error").as_str()),
        (400, "invalid_grant")
    );
    assert_eq!(call(server, access).await.status, 401);
}

#[actix_web::test]
async fn a_refresh_is_repeated_within_the_window_and_a_later_replay_ends_the_login() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::kept_in(&folder.path().join("oauth.db"), START).await;
    let first = pair(&demo_tokens(&server).await);
    let crowd = join_all((0..20).map(|_| refresh(&server, &first.1))).await;
    let second = pair(&crowd[0]);
    assert!(crowd.iter().all(|answer| pair(answer) == second));
    assert_ne!(first, second);
    assert_eq!(call(&server, &second.0).await.status, 200);

    server.clock.advance(WINDOW);
    assert_eq!(pair(&refresh(&server, &first.1).await), second);
    assert!(!server.event_names().contains(&"refresh_token_reused".to_owned()));

    server.clock.advance(Duration::from_millis(1));
    assert_ended(&server, &first).await;
    assert_ended(&server, &second).await;
    let events = server.events();
    let issued = events.iter().find(|event| event.operation_name == "token_issued");
    let reused: Vec<_> = events
        .iter()
        .filter(|event| event.operation_name == "refresh_token_reused")
        .collect();
    assert_eq!(reused.len(), 1);
    assert_eq!(reused[0].operation_status, OperationStatus::Error);
    assert_eq!(reused[0].client_id.as_deref(), Some(DEMO_CLIENT));
    assert_eq!(reused[0].input_data["grant"], issued.unwrap().input_data["grant"]);
}

#[actix_web::test]
async fn a_lost_answer_is_repeated_however_late() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::kept_in(&folder.path().join("oauth.db"), START).await;
    let first = pair(&demo_tokens(&server).await);
    let lost = pair(&refresh(&server, &first.1).await);
    server.clock.advance(Duration::from_hours(24 * 7));
    assert_eq!(pair(&refresh(&server, &first.1).await), lost);
    let next = pair(&refresh(&server, &lost.1).await);
    assert_eq!(call(&server, &next.0).await.status, 200);
}

#[actix_web::test]
async fn after_a_restart_tokens_work_and_the_rule_holds() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("oauth.db");
    let server = Server::kept_in(&file, START).await;
    let kept = pair(&demo_tokens(&server).await);
    let first = pair(&demo_tokens(&server).await);
    let second = pair(&refresh(&server, &first.1).await);
    assert_eq!(call(&server, &second.0).await.status, 200);
    let later = Timestamp::from_seconds(server.clock.now().seconds() + 10);
    server.stop().await;

    let server = Server::kept_in(&file, later).await;
    assert_eq!(call(&server, &kept.0).await.status, 200);
    let next = pair(&refresh(&server, &kept.1).await);
    assert_eq!(call(&server, &next.0).await.status, 200);
    assert_eq!(
        pair(&refresh(&server, &first.1).await),
        second,
        "the window goes on"
    );
    server.clock.advance(WINDOW);
    assert_ended(&server, &first).await;
    assert_ended(&server, &second).await;
    assert_eq!(
        call(&server, &next.0).await.status,
        200,
        "the other login goes on"
    );
}
