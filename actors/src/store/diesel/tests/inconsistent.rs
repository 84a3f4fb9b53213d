//! A row that contradicts the rules is named by table, column and row, and never by its value.

use diesel::connection::SimpleConnection;

use super::*;
use crate::domain::secret::SecretDigest;
use crate::store::conformance::fixtures::{
    at, client, code, digest, grant_id, identity, store_active_grant, store_code, user_key,
};
use crate::store::{
    AuthorizationCodeRepository, ClientRepository, GrantRepository, TokenRepository, UserRepository,
};

const CANARY: &str = "'canary'";

/// Fills a store, damages it, and gives back why `find` then fails.
fn reason<T: fmt::Debug>(damage: &str, find: impl Fn(&DieselStore) -> Result<T, StoreError>) -> String {
    let reasons = [TestPlace::sqlite(), TestPlace::postgresql()].map(|place| {
        let store = place.open(PATIENT);
        store_active_grant(&store, 1, ("access", "refresh"), at(0));
        store_code(&store, "code", 2, at(0));
        store
            .insert_client(&client("client", at(0)), None, at(0))
            .unwrap();
        store.record_login(&identity("alice"), at(0)).unwrap();
        find(&store).unwrap();
        place.connect(PATIENT).batch_execute(damage).unwrap();
        match find(&store) {
            Err(StoreError::Inconsistent { reason, .. }) => reason,
            other => panic!("expected {damage} to be noticed, got {other:?}"),
        }
    });
    let [sqlite, postgresql] = reasons;
    assert_eq!(sqlite, postgresql);
    assert!(!sqlite.contains("canary"), "{sqlite}");
    sqlite
}

fn beginning(digest: &SecretDigest) -> String {
    let [first, second, third, fourth, ..] = digest.as_bytes();
    format!("{first:02x}{second:02x}{third:02x}{fourth:02x}")
}

#[test]
fn texts_that_do_not_parse_are_reported() {
    let grant = grant_id(1);
    let find_grant = |store: &DieselStore| store.find_grant(grant);
    for (column, begin) in [
        ("resource", "resource is not an absolute http or https address"),
        ("user_account", "unexpected JSON at character "),
    ] {
        let reason = reason(&format!("UPDATE grants SET {column} = {CANARY}"), find_grant);
        assert!(
            reason.starts_with(&format!("grants.{column} of row {grant}: {begin}")),
            "{reason}"
        );
    }
    let damage = "UPDATE grants SET ended_at = 5, end_reason = 'canary'";
    assert_eq!(
        reason(damage, find_grant),
        format!("grants.end_reason of row {grant}: not the word for a reason")
    );

    let damage = format!("UPDATE authorization_codes SET redirect_uri = {CANARY}");
    let found = reason(&damage, |store| store.find_code(&digest("code")));
    let row = beginning(&digest("code"));
    assert!(
        found.starts_with(&format!("authorization_codes.redirect_uri of row {row}: ")),
        "{found}"
    );
}

#[test]
fn words_that_are_unknown_are_reported() {
    let find_client = |store: &DieselStore| store.find_client(&client("client", at(0)).id);
    for column in ["origin", "secret_place", "grant_types"] {
        let reason = reason(&format!("UPDATE clients SET {column} = {CANARY}"), find_client);
        assert!(
            reason.starts_with(&format!("clients.{column} of row client: not ")),
            "{reason}"
        );
    }
}

#[test]
fn a_row_that_was_copied_to_another_user_is_reported() {
    let damage = "UPDATE users SET subject = 'bob'";
    for place in [TestPlace::sqlite(), TestPlace::postgresql()] {
        let store = place.open(PATIENT);
        store.record_login(&identity("alice"), at(0)).unwrap();
        place.connect(PATIENT).batch_execute(damage).unwrap();
        let reason = "users.identity of row bob: belongs to another user".to_owned();
        let operation = "find user";
        assert_eq!(
            store.find_user(&user_key("bob")),
            Err(StoreError::Inconsistent { operation, reason })
        );
    }
}

#[test]
fn a_code_without_its_grant_is_refused_by_the_database() {
    for place in [TestPlace::sqlite(), TestPlace::postgresql()] {
        let store = place.open(PATIENT);
        let refused = store.insert_code(&code("code", grant_id(9), at(0)));
        assert!(
            matches!(&refused, Err(StoreError::Inconsistent { reason, .. }) if reason.starts_with("a row refers to one that is not there")),
            "{refused:?}"
        );
        assert_eq!(
            store.failures(),
            StoreFailures {
                inconsistent: 1,
                ..StoreFailures::default()
            }
        );
        assert_eq!(store.find_access_token(&digest("access")), Ok(None));
    }
}
