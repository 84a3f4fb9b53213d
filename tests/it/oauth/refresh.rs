//! Refreshing at the token endpoint. When a repeated token is theft is tested in the core crate.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use actix_web::test::TestRequest;
use futures_util::future::join_all;
use serde_json::json;

use super::client::{Fields, call, demo_tokens, log_in, verifier};
use super::server::{Answer, DEMO_CLIENT, DEMO_SECRET, PUBLIC_CLIENT, PUBLIC_REDIRECT, Server};

/// A client without a secret that registered itself, and the tokens of a login through it.
async fn public_login(server: &Server, name: &str) -> (String, Answer) {
    let metadata = json!({
        "client_name": name, "redirect_uris": [PUBLIC_REDIRECT], "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"],
    });
    let client = TestRequest::post().uri("/register").set_json(&metadata);
    let id = server.call(client).await.text("client_id");
    let code = log_in(server, &Fields::authorization(&id, PUBLIC_REDIRECT)).await;
    let exchange = Fields::from(&[
        ("grant_type", "authorization_code"),
        ("client_id", &id),
        ("code", &code),
        ("code_verifier", verifier().secret().expose()),
    ]);
    let tokens = exchange.to_token(server).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    (id, tokens)
}

fn public_refresh(id: &str, refresh_token: &str) -> Fields {
    Fields::from(&[
        ("grant_type", "refresh_token"),
        ("client_id", id),
        ("refresh_token", refresh_token),
    ])
}

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

#[actix_web::test]
async fn a_client_without_a_secret_gets_another_refresh_token_each_time_and_no_other_client_does() {
    let server = Server::local().await;
    let (id, first) = public_login(&server, "One").await;
    let (stranger, _) = public_login(&server, "Another").await;
    let first = first.text("refresh_token");
    let ask = async |id: &str| public_refresh(id, &first).to_token(&server).await;
    let assert_refused = |answer: &Answer| {
        assert_eq!(
            (answer.status, answer.text("error").as_str()),
            (400, "invalid_grant")
        );
    };
    assert_refused(&ask(&stranger).await);
    let second = ask(&id).await;
    assert_eq!(second.status, 200, "{}", second.body);
    assert_ne!(second.text("refresh_token"), first);
    assert_eq!(call(&server, &second.text("access_token")).await.status, 200);
    server.clock.advance(Duration::from_secs(31));
    assert_refused(&ask(&id).await);
    assert_eq!(call(&server, &second.text("access_token")).await.status, 401);
}

#[actix_web::test]
async fn refreshes_from_two_networks_at_once_get_the_same_pair() {
    let server = Server::local().await;
    let first = demo_tokens(&server).await.text("refresh_token");
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", DEMO_CLIENT),
        ("client_secret", DEMO_SECRET),
        ("refresh_token", first.as_str()),
    ];
    let ask = |number: u8| {
        let peer = SocketAddr::from(([198, 51, 100, number % 2 + 1], 4711));
        let request = TestRequest::post().uri("/token").set_form(&form[..]);
        server.call(request.peer_addr(peer))
    };
    let answers = join_all((0..50).map(ask)).await;
    let pair = |answer: &Answer| {
        assert_eq!(answer.status, 200, "{}", answer.body);
        (answer.text("access_token"), answer.text("refresh_token"))
    };
    let pairs: BTreeSet<_> = answers.iter().map(pair).collect();
    assert_eq!(pairs.len(), 1);
    for (access_token, refresh_token) in pairs {
        assert_eq!(call(&server, &access_token).await.status, 200);
        let next = Fields::demo_refresh(&refresh_token).to_token(&server).await;
        assert_eq!(next.status, 200, "{}", next.body);
    }
}
