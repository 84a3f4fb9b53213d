//! Where keys come from, and clients that work with them.

use std::time::Duration;

use serde_json::{Value, json};

use super::client::{Keyed, REDIRECT, Signer, register};
use crate::oauth::client::{Fields, call};
use crate::oauth::documents::{self, Publisher};
use crate::oauth::server::{ISSUER, START, Server};

/// A client whose keys lie at the publisher's address.
async fn published(server: &Server, publisher: &Publisher) -> Keyed {
    let signer = Signer::ed25519(1);
    publish(publisher, &signer, "one");
    let registered = register(server, &json!({ "jwks_uri": publisher.id })).await;
    assert_eq!(registered.status, 201, "{}", registered.body);
    Keyed::new(&registered.text("client_id"), REDIRECT, signer)
}

fn publish(publisher: &Publisher, signer: &Signer, id: &str) {
    let keys = json!({ "keys": [signer.public(id)] });
    publisher.say(
        "200 OK",
        "Content-Type: application/jwk-set+json",
        &keys.to_string(),
    );
}

#[actix_web::test]
async fn a_client_logs_in_refreshes_asks_and_gives_back_with_its_key() {
    let server = Server::local().await;
    for signer in [Signer::ed25519(1), Signer::p256()] {
        let client = Keyed::registered(&server, signer).await;
        let tokens = client.log_in(&server).await;
        assert_eq!(call(&server, &tokens.text("access_token")).await.body, "testuser");
        let tokens = client.refresh(&server, &tokens).await;
        assert_eq!(tokens.status, 200, "{}", tokens.body);
        let token = tokens.text("access_token");
        let about = [("token", token.as_str())];
        let told = client.with(&about, &client.assertion(&server));
        let told = told.post(&server, "/introspect").await;
        assert_eq!(told.json()["active"], json!(true), "{}", told.body);
        let given_back = client.with(&about, &client.assertion(&server));
        assert_eq!(given_back.post(&server, "/revoke").await.status, 200);
        assert_eq!(call(&server, &token).await.status, 401);
    }
}

#[actix_web::test]
async fn the_client_id_may_be_left_out() {
    let server = Server::local().await;
    let client = Keyed::registered(&server, Signer::ed25519(1)).await;
    let request = client.asking(&client.assertion(&server)).without("client_id");
    assert_eq!(request.to_token(&server).await.text("error"), "invalid_grant");
}

#[actix_web::test]
async fn the_issuer_and_the_token_endpoint_are_the_names_of_this_server() {
    let server = Server::local().await;
    let client = Keyed::registered(&server, Signer::ed25519(1)).await;
    for audience in [
        json!(ISSUER),
        json!(format!("{ISSUER}/")),
        json!(format!("{ISSUER}/token")),
        json!(format!("{ISSUER}/oauth/token")),
        json!([ISSUER]),
    ] {
        let mut claims = client.claims(&server);
        claims["aud"] = audience.clone();
        let assertion = client.signer.sign(&client.header(), &claims);
        assert_eq!(client.believed(&server, &assertion).await, Ok(()), "{audience}");
    }
}

#[actix_web::test]
async fn published_keys_are_read_once_and_again_for_a_key_that_is_new() {
    let ([server, _], publisher) = (Server::replicas().await, Publisher::new());
    let mut client = published(&server, &publisher).await;
    for _ in 0..3 {
        assert_eq!(client.believed(&server, &client.assertion(&server)).await, Ok(()));
    }
    assert_eq!(publisher.asked(), 1);
    client.signer = Signer::ed25519(2);
    client.key_id = "two".to_owned();
    publish(&publisher, &client.signer, "two");
    let early = client.believed(&server, &client.assertion(&server)).await;
    assert!(early.unwrap_err().starts_with("Invalid client_id"));
    assert_eq!(publisher.asked(), 1, "a key that nobody has makes no call");
    server.clock.advance(Duration::from_secs(10));
    assert_eq!(client.believed(&server, &client.assertion(&server)).await, Ok(()));
    assert_eq!(publisher.asked(), 2);
    let tokens = client.log_in(&server).await;
    assert_eq!(client.refresh(&server, &tokens).await.status, 200);
}

