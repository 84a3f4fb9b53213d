//! What must not log anybody in.

use serde_json::{Value, json};

use super::fake::signing::{Lie, Signer};
use super::*;

/// Fails to log in with a reason that has this in it; nobody is told that they were refused.
async fn assert_not_believed(house: &House, reason: &str) {
    let error = house.user().await.unwrap_err();
    assert!(matches!(error, ProviderError::InvalidAnswer { .. }), "{error:?}");
    assert!(
        error.to_string().contains(reason),
        "{error} is not about {reason}"
    );
    assert_eq!(error.code(), "server_error");
}

#[actix_web::test]
async fn signatures_that_are_lies_are_not_believed() {
    for (header, lie, reason) in [
        (json!({ "alg": "EdDSA", "kid": "one" }), Lie::Altered, "signature"),
        (json!({ "alg": "EdDSA", "kid": "one" }), Lie::Nothing, "signature"),
        (json!({ "alg": "none" }), Lie::Nothing, "not accepted"),
        (
            json!({ "alg": "none", "kid": "one" }),
            Lie::Nothing,
            "not accepted",
        ),
        (
            json!({ "alg": "HS256", "kid": "one" }),
            Lie::PublicKeyAsSecret,
            "not accepted",
        ),
        (
            json!({ "alg": "RS256", "kid": "one" }),
            Lie::Altered,
            "does not publish",
        ),
        (
            json!({ "alg": "ES256", "kid": "one" }),
            Lie::Altered,
            "not accepted",
        ),
        (
            json!({ "alg": "EdDSA", "kid": "one", "crit": ["x"] }),
            Lie::Altered,
            "demands",
        ),
    ] {
        let house = house();
        {
            let mut script = house.fake.script();
            script.signer.header = header;
            script.signer.lie = Some(lie);
        }
        assert_not_believed(&house, reason).await;
    }
}

#[actix_web::test]
async fn another_key_under_the_same_name_or_in_the_header_is_not_believed() {
    let house = house();
    house.fake.script().signer = Signer::ed25519("one", 66);
    assert_not_believed(&house, "signature").await;
    let mut signer = Signer::ed25519("mine", 66);
    signer.header["jwk"] = signer.public();
    signer.header["jku"] = json!("http://127.0.0.1:1/keys");
    house.fake.script().signer = signer;
    assert_not_believed(&house, "does not publish").await;
}

#[actix_web::test]
async fn claims_that_are_about_something_else_are_not_believed() {
    for (claim, value, reason) in [
        ("iss", json!("https://evil.example"), "another issuer"),
        ("iss", Value::Null, "another issuer"),
        ("aud", json!("another app"), "another application"),
        ("aud", json!(["another app"]), "another application"),
        ("aud", Value::Null, "another application"),
        ("aud", json!([CLIENT_ID, "another app"]), "several applications"),
        ("azp", json!("another app"), "given to another application"),
        ("exp", json!(NOW - 60), "has ended"),
        ("exp", Value::Null, "no number"),
        ("exp", json!("tomorrow"), "no number"),
        ("iat", json!(NOW + 61), "the future"),
        ("nbf", json!(NOW + 61), "the future"),
        ("nonce", json!("another nonce"), "this login"),
        ("nonce", Value::Null, "this login"),
        ("sub", json!(""), "names no user"),
        ("sub", json!(7), "names no user"),
        ("sub", json!("a\nb"), "names no user"),
        (
            "at_hash",
            json!("AAAAAAAAAAAAAAAAAAAAAA"),
            "access token beside it",
        ),
        ("at_hash", json!(7), "access token beside it"),
    ] {
        let house = house();
        house.fake.script().claims[claim] = value;
        assert_not_believed(&house, reason).await;
    }
}

#[actix_web::test]
async fn claims_at_the_edge_of_the_clocks_are_believed() {
    for (claim, value) in [
        ("exp", json!(NOW - 59)),
        ("iat", json!(NOW + 60)),
        ("nbf", json!(NOW + 60)),
        ("exp", json!(1.9e9)),
        ("aud", json!([CLIENT_ID])),
        ("azp", json!(CLIENT_ID)),
        ("at_hash", json!("eYXaALq6iMFnnkXYrr5w5-ZHIKpaOETN6aG0jBFZcLY")),
    ] {
        let house = house();
        house.fake.script().claims[claim] = value.clone();
        let found = house.user().await;
        assert!(found.is_ok(), "{claim}: {value}: {found:?}");
    }
    let house = house();
    house.fake.script().claims["aud"] = json!([CLIENT_ID, "another app"]);
    house.fake.script().claims["azp"] = json!(CLIENT_ID);
    assert!(house.user().await.is_ok());
}

