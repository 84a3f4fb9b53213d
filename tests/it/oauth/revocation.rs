//! Giving tokens back (RFC 7009).

use actix_web::test::TestRequest;

use super::client::{Fields, call, demo_tokens};
use super::server::{Answer, DEMO_CLIENT, DEMO_SECRET, PUBLIC_CLIENT, Server};

async fn revoke(server: &Server, token: &str) -> Answer {
    let form = [
        ("client_id", DEMO_CLIENT),
        ("client_secret", DEMO_SECRET),
        ("token", token),
    ];
    server.post("/revoke", &form).await
}

#[actix_web::test]
async fn an_access_token_ends_alone_and_a_refresh_token_takes_the_login_along() {
    let server = Server::local().await;
    let tokens = demo_tokens(&server).await;
    let (access_token, refresh_token) = (tokens.text("access_token"), tokens.text("refresh_token"));
    let answer = revoke(&server, &access_token).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    assert_eq!(call(&server, &access_token).await.status, 401);
    let next = Fields::demo_refresh(&refresh_token).to_token(&server).await;
    assert_eq!(next.status, 200);
    assert_eq!(revoke(&server, &next.text("refresh_token")).await.status, 200);
    assert_eq!(call(&server, &next.text("access_token")).await.status, 401);
    let events = server.events();
    let users = events
        .iter()
        .filter(|record| record.operation_name == "token_revoked")
        .map(|record| record.user.user_id.as_deref());
    assert_eq!(users.collect::<Vec<_>>(), [Some("testuser"), Some("testuser")]);
}

#[actix_web::test]
async fn an_unknown_token_is_no_error() {
    let server = Server::local().await;
    for token in ["x", "mcp_0000", &"y".repeat(10_000)] {
        assert_eq!(revoke(&server, token).await.status, 200);
    }
    assert!(!server.event_names().contains(&"token_revoked".to_owned()));
}

#[actix_web::test]
async fn the_tokens_of_another_client_stay_as_they_are_and_it_is_told_so() {
    let server = Server::local().await;
    let tokens = demo_tokens(&server).await;
    for token in [tokens.text("access_token"), tokens.text("refresh_token")] {
        let form = [("client_id", PUBLIC_CLIENT), ("token", token.as_str())];
        let answer = server.post("/oauth/revoke", &form).await;
        assert_eq!(
            (answer.status, answer.text("error").as_str()),
            (400, "invalid_grant"),
            "section 2.1: the request is refused and the client informed"
        );
    }
    assert_eq!(call(&server, &tokens.text("access_token")).await.status, 200);
    let refresh = Fields::demo_refresh(&tokens.text("refresh_token"));
    assert_eq!(refresh.to_token(&server).await.status, 200);
}

#[actix_web::test]
async fn only_clients_may_ask() {
    let server = Server::local().await;
    let token = demo_tokens(&server).await.text("access_token");
    let nobody = server.post("/revoke", &[("token", &token)]).await;
    assert_eq!(
        (nobody.status, nobody.text("error").as_str()),
        (401, "invalid_client")
    );
    let wrong = [
        ("client_id", DEMO_CLIENT),
        ("client_secret", "x"),
        ("token", token.as_str()),
    ];
    assert_eq!(server.post("/revoke", &wrong).await.status, 401);
    let missing = [("client_id", DEMO_CLIENT), ("client_secret", DEMO_SECRET)];
    let missing = server.post("/revoke", &missing).await;
    assert_eq!(
        (missing.status, missing.text("error").as_str()),
        (400, "invalid_request")
    );
    let json = TestRequest::post().uri("/revoke").set_json("x");
    assert_eq!(server.call(json).await.status, 400);
    assert_eq!(call(&server, &token).await.status, 200);
}

#[actix_web::test]
async fn a_hint_may_be_wrong_and_a_second_revocation_is_no_error() {
    let server = Server::local().await;
    let tokens = demo_tokens(&server).await;
    let token = tokens.text("access_token");
    let form = Fields::from(&[
        ("client_id", DEMO_CLIENT),
        ("client_secret", DEMO_SECRET),
        ("token", &token),
        ("token_type_hint", "refresh_token"),
    ]);
    for uri in ["/revoke", "/oauth/revoke"] {
        let answer = form.post(&server, uri).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, ""), "{uri}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    assert_eq!(call(&server, &token).await.status, 401);
    let unknown_hint = form.with("token_type_hint", "pigeon");
    assert_eq!(unknown_hint.post(&server, "/revoke").await.status, 200);
    assert_eq!(
        server.get("/revoke?token=x").await.status,
        405,
        "only POST (section 2.1)"
    );
}
