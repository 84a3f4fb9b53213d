//! What a token is worth (RFC 7662), and who is told.

use std::collections::BTreeSet;
use std::time::Duration;

use actix_web::test::TestRequest;
use base64::Engine as _;
use mxcp_actor::config::{AllowedHost, Authority, Http, PublicUrl};
use serde_json::{Value, json};

use super::client::{Fields, demo_tokens, log_in, verifier};
use super::server::{Answer, DEMO_CLIENT, DEMO_SECRET, ISSUER, PUBLIC_CLIENT, RESOURCE, Server, listener};

async fn introspect(server: &Server, token: &str) -> Value {
    let form = [
        ("client_id", DEMO_CLIENT),
        ("client_secret", DEMO_SECRET),
        ("token", token),
    ];
    let answer = server.post("/introspect", &form).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    answer.json()
}

fn unauthenticated(token: &str) -> TestRequest {
    TestRequest::post()
        .uri("/oauth/introspect")
        .set_form([("token", token)])
}

async fn from(server: &Server, peer: &str, request: TestRequest) -> Answer {
    server
        .call(request.peer_addr(format!("{peer}:4711").parse().unwrap()))
        .await
}

#[actix_web::test]
async fn a_good_token_is_described() {
    let server = Server::local().await;
    let token = demo_tokens(&server).await.text("access_token");
    assert_eq!(
        introspect(&server, &token).await,
        json!({
            "active": true,
            "scope": "mcp:read mcp:write",
            "client_id": DEMO_CLIENT,
            "username": "testuser",
            "token_type": "Bearer",
            "exp": 1_800_003_600,
            "sub": "testuser",
            "aud": RESOURCE,
            "iss": ISSUER,
        })
    );
}

#[actix_web::test]
async fn of_other_tokens_nothing_is_said() {
    let server = Server::local().await;
    let tokens = demo_tokens(&server).await;
    let inactive = json!({ "active": false });
    for token in [
        "x",
        &tokens.text("refresh_token"),
        &format!("mcp_{}", "0".repeat(72)),
    ] {
        assert_eq!(introspect(&server, token).await, inactive);
    }
    server.clock.advance(Duration::from_hours(1));
    assert_eq!(introspect(&server, &tokens.text("access_token")).await, inactive);
}

#[actix_web::test]
async fn nobody_is_told_anything_without_a_secret() {
    let server = Server::local().await;
    let token = demo_tokens(&server).await.text("access_token");
    let nobody = from(&server, "127.0.0.1", unauthenticated(&token)).await;
    assert_eq!(
        (nobody.status, nobody.text("error").as_str()),
        (401, "invalid_client")
    );
    let public = server
        .post("/introspect", &[("client_id", PUBLIC_CLIENT), ("token", &token)])
        .await;
    assert_eq!(
        (public.status, public.text("error").as_str()),
        (401, "invalid_client")
    );
    assert!(public.header("www-authenticate").unwrap().starts_with("Basic "));
    let missing = [("client_id", DEMO_CLIENT), ("client_secret", DEMO_SECRET)];
    assert_eq!(server.post("/introspect", &missing).await.status, 400);
}

#[actix_web::test]
async fn a_client_that_registered_itself_is_told_about_its_own_tokens_only() {
    let server = Server::local().await;
    let metadata = json!({
        "redirect_uris": ["https://b.example/cb"],
        "token_endpoint_auth_method": "client_secret_post",
    });
    let client = server
        .call(TestRequest::post().uri("/register").set_json(&metadata))
        .await;
    let (id, secret) = (client.text("client_id"), client.text("client_secret"));
    let ask = |token: String| {
        let form = Fields::from(&[("client_id", &id), ("client_secret", &secret), ("token", &token)]);
        let server = &server;
        async move { form.post(server, "/introspect").await.json()["active"].clone() }
    };
    assert_eq!(ask(demo_tokens(&server).await.text("access_token")).await, false);
    let code = log_in(&server, &Fields::authorization(&id, "https://b.example/cb")).await;
    let exchange = Fields::from(&[
        ("grant_type", "authorization_code"),
        ("client_id", &id),
        ("client_secret", &secret),
        ("code", &code),
        ("code_verifier", verifier().secret().expose()),
    ]);
    let own = exchange.to_token(&server).await.text("access_token");
    assert_eq!(ask(own).await, true);
}

#[actix_web::test]
async fn a_token_of_another_resource_is_inactive_here() {
    let http = Http {
        allowed_hosts: vec![AllowedHost::any_port(
            &Authority::parse("api.example.com").unwrap(),
        )],
        ..listener("0.0.0.0")
    };
    let server = Server::with(|settings| settings.public_url = PublicUrl::new(&http, [])).await;
    let token = demo_tokens(&server).await.text("access_token");
    let form = [
        ("client_id", DEMO_CLIENT),
        ("client_secret", DEMO_SECRET),
        ("token", token.as_str()),
    ];
    for (host, is_active) in [("localhost:8000", true), ("api.example.com", false)] {
        let request = TestRequest::post().uri("/introspect").set_form(&form[..]);
        let answer = server.call_at(host, request).await;
        assert_eq!(answer.json()["active"], is_active, "{host}");
    }
}