#[actix_web::test]
async fn userinfo_of_another_user_is_not_believed() {
    for about in [json!("user-2"), json!(""), Value::Null] {
        let house = house();
        house.fake.script().userinfo["sub"] = about;
        assert_not_believed(&house, "another user").await;
    }
}

#[actix_web::test]
async fn an_access_token_that_others_signed_gives_no_claims() {
    let honest = Signer::ed25519("one", 1);
    let stranger = Signer::ed25519("one", 2);
    let house = house();
    let url = house.fake.url().to_owned();
    let claims = |issuer: &str, subject: &str| json!({ "iss": issuer, "sub": subject, "groups": ["root"] });
    for (token, expected) in [
        (honest.sign(&claims(&url, "user-1")), 1),
        (stranger.sign(&claims(&url, "user-1")), 0),
        (honest.sign(&claims(&url, "user-2")), 0),
        (honest.sign(&claims("https://evil.example", "user-1")), 0),
        ("a.b.c".to_owned(), 0),
    ] {
        house.fake.script().tokens["access_token"] = json!(token);
        assert_eq!(house.user().await.unwrap().groups.len(), expected, "{token}");
    }
}

#[actix_web::test]
async fn a_refresh_that_is_about_another_user_is_not_believed() {
    let house = house();
    let refresh = Secret::new("rt-canary");
    assert!(
        house
            .provider
            .refresh(&refresh, &house.key("user-1"))
            .await
            .is_ok()
    );
    let error = house
        .provider
        .refresh(&refresh, &house.key("user-2"))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("another user"), "{error}");
    assert!(error.is_temporary(), "nobody is logged out because of it");
    house.fake.script().claims["aud"] = json!("another app");
    assert!(
        house
            .provider
            .refresh(&refresh, &house.key("user-1"))
            .await
            .is_err()
    );
    house.fake.script().has_id_token = false;
    assert!(
        house
            .provider
            .refresh(&refresh, &house.key("user-2"))
            .await
            .is_ok()
    );
}

#[actix_web::test]
async fn a_login_without_identity_token_is_none() {
    let house = house();
    house.fake.script().has_id_token = false;
    assert_not_believed(&house, "no identity token").await;
}

#[actix_web::test]
async fn a_discovery_document_of_somebody_else_is_not_used() {
    for (member, value, reason) in [
        ("issuer", json!("https://evil.example"), "the issuer"),
        ("issuer", json!("http://127.0.0.1"), "the issuer"),
        ("token_endpoint", json!("http://token.example/token"), "not https"),
        (
            "authorization_endpoint",
            json!("javascript:alert(1)"),
            "not https",
        ),
        ("jwks_uri", json!("file:///etc/passwd"), "not https"),
        ("jwks_uri", Value::Null, "names no keys"),
        ("token_endpoint", Value::Null, "no token endpoint"),
        ("token_endpoint", json!("not a URL"), "cannot be read"),
        (
            "id_token_signing_alg_values_supported",
            json!(["HS256", "none"]),
            "in no way",
        ),
        (
            "token_endpoint_auth_methods_supported",
            json!(["private_key_jwt"]),
            "client secrets",
        ),
    ] {
        let house = house();
        house.fake.script().discovery[member] = value;
        assert_not_believed(&house, reason).await;
    }
}

/// What a discovery document names is called on the public internet alone.
#[actix_web::test]
async fn a_discovery_document_leads_nowhere_else() {
    let house = house();
    house.fake.script().discovery["jwks_uri"] = json!("https://169.254.169.254/latest/meta-data");
    let error = house.user().await.unwrap_err();
    assert!(
        error.to_string().contains("not on the public internet"),
        "{error}"
    );
    assert_eq!(house.fake.script().count("/token"), 0, "the code is not spent");
}