#[actix_web::test]
async fn keys_that_cannot_be_read_are_the_clients_fault_or_nobodys() {
    let ([server, _], publisher) = (Server::replicas().await, Publisher::new());
    let client = published(&server, &publisher).await;
    let long = format!("{{\"keys\":[],\"x\":\"{}\"}}", "x".repeat(64 * 1024));
    for (status, header, body, answered, reason) in [
        ("503 Service Unavailable", "A: b", "", 503, "the status 503"),
        ("404 Not Found", "A: b", "", 401, "the status 404"),
        (
            "302 Found",
            "Location: http://127.0.0.1/",
            "",
            401,
            "redirects are not followed",
        ),
        ("200 OK", "A: b", "canary", 401, "it is no key set"),
        ("200 OK", "A: b", long.as_str(), 401, "its answer is too long"),
        ("200 OK", "A: b", "{\"keys\":[]}", 401, "its key is not known"),
    ] {
        publisher.say(status, header, body);
        let answer = client.asking(&client.assertion(&server)).to_token(&server).await;
        assert_eq!(answer.status, answered, "{reason}: {}", answer.body);
        assert!(
            !answer.body.contains("canary") && !answer.body.contains("status"),
            "{}",
            answer.body
        );
        if answered == 503 {
            assert_eq!(answer.text("error"), "temporarily_unavailable");
            assert!(answer.header("retry-after").is_some());
            continue;
        }
        assert_eq!(answer.text("error"), "invalid_client");
        let events = server.events();
        let event = events.last().unwrap();
        assert_eq!(event.client_id.as_deref(), Some(client.id.as_str()));
        assert!(
            event.error.as_ref().unwrap().contains(reason),
            "{:?}",
            event.error
        );
    }
}

#[actix_web::test]
async fn a_client_that_a_document_describes_signs_with_the_keys_of_the_document() {
    let ([server, _], publisher) = (Server::replicas().await, Publisher::new());
    let mut client = Keyed::new(&publisher.id, documents::REDIRECT, Signer::ed25519(1));
    let describe = |keys: Value| {
        let mut document = publisher.document();
        document["token_endpoint_auth_method"] = "private_key_jwt".into();
        document["jwks"] = json!({ "keys": [keys] });
        publisher.publish(&document);
    };
    describe(client.signer.public("one"));
    let tokens = client.log_in(&server).await;
    let tokens = client.refresh(&server, &tokens).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    // The document gets another key: it is read again for that, once in a while.
    client.signer = Signer::ed25519(2);
    client.key_id = "two".to_owned();
    describe(client.signer.public("two"));
    assert_eq!(client.refresh(&server, &tokens).await.status, 401);
    server.clock.advance(Duration::from_mins(5));
    let again = client.refresh(&server, &tokens).await;
    assert_eq!(again.status, 200, "{}", again.body);
    assert_eq!(publisher.asked(), 2);
}

#[actix_web::test]
async fn a_document_may_say_where_its_keys_are() {
    let ([server, _], publisher, keys) = (Server::replicas().await, Publisher::new(), Publisher::new());
    let client = Keyed::new(&publisher.id, documents::REDIRECT, Signer::ed25519(1));
    publish(&keys, &client.signer, "one");
    let mut document = publisher.document();
    document["token_endpoint_auth_method"] = "private_key_jwt".into();
    document["jwks_uri"] = keys.id.as_str().into();
    publisher.publish(&document);
    let tokens = client.log_in(&server).await;
    assert_eq!(client.refresh(&server, &tokens).await.status, 200);
    assert_eq!((publisher.asked(), keys.asked()), (1, 1));
}

#[actix_web::test]
async fn what_is_registered_outlives_a_restart_and_what_was_used_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("oauth.db");
    let server = Server::kept_in(&path, START).await;
    let client = Keyed::registered(&server, Signer::ed25519(1)).await;
    let tokens = client.log_in(&server).await;
    let used = client.assertion(&server);
    assert_eq!(client.believed(&server, &used).await, Ok(()));
    server.stop().await;
    let server = Server::kept_in(&path, START + Duration::from_secs(30)).await;
    let refused = client.believed(&server, &used).await.unwrap_err();
    assert!(refused.contains("was used before"), "{refused}");
    let refreshed = client.refresh(&server, &tokens).await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.body);
}

