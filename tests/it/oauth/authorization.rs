//! Requests to the authorization endpoint: what is shown to the user, and what is told to the client.

use std::rc::Rc;

use actix_web::test::TestRequest;

use super::browser::{Browser, location, parameter};
use super::client::Fields;
use super::outside::Upstream;
use super::server::{DEMO_CLIENT, DEMO_REDIRECT, ISSUER, PUBLIC_CLIENT, Server, scopes_of};

/// The request is answered with a page of an error and never with a redirect.
async fn page(server: &Server, request: &Fields) -> String {
    let answer = server.get(&request.uri()).await;
    assert_eq!(answer.status, 400, "{request:?}: {}", answer.body);
    assert_eq!(answer.header("location"), None);
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
    answer.body
}

/// The request is answered with an error to its client.
async fn refused(server: &Server, request: &Fields, error: &str, word: &str) {
    let answer = server.get(&request.uri()).await;
    let location = location(&answer);
    assert_eq!(location.host_str(), Some("localhost"), "{request:?}");
    assert_eq!(location.port(), Some(3000), "{request:?}");
    assert_eq!(
        parameter(&location, "error").as_deref(),
        Some(error),
        "{location}"
    );
    let description = parameter(&location, "error_description").unwrap();
    assert!(description.contains(word), "{description}");
    assert_eq!(parameter(&location, "state").as_deref(), Some("st&te /é"));
    assert_eq!(parameter(&location, "iss").as_deref(), Some(ISSUER));
    assert_eq!(parameter(&location, "code"), None);
}

#[actix_web::test]
async fn an_unknown_client_is_told_to_the_user() {
    let server = Server::local().await;
    for request in [
        Fields::demo().with("client_id", "nobody"),
        Fields::demo().with("client_id", "https://claude.ai/oauth/client.json"),
        Fields::demo().with("client_id", "\u{0}\u{1}"),
        Fields::demo().with("client_id", ""),
        Fields::demo().without("client_id"),
    ] {
        let body = page(&server, &request).await;
        assert!(body.contains("Invalid client_id"), "{request:?}");
    }
    let script = page(
        &server,
        &Fields::demo().with("client_id", "<script>alert(1)</script>"),
    )
    .await;
    assert!(!script.contains("<script"), "{script}");
}

#[actix_web::test]
async fn a_redirect_uri_that_is_not_registered_is_told_to_the_user_with_a_hint() {
    let server = Server::local().await;
    for (redirect_uri, hint) in [
        ("http://localhost:3000/callback/", "trailing slash"),
        ("http://127.0.0.1:3000/callback", "127.0.0.1"),
        ("https://localhost:3000/callback", "http versus https"),
        ("http://localhost:3000/other", "not registered"),
    ] {
        let body = page(&server, &Fields::demo().with("redirect_uri", redirect_uri)).await;
        assert!(body.contains("Invalid redirect_uri"), "{redirect_uri}");
        assert!(body.contains(hint), "{redirect_uri}: {body}");
    }
    let port = Fields::public().with("redirect_uri", "https://app.example:444/callback");
    assert!(page(&server, &port).await.contains("differs only in the port"));
    assert!(
        page(&server, &Fields::demo().without("redirect_uri"))
            .await
            .contains("Invalid redirect_uri")
    );
}

#[actix_web::test]
async fn redirect_uris_are_compared_byte_by_byte() {
    let server = Server::local().await;
    for redirect_uri in [
        "http://localhost.evil.com:3000/callback",
        "http://127.0.0.1.evil.com/callback",
        "http://localhost:3000@evil.com/callback",
        "http://evil.com#@localhost:3000/callback",
        "http://localhost:3000/callback#x",
        "http://localhost:3000/%2e%2e/callback",
        "http://localhost:3000/x/../callback",
        "http://LOCALHOST:3000/callback",
        "http://localhost.:3000/callback",
        "http://localhost:3000/Callback",
        "http://localhost:3000\\callback",
        "http://[::1%25eth0]:3000/callback",
        "http://localhost:3000/callback?x=1",
        "http://localhost:3000/callbackx",
        "http://localhost:3000/callback/*",
        "//localhost:3000/callback",
        "/callback",
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///callback",
        "vbscript:x",
        "blob:http://localhost:3000/callback",
        "http://localhost:3000/callback\r\nSet-Cookie: x=1",
    ] {
        let body = page(&server, &Fields::demo().with("redirect_uri", redirect_uri)).await;
        assert!(body.contains("Invalid redirect_uri"), "{redirect_uri}");
    }
}

