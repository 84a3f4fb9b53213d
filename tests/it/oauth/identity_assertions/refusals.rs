//! What an assertion must not say, and signatures that are lies.

use super::*;

#[actix_web::test]
async fn an_assertion_is_for_this_server_this_client_and_this_resource() {
    let house = House::new().await;
    let now = START.seconds();
    for (name, value, error) in [
        ("iss", json!("https://other.example"), "invalid_grant"),
        ("iss", Value::Null, "invalid_grant"),
        ("aud", json!("https://other.example"), "invalid_grant"),
        ("aud", json!([ISSUER, "https://other.example"]), "invalid_grant"),
        ("client_id", json!(DEMO_CLIENT), "invalid_grant"),
        ("resource", json!("http://localhost:8000/other"), "invalid_target"),
        ("exp", json!(now - 60), "invalid_grant"),
        ("exp", json!(now + 86_400), "invalid_grant"),
        ("iat", json!(now + 120), "invalid_grant"),
        ("jti", Value::Null, "invalid_grant"),
        ("sub", json!(""), "invalid_grant"),
        ("tenant", json!("acme"), "invalid_grant"),
        ("authorization_details", json!([]), "invalid_grant"),
        ("cnf", json!({ "jkt": "x" }), "invalid_grant"),
    ] {
        house.assert_refused(&house.and(name, value), error).await;
    }
    assert_eq!(
        house.bring(&house.claims()).await.status,
        200,
        "none of them used it up"
    );
    let refusals = house.server.events();
    assert_eq!(
        refusals
            .iter()
            .filter(|event| event.operation_name == "request_refused")
            .count(),
        14
    );
}

#[actix_web::test]
async fn a_signature_that_is_a_lie_opens_nothing() {
    let house = House::new().await;
    for lie in [Lie::Nothing, Lie::PublicKeyAsSecret, Lie::Altered] {
        house.provider.script().signer.lie = Some(lie);
        house.assert_refused(&house.claims(), "invalid_grant").await;
    }
    house.provider.script().signer.lie = None;
    for kind in [json!("JWT"), json!("at+jwt"), Value::Null] {
        house.provider.script().signer.header["typ"] = kind;
        house.assert_refused(&house.claims(), "invalid_grant").await;
    }
    house.provider.script().signer = Signer::ed25519("stranger", 9);
    house.assert_refused(&house.claims(), "invalid_grant").await;
}

#[actix_web::test]
async fn another_text_that_the_provider_signed_is_no_assertion_and_an_assertion_is_no_access_token() {
    let house = House::new().await;
    let as_identity_token = json!({
        "iss": house.provider.url(), "sub": "U019488227", "aud": MACHINE.0, "iat": START.seconds(),
        "exp": START.seconds() + 300, "nonce": "n", "at_hash": "h",
    });
    house.assert_refused(&as_identity_token, "invalid_grant").await;
    let assertion = house.provider.script().signer.sign(&house.claims());
    let as_bearer = call(&house.server, &assertion).await;
    assert_eq!(
        (as_bearer.status, as_bearer.text("error").as_str()),
        (401, "invalid_token")
    );
    assert_eq!(
        house.bring(&house.claims()).await.status,
        200,
        "it was not used up"
    );
}
