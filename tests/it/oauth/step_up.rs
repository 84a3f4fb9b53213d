//! Clients that registered for little, as they were told to, and are told of more later (RFC 6750 section 3.1, RFC 7591 section 2).

use std::time::Duration;

use actix_web::test::TestRequest;
use serde_json::json;

use super::client::{Fields, log_in, verifier};
use super::documents::{Publisher, REDIRECT};
use super::server::{Answer, PUBLIC_REDIRECT, START, Server, scopes_of};

/// Lets clients that register have `allowed`, and tells those without a token to ask for `mcp:read`.
async fn kept_with(file: &std::path::Path, later: Duration, allowed: &str) -> Server {
    Server::with_kept_in(file, START + later, |settings| {
        settings.default_scopes = scopes_of(allowed);
        settings.required_scopes = scopes_of("mcp:read");
    })
    .await
}

/// Registers as the SDKs do: for the scopes of the first challenge.
async fn register(server: &Server) -> Answer {
    let metadata = json!({
        "redirect_uris": [PUBLIC_REDIRECT], "token_endpoint_auth_method": "none", "scope": "mcp:read",
        "grant_types": ["authorization_code", "refresh_token"],
    });
    let request = TestRequest::post().uri("/register").set_json(&metadata);
    server.call(request).await
}

/// The tokens of a login, for these scopes if any are named.
async fn tokens(server: &Server, client: &str, scopes: Option<&str>) -> Answer {
    tokens_at(server, client, PUBLIC_REDIRECT, scopes).await
}

async fn tokens_at(server: &Server, client: &str, redirect_uri: &str, scopes: Option<&str>) -> Answer {
    let request = Fields::authorization(client, redirect_uri);
    let request = scopes
        .into_iter()
        .fold(request, |request, scopes| request.and("scope", scopes));
    let exchange = Fields::from(&[
        ("grant_type", "authorization_code"),
        ("client_id", client),
        ("code", &log_in(server, &request).await),
        ("code_verifier", verifier().secret().expose()),
    ]);
    exchange.to_token(server).await
}

async fn refreshed(server: &Server, client: &str, tokens: &Answer) -> Answer {
    let refresh = Fields::from(&[
        ("grant_type", "refresh_token"),
        ("client_id", client),
        ("refresh_token", &tokens.text("refresh_token")),
    ]);
    refresh.to_token(server).await
}

#[actix_web::test]
async fn a_client_that_registered_for_little_may_ask_for_what_it_is_told_of_later() {
    let folder = tempfile::tempdir().unwrap();
    let server = kept_with(
        &folder.path().join("oauth.db"),
        Duration::ZERO,
        "mcp:read mcp:write",
    )
    .await;
    let registered = register(&server).await;
    assert_eq!(
        registered.text("scope"),
        "mcp:read",
        "it is told what it registered for"
    );
    let client = registered.text("client_id");
    let first = tokens(&server, &client, None).await;
    assert_eq!(
        first.text("scope"),
        "mcp:read",
        "that is what it means if it names no scopes"
    );

    let more = tokens(&server, &client, Some("mcp:read mcp:write")).await;
    assert_eq!(more.text("scope"), "mcp:read mcp:write");
    let refreshed = refreshed(&server, &client, &more).await;
    assert_eq!(refreshed.text("scope"), "mcp:read mcp:write");

    let beyond = tokens(&server, &client, Some("mcp:write mxcp:admin")).await;
    assert_eq!(
        beyond.text("scope"),
        "mcp:write",
        "nobody asks for more than is allowed"
    );
    server.stop().await;
}

#[actix_web::test]
async fn so_may_a_client_that_a_document_describes() {
    let publisher = Publisher::new();
    let mut document = publisher.document();
    document["scope"] = json!("mcp:read");
    publisher.publish(&document);
    let server = Server::with(|settings| {
        settings.metadata_documents = true;
        settings.default_scopes = scopes_of("mcp:read mcp:write");
    })
    .await;
    for (asked, granted) in [
        (None, "mcp:read"),
        (Some("mcp:read mcp:write"), "mcp:read mcp:write"),
    ] {
        let tokens = tokens_at(&server, &publisher.id, REDIRECT, asked).await;
        assert_eq!(tokens.text("scope"), granted, "{asked:?}");
    }
    assert_eq!(publisher.asked(), 1, "the second login found it in the store");
}

#[actix_web::test]
async fn what_the_operator_allows_counts_as_it_is_now() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("oauth.db");
    let server = kept_with(&file, Duration::ZERO, "mcp:read").await;
    let client = register(&server).await.text("client_id");
    let asked = Some("mcp:read mcp:write");
    assert_eq!(tokens(&server, &client, asked).await.text("scope"), "mcp:read");
    server.stop().await;

    let server = kept_with(&file, Duration::from_secs(10), "mcp:read mcp:write").await;
    let wide = tokens(&server, &client, asked).await;
    assert_eq!(wide.text("scope"), "mcp:read mcp:write");
    server.stop().await;

    let server = kept_with(&file, Duration::from_secs(20), "mcp:read").await;
    assert_eq!(refreshed(&server, &client, &wide).await.text("scope"), "mcp:read");
    server.stop().await;
}
