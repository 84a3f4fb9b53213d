//! Assertions that only the owner of a key can use (`cnf.jkt`): stolen, they are worth nothing.

use super::*;
use crate::oauth::dpop::Key;

/// Claims that are bound to this key.
fn bound(house: &House, key: &Key<'_>) -> Value {
    house.and("cnf", json!({ "jkt": key.pair.thumbprint() }))
}

#[actix_web::test]
async fn an_assertion_that_is_bound_needs_a_proof_of_its_key_and_its_token_is_bound_to_it() {
    let house = House::new().await;
    let [key, thief] = [1, 2].map(|seed| Key::new(&house.server, seed));
    let claims = bound(&house, &key);
    house.assert_refused(&claims, "invalid_grant").await;
    let of_thief = thief.ask(&house.request(&claims)).await;
    assert_eq!(
        (of_thief.status, of_thief.text("error").as_str()),
        (400, "invalid_grant")
    );
    assert!(
        of_thief.text("error_description").contains("cnf.jkt"),
        "{}",
        of_thief.body
    );
    let answer = key.ask(&house.request(&claims)).await;
    assert_eq!(
        (answer.status, answer.text("token_type").as_str()),
        (200, "DPoP"),
        "nothing was used up: {}",
        answer.body
    );
    let token = answer.text("access_token");
    assert_eq!(key.call(&token).await.body, "U019488227");
    assert_eq!(thief.call(&token).await.status, 401);
    assert_eq!(call(&house.server, &token).await.status, 401);
    let again = key.ask(&house.request(&claims)).await;
    assert_eq!(
        again.text("error"),
        "invalid_grant",
        "it counts once, with its key too"
    );
    let on_replica = key.at(&house.replica).ask(&house.request(&claims)).await;
    assert_eq!(
        on_replica.text("error"),
        "invalid_grant",
        "and on another replica"
    );
}

#[actix_web::test]
async fn a_client_may_bind_the_token_of_an_assertion_that_is_not() {
    let house = House::new().await;
    let key = Key::new(&house.server, 1);
    let answer = key.ask(&house.request(&house.claims())).await;
    assert_eq!(answer.text("token_type"), "DPoP", "{}", answer.body);
    assert_eq!(key.call(&answer.text("access_token")).await.status, 200);
}

#[actix_web::test]
async fn a_binding_that_nobody_can_prove_here_is_refused_with_a_proof_too() {
    let house = House::new().await;
    let key = Key::new(&house.server, 1);
    let thumbprint = key.pair.thumbprint();
    for (cnf, reason) in [
        (
            json!({ "x5t#S256": thumbprint }),
            "a client certificate (cnf.x5t#S256)",
        ),
        (
            json!({ "jkt": thumbprint, "x5t#S256": thumbprint }),
            "a client certificate",
        ),
        (
            json!({ "jkt": thumbprint, "kid": "one" }),
            "in a way that is not known here",
        ),
        (json!({ "jwk": {} }), "in a way that is not known here"),
        (json!({}), "in a way that is not known here"),
        (json!({ "jkt": "x" }), "no SHA-256 thumbprint"),
    ] {
        let answer = key.ask(&house.request(&house.and("cnf", cnf.clone()))).await;
        assert_eq!(
            (answer.status, answer.text("error").as_str()),
            (400, "invalid_grant"),
            "{cnf}"
        );
        assert!(
            answer.text("error_description").contains(reason),
            "{cnf}: {}",
            answer.body
        );
    }
    let events = house.server.events();
    assert!(
        events
            .iter()
            .all(|event| event.operation_name == "request_refused")
    );
}
