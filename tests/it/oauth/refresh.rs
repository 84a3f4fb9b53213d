//! Refreshing at the token endpoint. When a repeated token is theft is tested in the core crate.

use std::time::Duration;

use super::client::{Fields, call, demo_tokens};
use super::server::{PUBLIC_CLIENT, Server};

#[actix_web::test]
async fn a_refresh_gives_a_new_pair() {
    let server = Server::local().await;
    let first = demo_tokens(&server).await;
    let second = Fields::demo_refresh(&first.text("refresh_token"))
        .to_token(&server)
        .await;
    assert_eq!(second.status, 200, "{}", second.body);
    assert_ne!(second.text("access_token"), first.text("access_token"));
    assert_ne!(second.text("refresh_token"), first.text("refresh_token"));
    assert_eq!(second.text("scope"), "mcp:read mcp:write");
    assert_eq!(call(&server, &second.text("access_token")).await.status, 200);
    assert_eq!(second.header("cache-control"), Some("no-store"));
}

#[actix_web::test]
async fn a_refresh_may_ask_for_less_and_never_for_more() {
    let server = Server::local().await;
    let refresh = Fields::demo_refresh(&demo_tokens(&server).await.text("refresh_token"));
    let more = refresh
        .clone()
        .and("scope", "mcp:read mxcp:admin")
        .to_token(&server)
        .await;
    assert_eq!((more.status, more.text("error").as_str()), (400, "invalid_scope"));
    let broken = refresh.clone().and("scope", "é").to_token(&server).await;
    assert_eq!(
        (broken.status, broken.text("error").as_str()),
        (400, "invalid_scope")
    );
    let elsewhere = refresh
        .clone()
        .and("resource", "https://other.example/")
        .to_token(&server)
        .await;
    assert_eq!(
        (elsewhere.status, elsewhere.text("error").as_str()),
        (400, "invalid_target")
    );
    let less = refresh.and("scope", "mcp:read").to_token(&server).await;
    assert_eq!(less.text("scope"), "mcp:read");
}

#[actix_web::test]
async fn a_refresh_token_is_no_access_token_and_belongs_to_its_client() {
    let server = Server::local().await;
    let tokens = demo_tokens(&server).await;
    let refresh_token = tokens.text("refresh_token");
    assert_eq!(call(&server, &refresh_token).await.status, 401);
    let stolen = Fields::from(&[
        ("grant_type", "refresh_token"),
        ("client_id", PUBLIC_CLIENT),
        ("refresh_token", &refresh_token),
    ]);
    let answer = stolen.to_token(&server).await;
    assert_eq!(
        (answer.status, answer.text("error").as_str()),
        (400, "unauthorized_client")
    );
    let access = Fields::demo_refresh(&tokens.text("access_token"))
        .to_token(&server)
        .await;
    assert_eq!(
        (access.status, access.text("error").as_str()),
        (400, "invalid_grant")
    );
    let missing = Fields::demo_refresh("").to_token(&server).await;
    assert_eq!(
        (missing.status, missing.text("error").as_str()),
        (400, "invalid_request")
    );
}

#[actix_web::test]
async fn a_stolen_refresh_token_ends_the_login_when_it_comes_back_late() {
    let server = Server::local().await;
    let first = demo_tokens(&server).await;
    let refresh = Fields::demo_refresh(&first.text("refresh_token"));
    let second = refresh.to_token(&server).await;
    assert_eq!(call(&server, &second.text("access_token")).await.status, 200);
    server.clock.advance(Duration::from_secs(31));
    let late = refresh.to_token(&server).await;
    assert_eq!((late.status, late.text("error").as_str()), (400, "invalid_grant"));
    assert_eq!(call(&server, &second.text("access_token")).await.status, 401);
    assert!(server.event_names().contains(&"refresh_token_reused".to_owned()));
}
