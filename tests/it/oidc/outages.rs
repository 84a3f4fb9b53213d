//! A provider that changes its keys, is down or answers nonsense: nobody is logged out because of it.

use futures_util::future::join_all;

use super::fake::Canned;
use super::fake::signing::Signer;
use super::*;

const DISCOVERY: &str = "/.well-known/openid-configuration";

#[actix_web::test]
async fn what_is_asked_for_at_once_is_fetched_once() {
    let house = house();
    assert_eq!(house.fake.script().seen.len(), 0, "a start calls nobody");
    for found in join_all((0..20).map(|_| house.departure())).await {
        found.unwrap();
    }
    house.user().await.unwrap();
    house.user().await.unwrap();
    let counts = [DISCOVERY, "/keys", "/token"].map(|path| house.fake.script().count(path));
    assert_eq!(counts, [1, 1, 2]);
    house.clock.advance(Duration::from_hours(1));
    house.departure().await.unwrap();
    assert_eq!(house.fake.script().count(DISCOVERY), 2);
}

#[actix_web::test]
async fn a_new_key_is_fetched_when_it_is_met_and_a_withdrawn_one_ends() {
    let house = house();
    house.user().await.unwrap();
    house.clock.advance(Duration::from_secs(10));
    let rotated = Signer::ed25519("two", 2);
    {
        let mut script = house.fake.script();
        script.keys = vec![script.signer.public(), rotated.public()];
        script.signer = rotated;
    }
    house.user().await.unwrap();
    assert_eq!(house.fake.script().count("/keys"), 2);
    {
        let mut script = house.fake.script();
        script.keys.remove(0);
        script.signer = Signer::ed25519("one", 1);
    }
    house.clock.advance(Duration::from_mins(1));
    assert!(
        house.user().await.is_ok(),
        "believed for as long as keys are kept"
    );
    house.clock.advance(Duration::from_mins(10));
    house.fake.script().claims["exp"] = (NOW + 3600).into();
    let error = house.user().await.unwrap_err();
    assert!(error.to_string().contains("does not publish"), "{error}");
}

#[actix_web::test]
async fn keys_that_nobody_published_are_not_fetched_for_again_and_again() {
    let house = house();
    house.fake.script().signer = Signer::ed25519("unknown", 3);
    for _ in 0..5 {
        assert!(house.user().await.is_err());
    }
    assert_eq!(house.fake.script().count("/keys"), 1);
    house.clock.advance(Duration::from_secs(10));
    for _ in 0..5 {
        assert!(house.user().await.is_err());
    }
    assert_eq!(house.fake.script().count("/keys"), 2);
}

#[actix_web::test]
async fn without_keys_no_code_and_no_refresh_token_is_spent() {
    let house = house();
    house.fake.script().instead.insert("/keys", Canned::Status(503));
    let error = house.user().await.unwrap_err();
    assert_eq!(error.code(), "temporarily_unavailable");
    let refresh = Secret::new("rt-canary");
    let error = house
        .provider
        .refresh(&refresh, &house.key("user-1"))
        .await
        .unwrap_err();
    assert!(error.is_temporary() && error.code() == "temporarily_unavailable");
    assert_eq!(house.fake.script().count("/token"), 0);
    house.fake.script().instead.clear();
    assert!(house.user().await.is_ok());
}

#[actix_web::test]
async fn an_old_discovery_document_is_better_than_none_for_a_day() {
    let house = house();
    house.departure().await.unwrap();
    house.fake.script().instead.insert(DISCOVERY, Canned::Status(500));
    house.clock.advance(Duration::from_hours(23));
    house.departure().await.unwrap();
    house.clock.advance(Duration::from_hours(1));
    let error = house.departure().await.unwrap_err();
    assert_eq!(error.code(), "temporarily_unavailable");
}

#[actix_web::test]
async fn an_answer_that_says_nothing_about_the_user_ends_nobodys_login() {
    for (answer, code) in [
        (Canned::Status(500), "temporarily_unavailable"),
        (Canned::Status(429), "temporarily_unavailable"),
        (Canned::Silence, "temporarily_unavailable"),
        (Canned::Huge, "temporarily_unavailable"),
        (Canned::Garbage, "server_error"),
        (Canned::Redirect, "server_error"),
    ] {
        for path in [DISCOVERY, "/keys", "/token", "/me"] {
            let patience = match answer {
                Canned::Silence => Duration::from_millis(300),
                _ => PATIENCE,
            };
            let house = house_with(patience, |settings| settings);
            house.fake.script().instead.insert(path, answer);
            let error = house.user().await.unwrap_err();
            assert_eq!(error.code(), code, "{answer:?} at {path}: {error}");
            assert!(error.is_temporary(), "{answer:?} at {path}");
        }
    }
}