#[actix_web::test]
async fn keys_are_checked_when_they_are_registered() {
    let server = Server::local().await;
    let good = Signer::ed25519(1).public("one");
    let mut private = good.clone();
    private["d"] = "canary".into();
    for (more, reason) in [
        (json!({}), "jwks: is needed, or jwks_uri"),
        (
            json!({ "jwks": { "keys": [] } }),
            "jwks: has no key for ES256, EdDSA, PS256, RS256",
        ),
        (
            json!({ "jwks": { "keys": [{ "kty": "EC", "crv": "P-521" }] } }),
            "jwks: has no key for",
        ),
        (
            json!({ "jwks": { "keys": [private] } }),
            "jwks: contains a private or symmetric key",
        ),
        (
            json!({ "jwks": { "keys": [{ "kty": "oct", "k": "canary" }] } }),
            "jwks: contains a private",
        ),
        (json!({ "jwks": [good] }), "jwks: must be a JWK set"),
        (
            json!({ "jwks": { "keys": [good] }, "jwks_uri": "https://a.example/" }),
            "goes without jwks_uri",
        ),
        (
            json!({ "jwks_uri": "http://a.example/jwks.json" }),
            "jwks_uri: must be an https address",
        ),
        (
            json!({ "jwks_uri": "http://127.0.0.1/jwks.json" }),
            "jwks_uri: must be an https address",
        ),
        (
            json!({ "jwks": { "keys": [good] }, "token_endpoint_auth_signing_alg": "HS256" }),
            "token_endpoint_auth_signing_alg: is not supported; accepted is ES256, EdDSA, PS256, RS256",
        ),
        (
            json!({ "jwks": { "keys": [good] }, "token_endpoint_auth_signing_alg": "ES256" }),
            "jwks: has no key for ES256",
        ),
    ] {
        let answer = register(&server, &more).await;
        assert_eq!(
            (answer.status, answer.text("error").as_str()),
            (400, "invalid_client_metadata")
        );
        let description = answer.text("error_description");
        assert!(description.contains(reason), "{reason}: {description}");
        assert!(!answer.body.contains("canary"));
    }
}

#[actix_web::test]
async fn only_the_algorithm_that_the_client_named_is_believed() {
    let server = Server::local().await;
    let (named, other) = (Signer::ed25519(1), Signer::p256());
    let metadata = json!({
        "jwks": { "keys": [named.public("one"), other.public("two")] }, "token_endpoint_auth_signing_alg": "EdDSA",
    });
    let registered = register(&server, &metadata).await;
    let mut client = Keyed::new(&registered.text("client_id"), REDIRECT, named);
    assert_eq!(client.believed(&server, &client.assertion(&server)).await, Ok(()));
    client.signer = other;
    client.key_id = "two".to_owned();
    let refused = client.believed(&server, &client.assertion(&server)).await;
    assert!(refused.unwrap_err().starts_with("Invalid client_id"));
}

#[actix_web::test]
async fn the_metadata_says_that_keys_are_taken_and_which() {
    let server = Server::local().await;
    let metadata = server.get("/.well-known/oauth-authorization-server").await.json();
    for endpoint in ["token", "revocation", "introspection"] {
        let methods = &metadata[format!("{endpoint}_endpoint_auth_methods_supported")];
        assert!(
            methods.as_array().unwrap().contains(&json!("private_key_jwt")),
            "{methods}"
        );
        let algorithms = &metadata[format!("{endpoint}_endpoint_auth_signing_alg_values_supported")];
        assert_eq!(
            *algorithms,
            json!(["ES256", "EdDSA", "PS256", "RS256"]),
            "{endpoint}"
        );
    }
    let only_public = Server::with(|settings| settings.authentication_methods.truncate(1)).await;
    let metadata = only_public
        .get("/.well-known/oauth-authorization-server")
        .await
        .json();
    assert_eq!(
        metadata.get("token_endpoint_auth_signing_alg_values_supported"),
        None
    );
    let none = Fields::from(&[]).post(&only_public, "/token").await;
    assert_eq!(none.status, 400);
}
