//! Access tokens as signed texts (RFC 9068): what clients and resource servers see of them.

use std::time::Duration;

use mxcp_actors::jose::{JwkSet, SignatureAlgorithm, UnverifiedJws};
use serde_json::{Value, json};

use super::client::{Fields, call, demo_tokens};
use super::server::{DEMO_CLIENT, DEMO_SECRET, ISSUER, RESOURCE, SIGNED, Server};

const METADATA: &str = "/.well-known/oauth-authorization-server";

async fn signing() -> Server {
    Server::with(|settings| settings.access_token_format = SIGNED).await
}

/// What a resource server reads, which knows nothing but the public keys.
pub(super) async fn verified(server: &Server, token: &str) -> Value {
    let keys = server.get("/jwks.json").await;
    assert_eq!(
        (keys.status, keys.header("cache-control")),
        (200, Some("public, max-age=900"))
    );
    assert_eq!(keys.header("content-type"), Some("application/json"));
    let keys = JwkSet::parse(keys.body.as_bytes()).unwrap();
    let jws = UnverifiedJws::parse(token, &[SignatureAlgorithm::EdDsa]).unwrap();
    assert_eq!(jws.kind(), Some("at+jwt"));
    serde_json::from_slice(jws.verify(&keys).unwrap()).unwrap()
}

async fn ask(server: &Server, path: &str, token: &str) -> super::server::Answer {
    let form = [
        ("client_id", DEMO_CLIENT),
        ("client_secret", DEMO_SECRET),
        ("token", token),
    ];
    server.post(path, &form).await
}

#[actix_web::test]
async fn keys_are_published_and_announced_where_tokens_are_signed() {
    let server = signing().await;
    let metadata = server.get(METADATA).await.json();
    assert_eq!(metadata["jwks_uri"], format!("{ISSUER}/jwks.json"));
    let keys = server.get("/jwks.json").await.json();
    let key = &keys["keys"][0];
    assert_eq!(keys["keys"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&key["kty"], &key["crv"], &key["use"], &key["alg"]),
        (&json!("OKP"), &json!("Ed25519"), &json!("sig"), &json!("EdDSA"))
    );
    let mut members: Vec<_> = key.as_object().unwrap().keys().cloned().collect();
    members.sort_unstable();
    assert_eq!(
        members,
        ["alg", "crv", "kid", "kty", "use", "x"],
        "nothing private"
    );
    assert_eq!(
        server
            .get("/jwks.json")
            .await
            .header("access-control-allow-origin"),
        Some("*")
    );
}

#[actix_web::test]
async fn where_tokens_are_opaque_there_are_no_keys() {
    let server = Server::local().await;
    assert_eq!(server.get(METADATA).await.json().get("jwks_uri"), None);
    let keys = server.get("/jwks.json").await;
    assert_eq!((keys.status, keys.text("error").as_str()), (404, "not_found"));
}

#[actix_web::test]
async fn a_login_gives_a_signed_token_that_works_is_described_and_can_be_given_back() {
    let server = signing().await;
    let tokens = demo_tokens(&server).await;
    let token = tokens.text("access_token");
    assert_eq!(tokens.text("token_type"), "Bearer");
    assert!(tokens.text("refresh_token").starts_with("mcp_refresh_"));
    let claims = verified(&server, &token).await;
    let claim = |name: &str| claims[name].clone();
    assert_eq!(
        (
            claim("iss"),
            claim("aud"),
            claim("client_id"),
            claim("scope"),
            claim("exp")
        ),
        (
            json!(ISSUER),
            json!(RESOURCE),
            json!(DEMO_CLIENT),
            json!("mcp:read mcp:write"),
            json!(1_800_003_600)
        )
    );
    for name in ["username", "email", "name", "preferred_username"] {
        assert_eq!(claims.get(name), None, "a token passes through its client");
    }
    assert_eq!(call(&server, &token).await.body, "testuser");
    let described = ask(&server, "/introspect", &token).await.json();
    assert_eq!(
        (&described["active"], &described["username"]),
        (&json!(true), &json!("testuser"))
    );
    assert_eq!(described["sub"], claims["sub"], "one token, one subject");

    let next = Fields::demo_refresh(&tokens.text("refresh_token"))
        .to_token(&server)
        .await;
    let successor = next.text("access_token");
    assert_eq!(verified(&server, &successor).await["sub"], claims["sub"]);
    assert_eq!(ask(&server, "/revoke", &token).await.status, 200);
    assert_eq!(call(&server, &token).await.status, 401);
    assert_eq!(
        ask(&server, "/introspect", &token).await.body,
        r#"{"active":false}"#
    );
    assert_eq!(
        call(&server, &successor).await.status,
        200,
        "an access token ends alone"
    );
    assert_eq!(
        ask(&server, "/revoke", &next.text("refresh_token")).await.status,
        200
    );
    assert_eq!(call(&server, &successor).await.status, 401);
}

#[actix_web::test]
async fn a_revoked_signed_token_is_refused_on_the_other_replica_within_two_seconds() {
    let [one, other] = Server::signing_replicas().await;
    let token = demo_tokens(&one).await.text("access_token");
    assert_eq!(call(&other, &token).await.status, 200);
    assert_eq!(ask(&one, "/revoke", &token).await.status, 200);
    assert_eq!(call(&one, &token).await.status, 401);
    other.clock.advance(Duration::from_secs(2));
    assert_eq!(call(&other, &token).await.status, 401);
    let keys = [
        one.get("/jwks.json").await.body,
        other.get("/jwks.json").await.body,
    ];
    assert_eq!(keys[0], keys[1]);
}

#[actix_web::test]
async fn a_signed_token_opens_nothing_after_its_time_and_no_other_server() {
    let [server, stranger] = [signing().await, signing().await];
    let token = demo_tokens(&server).await.text("access_token");
    let forged = token.replacen("eyJ", "eyK", 1);
    assert_eq!(call(&server, &forged).await.status, 401);
    server.clock.advance(Duration::from_hours(1));
    let refused = call(&server, &token).await;
    assert!(
        refused
            .header("www-authenticate")
            .unwrap()
            .contains("error=\"invalid_token\"")
    );
    // The seeds of both servers are the same, and so are their keys: what differs is what they issued.
    assert_eq!(call(&stranger, &token).await.status, 401);
}