#[actix_web::test]
async fn the_port_of_a_loopback_address_is_free() {
    let server = Server::local().await;
    let request = Fields::demo().with("redirect_uri", "http://localhost:49999/callback");
    let answer = server.get(&request.uri()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let error = server.get(&request.without("response_type").uri()).await;
    assert_eq!(location(&error).port(), Some(49999));
}

#[actix_web::test]
async fn other_mistakes_are_told_to_the_client() {
    let server = Server::local().await;
    let demo = Fields::demo;
    for (request, error, word) in [
        (
            demo().without("response_type"),
            "invalid_request",
            "response_type",
        ),
        (
            demo().with("response_type", "token"),
            "unsupported_response_type",
            "code",
        ),
        (
            demo().with("response_type", "code id_token"),
            "unsupported_response_type",
            "code",
        ),
        (
            demo().and("response_mode", "form_post"),
            "invalid_request",
            "response_mode",
        ),
        (demo().and("request", "x.y.z"), "request_not_supported", "request"),
        (
            demo().and("request_uri", "https://a.example"),
            "request_uri_not_supported",
            "request_uri",
        ),
        (
            demo().without("code_challenge"),
            "invalid_request",
            "code_challenge",
        ),
        (
            demo().with("code_challenge_method", "plain"),
            "invalid_request",
            "S256",
        ),
        (demo().without("code_challenge_method"), "invalid_request", "S256"),
        (
            demo().with("code_challenge_method", "S512"),
            "invalid_request",
            "S256",
        ),
        (
            demo().with("code_challenge", "a b"),
            "invalid_request",
            "code_challenge",
        ),
        (
            demo().with("resource", "https://other.example/mcp"),
            "invalid_target",
            RESOURCE_WORD,
        ),
        (
            demo().with("resource", "http://localhost:8000/mcp#x"),
            "invalid_target",
            "",
        ),
        (
            demo().with("resource", "http://localhost:8001/mcp"),
            "invalid_target",
            RESOURCE_WORD,
        ),
        (demo().and("scope", "é"), "invalid_scope", "scope"),
        (
            demo().and("scope", "mxcp:admin"),
            "invalid_scope",
            "mcp:read mcp:write",
        ),
    ] {
        refused(&server, &request, error, word).await;
    }
}

const RESOURCE_WORD: &str = "http://localhost:8000/mcp";

#[actix_web::test]
async fn repeated_parameters_are_refused() {
    let server = Server::local().await;
    for name in ["client_id", "redirect_uri", "state"] {
        let body = page(&server, &Fields::demo().and(name, "x")).await;
        assert!(
            body.contains(&format!("{name} is there more than once")),
            "{body}"
        );
    }
    for name in [
        "response_type",
        "code_challenge",
        "code_challenge_method",
        "resource",
    ] {
        refused(
            &server,
            &Fields::demo().and(name, "x"),
            "invalid_request",
            "more than once",
        )
        .await;
    }
    let scope = Fields::demo().and("scope", "mcp:read").and("scope", "mcp:write");
    refused(
        &server,
        &scope,
        "invalid_request",
        "scope is there more than once",
    )
    .await;
}

#[actix_web::test]
async fn oversized_parameters_are_refused() {
    let server = Server::local().await;
    let long = "x".repeat(5000);
    for name in ["client_id", "redirect_uri", "state"] {
        let body = page(&server, &Fields::demo().with(name, &long)).await;
        assert!(body.contains(&format!("{name} is too long")), "{name}");
    }
    for name in ["resource", "scope"] {
        refused(
            &server,
            &Fields::demo().with(name, &long),
            "invalid_request",
            "too long",
        )
        .await;
    }
    let everything = Fields::demo().and("x", &"x".repeat(20_000));
    assert!(page(&server, &everything).await.contains("too long"));
    let many = (0..100).fold(Fields::demo(), |fields, _| fields.and("x", "1"));
    assert!(page(&server, &many).await.contains("more than 64"));
    let no_text = server.get("/authorize?client_id=%ff").await;
    assert_eq!(no_text.status, 400);
}

#[actix_web::test]
async fn the_resource_may_be_spelled_as_clients_spell_it() {
    let server = Server::local().await;
    for resource in [
        "http://localhost:8000/mcp/",
        "http://LOCALHOST:8000/mcp",
        "http://localhost:8000/",
    ] {
        let answer = server.get(&Fields::demo().with("resource", resource).uri()).await;
        assert_eq!(answer.status, 200, "{resource}");
    }
    assert_eq!(
        server.get(&Fields::demo().without("resource").uri()).await.status,
        200
    );
}

#[actix_web::test]
async fn the_command_of_the_guide_shows_the_login_form() {
    let server = Server::local().await;
    let guide = format!(
        "/oauth/authorize?client_id={DEMO_CLIENT}&redirect_uri={DEMO_REDIRECT}&response_type=code&scope=mcp:read&code_challenge=test&code_challenge_method=S256"
    );
    let answer = server.get(&guide).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains("name=\"username\"") && answer.body.contains("name=\"password\""));
}

#[actix_web::test]
async fn a_request_may_come_in_a_form() {
    let server = Server::local().await;
    let answer = Fields::demo().post(&server, "/authorize").await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains("name=\"password\""));
    let json = TestRequest::post().uri("/authorize").set_json("x");
    assert_eq!(server.call(json).await.status, 400);
}

#[actix_web::test]
async fn our_own_callback_is_nobodys_redirect_uri() {
    let server = Server::outside(Rc::new(Upstream::default())).await;
    let own = format!("{ISSUER}/github/callback");
    let request = Fields::authorization(PUBLIC_CLIENT, &own);
    let body = page(&server, &request).await;
    assert!(
        body.contains("Invalid redirect_uri") && body.contains("own callback"),
        "{body}"
    );
}

#[actix_web::test]
async fn a_client_may_have_scopes_that_no_call_needs() {
    let server = Server::with(|settings| settings.required_scopes = scopes_of("mcp:read")).await;
    let browser = Browser::new(&server);
    let page = browser.open(&Fields::public().uri()).await;
    assert_eq!(page.answer.status, 200);
}
