//! Assertions that prove nothing, each with what the client is told and what is recorded.

use futures_util::future::join_all;
use mxcp_actors::domain::audit_event::OperationStatus;
use ring::hmac;
use serde_json::{Value, json};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::client::{Keyed, Signer};
use crate::oauth::client::Fields;
use crate::oauth::server::{DEMO_CLIENT, DEMO_SECRET, ISSUER, PUBLIC_CLIENT, START, Server};

/// The one text for everybody who proved nothing.
const NOBODY: &str =
    "Invalid client_id or client authentication; if the registration has lapsed, register again";

#[actix_web::test]
async fn what_an_assertion_must_not_say_is_told_to_the_client_and_recorded() {
    let server = Server::local().await;
    let client = Keyed::registered(&server, Signer::ed25519(1)).await;
    let now = START.seconds();
    for (claim, value, reason) in [
        ("iss", json!("https://other.example"), "iss and sub"),
        ("sub", json!("somebody"), "iss and sub"),
        ("sub", Value::Null, "iss and sub"),
        ("aud", Value::Null, "aud of client_assertion must be one text"),
        ("aud", json!("https://other.example"), "aud of client_assertion"),
        (
            "aud",
            json!(format!("{ISSUER}/revoke")),
            "aud of client_assertion",
        ),
        (
            "aud",
            json!([ISSUER, "https://other.example"]),
            "aud of client_assertion",
        ),
        ("exp", json!(now - 60), "has expired; compare the clocks"),
        ("exp", json!(now + 361), "more than 5 minutes ahead"),
        ("exp", json!("tomorrow"), "must be numbers of seconds"),
        ("iat", json!(now + 61), "from the future"),
        ("nbf", json!(now + 61), "from the future"),
        ("jti", Value::Null, "jti of client_assertion is missing"),
        ("jti", json!(""), "jti of client_assertion is missing"),
    ] {
        let mut claims = client.claims(&server);
        claims[claim] = value.clone();
        let assertion = client.signer.sign(&client.header(), &claims);
        let told = client.believed(&server, &assertion).await.unwrap_err();
        assert!(told.contains(reason), "{claim} {value}: {told}");
        let events = server.events();
        let event = events.last().unwrap();
        assert_eq!(event.operation_name, "request_refused");
        assert_eq!(event.operation_status, OperationStatus::Error);
        assert_eq!(event.client_id.as_deref(), Some(client.id.as_str()));
        assert_eq!(event.error.as_ref(), Some(&told));
    }
}

#[actix_web::test]
async fn signatures_that_are_lies_are_answered_alike() {
    let server = Server::local().await;
    let client = Keyed::registered(&server, Signer::ed25519(1)).await;
    let claims = || client.claims(&server);
    let stranger = Signer::ed25519(9);
    let altered = {
        let good = client.assertion(&server);
        let (head, signature) = good.rsplit_once('.').unwrap();
        let (header, _) = head.split_once('.').unwrap();
        let payload = URL_SAFE_NO_PAD.encode(claims().to_string());
        format!("{header}.{payload}.{signature}")
    };
    let mut with_key = client.header();
    with_key["jwk"] = stranger.public("one");
    for (assertion, recorded) in [
        (
            stranger.sign(&client.header(), &claims()),
            "its signature is wrong",
        ),
        (stranger.sign(&with_key, &claims()), "its signature is wrong"),
        (altered, "its signature is wrong"),
        (
            stranger.sign(&json!({ "alg": "EdDSA", "kid": "other" }), &claims()),
            "its key is not known",
        ),
        (
            stranger.sign(&json!({ "alg": "EdDSA" }), &claims()),
            "its key is not known",
        ),
        (
            client
                .signer
                .sign(&json!({ "alg": "ES256", "kid": "one" }), &claims()),
            "its key is not known",
        ),
    ] {
        assert_eq!(client.believed(&server, &assertion).await, Err(NOBODY.to_owned()));
        let events = server.events();
        let error = events.last().unwrap().error.clone().unwrap();
        assert!(error.contains(recorded), "{recorded}: {error}");
    }
}

