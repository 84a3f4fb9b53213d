//! Promises about remembered consents.

use super::fixtures::{at, client_id, scopes, user_key};
use crate::domain::consent::Consent;
use crate::store::Store;

fn consent(user: &str, client: &str, receiver: &str) -> Consent {
    Consent {
        user: user_key(user),
        client: client_id(client),
        receiver: receiver.to_owned(),
        scopes: scopes("mcp:read"),
        client_fingerprint: [3; 32],
        given_at: at(0),
        expires_at: at(60),
    }
}

pub(crate) fn a_consent_is_kept_per_user_client_and_receiver(store: &impl Store) {
    let first = consent("alice", "client", "a.example");
    store.put_consent(&first).unwrap();
    let find = |user, client, receiver| {
        store
            .find_consent(&user_key(user), &client_id(client), receiver)
            .unwrap()
    };
    assert_eq!(find("alice", "client", "a.example"), Some(first.clone()));
    assert_eq!(find("bob", "client", "a.example"), None);
    assert_eq!(find("alice", "other", "a.example"), None);
    assert_eq!(find("alice", "client", "b.example"), None);
    let wider = Consent {
        scopes: scopes("mcp:read mcp:write"),
        given_at: at(5),
        expires_at: at(65),
        ..first
    };
    store.put_consent(&wider).unwrap();
    assert_eq!(find("alice", "client", "a.example"), Some(wider));
}

pub(crate) fn consents_can_be_taken_back(store: &impl Store) {
    for (user, client, receiver) in [
        ("alice", "client", "a.example"),
        ("alice", "client", "b.example"),
        ("alice", "other", "a"),
        ("bob", "client", "a"),
    ] {
        store.put_consent(&consent(user, client, receiver)).unwrap();
    }
    assert_eq!(
        store
            .delete_consents(&user_key("alice"), &client_id("client"))
            .unwrap(),
        2
    );
    assert_eq!(
        store
            .delete_consents(&user_key("alice"), &client_id("client"))
            .unwrap(),
        0
    );
    assert!(
        store
            .find_consent(&user_key("alice"), &client_id("other"), "a")
            .unwrap()
            .is_some()
    );
    assert!(
        store
            .find_consent(&user_key("bob"), &client_id("client"), "a")
            .unwrap()
            .is_some()
    );
}

pub(crate) fn ended_consents_are_deleted(store: &impl Store) {
    for receiver in ["one", "two"] {
        store.put_consent(&consent("alice", "client", receiver)).unwrap();
    }
    assert_eq!(store.delete_expired_consents(at(59), 9).unwrap(), 0);
    assert_eq!(store.delete_expired_consents(at(60), 1).unwrap(), 1);
    assert_eq!(store.delete_expired_consents(at(60), 9).unwrap(), 1);
}
