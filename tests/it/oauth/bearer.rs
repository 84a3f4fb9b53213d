//! Calls to the protected resource: what a token opens, and what a challenge says.

use std::time::Duration;

use actix_web::test::TestRequest;
use mxcp_actors::domain::audit_event::PolicyDecision;
use serde_json::json;

use super::client::{call, demo_tokens};
use super::server::{Answer, DEMO_CLIENT, ISSUER, RESOURCE, Server, public_url, scopes_of};
use crate::oidc::fake::signing::Signer;

const METADATA: &str = "resource_metadata=\"http://localhost:8000/.well-known/oauth-protected-resource/mcp\"";

async fn with_header(server: &Server, header: &str) -> Answer {
    let request = TestRequest::post()
        .uri("/mcp")
        .insert_header(("Authorization", header));
    server.call(request).await
}

fn challenge(answer: &Answer) -> &str {
    answer.header("www-authenticate").unwrap()
}

#[actix_web::test]
async fn without_credentials_the_challenge_says_where_to_get_some_and_nothing_else() {
    let server = Server::local().await;
    let mut answers = vec![server.call(TestRequest::post().uri("/mcp")).await];
    for header in ["", "Bearer", "Bearer ", "Basic YTpi", "Digest x"] {
        answers.push(with_header(&server, header).await);
    }
    for answer in answers {
        assert_eq!(answer.status, 401);
        assert_eq!(
            challenge(&answer),
            format!("Bearer {METADATA}, scope=\"mxcp:access\"")
        );
        assert_eq!(answer.text("error_description"), "Authentication required");
    }
    assert!(server.event_names().is_empty(), "that is how every client begins");
}

#[actix_web::test]
async fn a_bad_token_is_called_invalid_and_not_repeated() {
    let server = Server::local().await;
    for token in [
        "x",
        "<script>",
        &format!("mcp_{}", "0".repeat(72)),
        &"z".repeat(20_000),
    ] {
        let answer = call(&server, token).await;
        assert_eq!(answer.status, 401);
        assert_eq!(
            challenge(&answer),
            format!(
                "Bearer error=\"invalid_token\", error_description=\"Authentication required\", {METADATA}, scope=\"mxcp:access\""
            )
        );
        assert_eq!(
            answer.body,
            r#"{"error":"invalid_token","error_description":"Authentication required"}"#
        );
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    assert_eq!(server.event_names(), ["request_refused"; 4]);
}

#[actix_web::test]
async fn a_token_without_the_needed_scopes_is_told_all_of_them() {
    let server = Server::with(|settings| settings.required_scopes = scopes_of("mcp:read mxcp:admin")).await;
    let answer = call(&server, &demo_tokens(&server).await.text("access_token")).await;
    assert_eq!(
        (answer.status, answer.text("error").as_str()),
        (403, "insufficient_scope")
    );
    let challenge = challenge(&answer);
    assert!(
        challenge.starts_with("Bearer error=\"insufficient_scope\""),
        "{challenge}"
    );
    assert!(
        challenge.contains("scope=\"mcp:read mxcp:admin\"") && challenge.contains(METADATA),
        "{challenge}"
    );
    let records = server.events();
    let record = records.last().unwrap();
    assert_eq!(record.operation_name, "request_refused");
    assert_eq!(record.policy_decision, Some(PolicyDecision::Deny));
    let bare = server.call(TestRequest::post().uri("/mcp")).await;
    assert!(super::bearer::challenge(&bare).ends_with("scope=\"mcp:read mxcp:admin\""));
}

#[actix_web::test]
async fn a_token_in_the_query_or_in_two_headers_is_refused() {
    let server = Server::local().await;
    let token = demo_tokens(&server).await.text("access_token");
    let header = ("Authorization", format!("Bearer {token}"));
    for request in [
        TestRequest::post().uri(&format!("/mcp?access_token={token}")),
        TestRequest::post()
            .uri(&format!("/mcp?x=1&access_token={token}"))
            .insert_header(header.clone()),
        TestRequest::post()
            .uri("/mcp")
            .append_header(header.clone())
            .append_header(header),
    ] {
        let answer = server.call(request).await;
        assert_eq!(
            (answer.status, answer.text("error").as_str()),
            (400, "invalid_request")
        );
        assert!(challenge(&answer).contains("error=\"invalid_request\""));
        assert!(!answer.body.contains(&token) && !challenge(&answer).contains(&token));
    }
}

#[actix_web::test]
async fn a_token_ends_with_its_time() {
    let server = Server::local().await;
    let token = demo_tokens(&server).await.text("access_token");
    assert_eq!(
        with_header(&server, &format!("bearer  {token}")).await.status,
        200
    );
    server.clock.advance(Duration::from_secs(3599));
    assert_eq!(call(&server, &token).await.status, 200);
    server.clock.advance(Duration::from_secs(1));
    assert_eq!(call(&server, &token).await.status, 401);
}

#[actix_web::test]
async fn a_token_is_for_one_resource() {
    use mxcp_actor::config::{AllowedHost, Authority, Http, PublicUrl};

    let http = Http {
        allowed_hosts: vec![AllowedHost::any_port(
            &Authority::parse("api.example.com").unwrap(),
        )],
        ..super::server::listener("0.0.0.0")
    };
    let server = Server::with(|settings| settings.public_url = PublicUrl::new(&http, [])).await;
    let token = demo_tokens(&server).await.text("access_token");
    assert_eq!(call(&server, &token).await.status, 200);
    for host in ["api.example.com", "localhost:8001"] {
        let request = TestRequest::post().uri("/mcp");
        let request = request.insert_header(("Authorization", format!("Bearer {token}")));
        assert_eq!(server.call_at(host, request).await.status, 401, "{host}");
    }
}

#[actix_web::test]
async fn the_challenge_of_a_public_server_names_its_public_address() {
    let server = Server::with(|settings| settings.public_url = public_url("https://api.example.com")).await;
    let answer = server
        .call_at("api.example.com", TestRequest::post().uri("/mcp"))
        .await;
    let expected = "resource_metadata=\"https://api.example.com/.well-known/oauth-protected-resource/mcp\"";
    assert!(challenge(&answer).contains(expected), "{}", challenge(&answer));
}

#[actix_web::test]
async fn a_token_that_others_signed_opens_nothing_however_good_its_signature() {
    let server = Server::local().await;
    let signer = Signer::ed25519("one", 1);
    for issuer in [ISSUER, "https://idp.example"] {
        let claims = json!({
            "iss": issuer, "sub": "testuser", "aud": RESOURCE, "exp": 1_800_003_600, "iat": 1_800_000_000,
            "client_id": DEMO_CLIENT, "scope": "mcp:read mxcp:access",
        });
        let answer = call(&server, &signer.sign(&claims)).await;
        assert_eq!(
            (answer.status, answer.text("error").as_str()),
            (401, "invalid_token"),
            "{issuer}"
        );
    }
}
