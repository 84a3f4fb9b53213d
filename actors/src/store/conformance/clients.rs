//! Promises about clients.

use super::fixtures::{CROWD, all_at_once, at, client, client_id};
use crate::domain::client::{Client, ClientCredential, ClientKeys, ClientOrigin, DocumentAge};
use crate::domain::redirect_uri::{RedirectTrust, RedirectUri};
use crate::store::Store;
use crate::store::clients::ClientInsertion;

const FINGERPRINT: Option<&[u8; 32]> = Some(&[1; 32]);

fn insert(store: &impl Store, client: &Client) {
    assert_eq!(
        store.insert_client(client, None, at(0)).unwrap(),
        ClientInsertion::Inserted
    );
}

pub(crate) fn clients_come_back_as_they_were(store: &impl Store) {
    let with_secret = client("with secret", at(0));
    let bare = Client {
        name: None,
        credential: ClientCredential::Public,
        expires_at: None,
        ..client("bare", at(0))
    };
    let keys = ClientKeys::Inline(serde_json::json!({ "keys": [{ "kty": "EC" }] }));
    let inline = Client {
        credential: ClientCredential::Keys(keys),
        ..client("inline keys", at(0))
    };
    let keys = ClientKeys::Address("https://app.example.com/jwks".to_owned());
    let remote = Client {
        credential: ClientCredential::Keys(keys),
        ..client("remote keys", at(0))
    };
    for stored in [with_secret, bare, inline, remote] {
        insert(store, &stored);
        assert_eq!(store.find_client(&stored.id).unwrap(), Some(stored));
    }
    assert_eq!(store.find_client(&client_id("unknown")).unwrap(), None);
    assert_eq!(store.count_clients().unwrap(), 4);
}

pub(crate) fn an_identifier_is_given_once(store: &impl Store) {
    insert(store, &client("client", at(0)));
    let other = Client {
        name: None,
        ..client("client", at(1))
    };
    assert_eq!(
        store.insert_client(&other, FINGERPRINT, at(1)).unwrap(),
        ClientInsertion::IdTaken
    );
    assert_eq!(
        store.find_client(&other.id).unwrap(),
        Some(client("client", at(0)))
    );
}

pub(crate) fn equal_registrations_find_the_first_one(store: &impl Store) {
    let first = client("first", at(0));
    assert_eq!(
        store.insert_client(&first, FINGERPRINT, at(0)).unwrap(),
        ClientInsertion::Inserted
    );
    let second = client("second", at(1));
    let outcome = store.insert_client(&second, FINGERPRINT, at(1)).unwrap();
    assert_eq!(outcome, ClientInsertion::EqualExists(Box::new(first)));
    assert_eq!(store.find_client(&second.id).unwrap(), None);
    let different = store.insert_client(&second, Some(&[2; 32]), at(1)).unwrap();
    assert_eq!(different, ClientInsertion::Inserted);
}

pub(crate) fn a_lapsed_equal_registration_gives_way(store: &impl Store) {
    let (first, second) = (client("first", at(0)), client("second", at(3600)));
    store.insert_client(&first, FINGERPRINT, at(0)).unwrap();
    assert_eq!(
        store.insert_client(&second, FINGERPRINT, at(3600)).unwrap(),
        ClientInsertion::Inserted
    );
    assert_eq!(store.find_client(&first.id).unwrap(), None);
}

pub(crate) fn a_hundred_equal_registrations_make_one_client(store: &impl Store) {
    let register = |number| {
        let client = client(&format!("client {number}"), at(0));
        store.insert_client(&client, FINGERPRINT, at(0)).unwrap()
    };
    let outcomes = all_at_once(register);
    let equal = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, ClientInsertion::EqualExists(_)))
        .count();
    assert_eq!(equal, CROWD - 1);
    assert_eq!(store.count_clients().unwrap(), 1);
}

pub(crate) fn use_is_recorded_and_prolongs_the_registration(store: &impl Store) {
    let stored = client("client", at(0));
    insert(store, &stored);
    assert!(
        store
            .record_client_use(&stored.id, at(5), Some(at(9999)))
            .unwrap()
    );
    let expected = Client {
        last_used_at: Some(at(5)),
        expires_at: Some(at(9999)),
        ..stored
    };
    assert_eq!(store.find_client(&expected.id).unwrap(), Some(expected));
    assert!(
        !store
            .record_client_use(&client_id("unknown"), at(5), None)
            .unwrap()
    );
}