#[actix_web::test]
async fn what_is_no_assertion_is_told_whoever_sends_it() {
    let server = Server::local().await;
    let client = Keyed::registered(&server, Signer::ed25519(1)).await;
    let claims = client.claims(&server);
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let unsigned = |header: Value| format!("{}.{}.", encode(&header), encode(&claims));
    let shared = {
        let signed = format!(
            "{}.{}",
            encode(&json!({ "alg": "HS256", "kid": "one" })),
            encode(&claims)
        );
        let public = client.signer.public("one")["x"].as_str().unwrap().to_owned();
        let key = hmac::Key::new(hmac::HMAC_SHA256, &URL_SAFE_NO_PAD.decode(public).unwrap());
        let signature = hmac::sign(&key, signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
    };
    let long = "a".repeat(9 * 1024);
    for (assertion, reason) in [
        (
            unsigned(json!({ "alg": "none" })),
            "its signature algorithm is not accepted",
        ),
        (
            unsigned(json!({ "alg": "None" })),
            "its signature algorithm is not accepted",
        ),
        (shared, "its signature algorithm is not accepted"),
        (
            unsigned(json!({ "alg": "RS512" })),
            "its signature algorithm is not accepted",
        ),
        (
            unsigned(json!({ "alg": "EdDSA", "crit": ["exp"] })),
            "an extension that is not known",
        ),
        (unsigned(json!({ "kid": "one" })), "names no algorithm"),
        ("canary".to_owned(), "does not have three parts"),
        ("a.b.c.d".to_owned(), "does not have three parts"),
    ] {
        for id in [client.id.as_str(), "nobody"] {
            let request = client.asking(&assertion).with("client_id", id);
            let answer = request.to_token(&server).await;
            assert_eq!(
                (answer.status, answer.text("error").as_str()),
                (401, "invalid_client")
            );
            assert!(answer.header("www-authenticate").is_some());
            let told = answer.text("error_description");
            assert!(
                told.contains(reason) && !told.contains("canary"),
                "{reason}: {told}"
            );
        }
    }
    let answer = client.asking(&long).to_token(&server).await;
    assert_eq!(
        (answer.status, answer.text("error").as_str()),
        (400, "invalid_request")
    );
}

#[actix_web::test]
async fn an_assertion_counts_once_on_all_replicas_and_at_all_endpoints() {
    let [one, other] = Server::replicas().await;
    let client = Keyed::registered(&one, Signer::ed25519(1)).await;
    let assertion = client.assertion(&one);
    let calls = (0..50).map(|number| {
        let server = if number % 2 == 0 { &one } else { &other };
        client.believed(server, &assertion)
    });
    let answers = join_all(calls).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    for refused in answers.into_iter().filter_map(Result::err) {
        assert!(refused.contains("was used before"), "{refused}");
    }
    for endpoint in ["/revoke", "/introspect"] {
        let answer = client
            .with(&[("token", "x")], &assertion)
            .post(&other, endpoint)
            .await;
        assert_eq!(
            (answer.status, answer.text("error").as_str()),
            (401, "invalid_client")
        );
        let fresh = client.with(&[("token", "x")], &client.assertion(&one));
        assert_eq!(fresh.post(&other, endpoint).await.status, 200);
    }
}

#[actix_web::test]
async fn an_assertion_that_was_refused_was_not_used() {
    let server = Server::local().await;
    let client = Keyed::registered(&server, Signer::ed25519(1)).await;
    let claims = client.claims(&server);
    let forged = Signer::ed25519(9).sign(&client.header(), &claims);
    assert_eq!(client.believed(&server, &forged).await, Err(NOBODY.to_owned()));
    let honest = client.signer.sign(&client.header(), &claims);
    assert_eq!(client.believed(&server, &honest).await, Ok(()));
}

#[actix_web::test]
async fn the_registered_method_alone_counts() {
    let server = Server::local().await;
    let client = Keyed::registered(&server, Signer::ed25519(1)).await;
    let refused = async |fields: Fields| {
        let answer = fields.to_token(&server).await;
        assert_eq!(
            (answer.status, answer.text("error").as_str()),
            (401, "invalid_client")
        );
        assert_eq!(answer.text("error_description"), NOBODY);
        server.events().last().unwrap().error.clone().unwrap()
    };
    let bare = |id: &str| {
        Fields::from(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", "x"),
            ("client_id", id),
        ])
    };
    let must = "the client must authenticate by private_key_jwt";
    assert_eq!(refused(bare(&client.id)).await, must);
    assert_eq!(refused(bare(&client.id).and("client_secret", "x")).await, must);
    for (id, must) in [
        (DEMO_CLIENT, "the client must authenticate by client_secret_basic"),
        (PUBLIC_CLIENT, "the client must authenticate by none"),
        ("nobody", "unknown client"),
    ] {
        let other = Keyed::new(id, "", Signer::ed25519(1));
        assert_eq!(refused(other.asking(&other.assertion(&server))).await, must);
    }
}

#[actix_web::test]
async fn one_way_at_once() {
    let server = Server::local().await;
    let client = Keyed::registered(&server, Signer::ed25519(1)).await;
    let assertion = || client.asking(&client.assertion(&server));
    for (fields, status, code) in [
        (
            assertion().and("client_secret", DEMO_SECRET),
            400,
            "invalid_request",
        ),
        (
            assertion().without("client_assertion_type"),
            400,
            "invalid_request",
        ),
        (assertion().without("client_assertion"), 400, "invalid_request"),
        (
            assertion().and("client_assertion", "a.b.c"),
            400,
            "invalid_request",
        ),
        (
            assertion().with("client_assertion_type", "saml2"),
            401,
            "invalid_client",
        ),
        // Somebody else's name over an assertion that is good.
        (assertion().with("client_id", DEMO_CLIENT), 401, "invalid_client"),
    ] {
        let answer = fields.to_token(&server).await;
        assert_eq!(
            (answer.status, answer.text("error").as_str()),
            (status, code),
            "{fields:?}"
        );
    }
}

#[actix_web::test]
async fn one_clients_key_is_worth_nothing_for_another() {
    let server = Server::local().await;
    let one = Keyed::registered(&server, Signer::ed25519(1)).await;
    let other = Keyed::registered(&server, Signer::ed25519(2)).await;
    // Signed by one, in the name of the other.
    let claims = other.claims(&server);
    let forged = one.signer.sign(&one.header(), &claims);
    assert_eq!(other.believed(&server, &forged).await, Err(NOBODY.to_owned()));
    let told = one.believed(&server, &forged).await.unwrap_err();
    assert!(told.contains("iss and sub"), "{told}");
}