#[actix_web::test]
async fn open_introspection_is_for_programs_on_this_machine() {
    let server = Server::with(|settings| settings.open_introspection = true).await;
    let token = demo_tokens(&server).await.text("access_token");
    let here = from(&server, "127.0.0.1", unauthenticated(&token)).await;
    assert_eq!(here.json()["active"], true);
    assert_eq!(
        from(&server, "203.0.113.9", unauthenticated(&token)).await.status,
        401
    );
    assert_eq!(
        server.call(unauthenticated(&token)).await.status,
        401,
        "no peer address"
    );
    let proxied = unauthenticated(&token).insert_header(("X-Forwarded-For", "127.0.0.1"));
    assert_eq!(
        from(&server, "127.0.0.1", proxied).await.status,
        401,
        "it came through a proxy"
    );
    let wrong = [
        ("client_id", DEMO_CLIENT),
        ("client_secret", "x"),
        ("token", token.as_str()),
    ];
    let wrong = TestRequest::post().uri("/introspect").set_form(wrong);
    assert_eq!(from(&server, "127.0.0.1", wrong).await.status, 401);
}

#[actix_web::test]
async fn the_token_comes_in_a_form_and_its_hint_changes_nothing() {
    let server = Server::local().await;
    let tokens = demo_tokens(&server).await;
    let (access, refresh) = (tokens.text("access_token"), tokens.text("refresh_token"));
    let form = Fields::from(&[("client_id", DEMO_CLIENT), ("client_secret", DEMO_SECRET)]);
    let ask = async |token: &str, hint: &str| {
        let form = form.clone().and("token", token).and("token_type_hint", hint);
        let answer = form.post(&server, "/oauth/introspect").await;
        (answer.status, answer.json()["active"].clone())
    };
    for hint in ["access_token", "refresh_token", "pigeon", ""] {
        assert_eq!(ask(&access, hint).await, (200, json!(true)), "{hint}");
        assert_eq!(
            ask(&refresh, hint).await,
            (200, json!(false)),
            "a refresh token opens nothing"
        );
    }
    let query = format!("/introspect?token={access}&client_id={DEMO_CLIENT}&client_secret={DEMO_SECRET}");
    assert_eq!(server.get(&query).await.status, 405, "only POST (section 2.1)");
    let in_query = TestRequest::post()
        .uri(&query)
        .insert_header(("Content-Type", "application/x-www-form-urlencoded"));
    assert_eq!(
        server.call(in_query).await.status,
        401,
        "secrets in a query do not count"
    );
}

/// All that somebody sees of an answer.
fn look(answer: &Answer) -> String {
    let headers = answer.headers.iter();
    let headers: BTreeSet<_> = headers
        .map(|(name, value)| format!("{name}: {value:?}"))
        .collect();
    format!("{} {headers:?} {}", answer.status, answer.body)
}

#[actix_web::test]
async fn an_inactive_token_looks_the_same_whatever_the_reason() {
    let server = Server::local().await;
    let about = |token: &str| {
        Fields::from(&[
            ("client_id", DEMO_CLIENT),
            ("client_secret", DEMO_SECRET),
            ("token", token),
        ])
    };
    let logins = [
        demo_tokens(&server).await,
        demo_tokens(&server).await,
        demo_tokens(&server).await,
    ];
    let access = logins.each_ref().map(|login| login.text("access_token"));
    let refresh = logins.each_ref().map(|login| login.text("refresh_token"));
    // The first login loses its access token, the second one ends, the third one grows old.
    for given_back in [&access[0], &refresh[1]] {
        assert_eq!(about(given_back).post(&server, "/revoke").await.status, 200);
    }
    let code = log_in(&server, &Fields::demo()).await;
    let nobodys = format!("mcp_{}", "0".repeat(72));
    let mut looks = BTreeSet::new();
    for token in [
        &access[0],
        &access[1],
        &refresh[0],
        &refresh[1],
        &code,
        &nobodys,
        "never issued",
    ] {
        looks.insert(look(&about(token).post(&server, "/introspect").await));
    }
    assert_eq!(introspect(&server, &access[2]).await["active"], true);
    server.clock.advance(Duration::from_hours(1));
    let old = about(&access[2]).post(&server, "/introspect").await;
    looks.insert(look(&old));
    assert_eq!(looks.len(), 1, "{looks:#?}");
    assert_eq!(
        (old.status, old.body.as_str()),
        (200, r#"{"active":false}"#),
        "nothing but this (section 2.2)"
    );
    assert_eq!(old.header("cache-control"), Some("no-store"));
}

#[actix_web::test]
async fn a_basic_header_authenticates_the_asker_and_a_bearer_token_does_not() {
    let server = Server::local().await;
    let token = demo_tokens(&server).await.text("access_token");
    let ask = |authorization: String| {
        let form = TestRequest::post()
            .uri("/introspect")
            .set_form([("token", &token)]);
        server.call(form.insert_header(("Authorization", authorization)))
    };
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("{DEMO_CLIENT}:{DEMO_SECRET}"));
    assert_eq!(ask(format!("Basic {basic}")).await.json()["active"], true);
    let bearer = ask(format!("Bearer {token}")).await;
    assert_eq!(
        (bearer.status, bearer.text("error").as_str()),
        (401, "invalid_client")
    );
}