pub(crate) fn a_registration_is_prolonged_but_never_shortened(store: &impl Store) {
    let (ending, endless) = (
        client("ending", at(0)),
        Client {
            expires_at: None,
            ..client("endless", at(0))
        },
    );
    for stored in [&ending, &endless] {
        insert(store, stored);
    }
    let end_of = |client: &Client| store.find_client(&client.id).unwrap().unwrap().expires_at;
    assert!(store.prolong_client(&ending.id, at(9999)).unwrap());
    assert!(store.prolong_client(&ending.id, at(5)).unwrap());
    assert!(store.prolong_client(&endless.id, at(5)).unwrap());
    assert_eq!((end_of(&ending), end_of(&endless)), (Some(at(9999)), None));
    assert_eq!(store.find_client(&ending.id).unwrap().unwrap().last_used_at, None);
    assert!(!store.prolong_client(&client_id("unknown"), at(5)).unwrap());
}

pub(crate) fn lapsed_clients_are_deleted_and_others_stay(store: &impl Store) {
    for (name, expires_at) in [
        ("a", Some(at(10))),
        ("b", Some(at(10))),
        ("c", Some(at(11))),
        ("d", None),
    ] {
        insert(
            store,
            &Client {
                expires_at,
                ..client(name, at(0))
            },
        );
    }
    assert_eq!(store.delete_expired_clients(at(10), 1).unwrap(), 1);
    assert_eq!(store.delete_expired_clients(at(10), 9).unwrap(), 1);
    assert!(store.find_client(&client_id("c")).unwrap().is_some());
    assert!(store.find_client(&client_id("d")).unwrap().is_some());
}

pub(crate) fn a_flood_pushes_out_the_oldest_unused_clients_only(store: &impl Store) {
    insert(store, &client("used", at(0)));
    store.record_client_use(&client_id("used"), at(1), None).unwrap();
    for second in 1..=5 {
        insert(store, &client(&format!("flood {second}"), at(second)));
    }
    assert_eq!(store.delete_unused_clients_beyond(2).unwrap(), 3);
    assert_eq!(store.delete_unused_clients_beyond(2).unwrap(), 0);
    for (name, stays) in [
        ("used", true),
        ("flood 1", false),
        ("flood 3", false),
        ("flood 4", true),
        ("flood 5", true),
    ] {
        assert_eq!(
            store.find_client(&client_id(name)).unwrap().is_some(),
            stays,
            "{name}"
        );
    }
}

/// A client as its document describes it at this second.
fn described(second: i64) -> Client {
    Client {
        origin: ClientOrigin::MetadataDocument(DocumentAge {
            read_at: at(second),
            fresh_until: at(second + 60),
        }),
        credential: ClientCredential::Public,
        ..client("https://app.example/client.json", at(second))
    }
}

pub(crate) fn a_document_replaces_what_it_said_before(store: &impl Store) {
    let first = Client {
        credential: ClientCredential::Keys(ClientKeys::Address("https://app.example/jwks".to_owned())),
        ..described(0)
    };
    store.put_described_client(&first).unwrap();
    assert_eq!(store.find_client(&first.id).unwrap(), Some(first.clone()));
    store
        .record_client_use(&first.id, at(5), Some(at(9_999)))
        .unwrap();
    let second = Client {
        name: None,
        redirect_uris: vec![
            RedirectUri::parse("https://app.example/moved", RedirectTrust::SelfRegistered).unwrap(),
        ],
        metadata: serde_json::Map::new(),
        ..described(100)
    };
    store.put_described_client(&second).unwrap();
    let expected = Client {
        last_used_at: Some(at(5)),
        expires_at: Some(at(9_999)),
        ..second
    };
    assert_eq!(store.find_client(&first.id).unwrap(), Some(expected));
    let later = described(9_000);
    store.put_described_client(&later).unwrap();
    let found = store.find_client(&first.id).unwrap().unwrap();
    assert_eq!(found.expires_at, later.expires_at);
    assert_eq!(store.count_clients().unwrap(), 1);
}

pub(crate) fn a_hundred_readings_of_a_document_make_one_client(store: &impl Store) {
    all_at_once(|_| store.put_described_client(&described(0)).unwrap());
    assert_eq!(store.count_clients().unwrap(), 1);
    assert_eq!(store.find_client(&described(0).id).unwrap(), Some(described(0)));
}
