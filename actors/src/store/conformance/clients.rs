//! Promises about clients.

use super::fixtures::{
    CROWD, USED_CLIENT_LIFETIME, all_at_once, at, client, client_id, code, direct, direct_to, grant,
    grant_id, redemption, rotation, store_code,
};
use super::interactions::interaction_of;
use super::pending_logins::pending_login_of;
use crate::domain::client::{Client, ClientCredential, ClientKeys, ClientOrigin, DocumentAge};
use crate::domain::clock::Timestamp;
use crate::domain::interaction::{Interaction, LONGEST_INTERACTION};
use crate::domain::redirect_uri::{RedirectTrust, RedirectUri};
use crate::store::Store;
use crate::store::clients::{ClientInsertion, ClientNeed, ClientUse};
use crate::store::tokens::{RedemptionOutcome, RotationOutcome};

const FINGERPRINT: Option<&[u8; 32]> = Some(&[1; 32]);

fn insert(store: &impl Store, client: &Client) {
    assert_eq!(
        store.insert_client(client, None, at(0)).unwrap(),
        ClientInsertion::Inserted
    );
}

/// Issues a token to this client.
fn issue_to(store: &impl Store, client: &str, moment: Timestamp) {
    assert!(store.issue_directly(&direct_to(client, 1, moment)).unwrap());
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

/// When a client lapses that used its registration then.
fn end_of_use(used_at: Timestamp) -> Timestamp {
    used_at + USED_CLIENT_LIFETIME + ClientUse::RESOLUTION
}

/// When the stored client "client" was used last, and when it lapses.
fn use_and_end(store: &impl Store) -> (Option<Timestamp>, Option<Timestamp>) {
    let found = store.find_client(&client_id("client")).unwrap().unwrap();
    (found.last_used_at, found.expires_at)
}

pub(crate) fn issuing_and_renewing_count_as_use_and_prolong_the_registration(store: &impl Store) {
    const HOUR: i64 = 3_600;
    insert(store, &client("client", at(0)));
    store_code(store, "code", 1, at(1));
    let unused = (None, Some(at(HOUR)));
    assert_eq!(use_and_end(store), unused, "a code that waits is no use");
    let id = grant_id(1);
    let late = redemption("code", ("access 0", "refresh 0"), id, at(31));
    assert_eq!(store.redeem_code(&late).unwrap(), RedemptionOutcome::CodeExpired);
    assert_eq!(use_and_end(store), unused, "nothing was issued");

    let used_at = |seconds: i64| (Some(at(seconds)), Some(end_of_use(at(seconds))));
    store
        .redeem_code(&redemption("code", ("access 0", "refresh 0"), id, at(2)))
        .unwrap();
    assert_eq!(use_and_end(store), used_at(2));
    let rotate = |number: u32, seconds| {
        let (presented, next) = (format!("refresh {number}"), number + 1);
        let pair = (format!("access {next}"), format!("refresh {next}"));
        let outcome = store.rotate(&rotation(&presented, (&pair.0, &pair.1), id, at(seconds)));
        assert_eq!(outcome.unwrap(), RotationOutcome::Rotated);
    };
    rotate(0, 1 + HOUR);
    assert_eq!(
        use_and_end(store),
        used_at(2),
        "uses within an hour are noted as one"
    );
    rotate(1, 2 + HOUR);
    assert_eq!(use_and_end(store), used_at(2 + HOUR));
    assert!(store.issue_directly(&direct(2, "machine", 3 * HOUR)).unwrap());
    assert_eq!(use_and_end(store), used_at(3 * HOUR));
}

pub(crate) fn use_prolongs_no_registration_without_an_end(store: &impl Store) {
    let endless = Client {
        expires_at: None,
        ..client("client", at(0))
    };
    insert(store, &endless);
    assert!(store.issue_directly(&direct(1, "machine", 5)).unwrap());
    assert_eq!(use_and_end(store), (Some(at(5)), None));
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
    issue_to(store, "used", at(1));
    for second in 1..=5 {
        insert(store, &client(&format!("flood {second}"), at(second)));
    }
    assert_eq!(store.delete_unused_clients_beyond(2, at(9)).unwrap(), 3);
    assert_eq!(store.delete_unused_clients_beyond(2, at(9)).unwrap(), 0);
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

/// Where a client stands in its login, and until when it is needed there.
type Waiting<S> = (&'static str, fn(&S, &str), i64);

fn is_there(store: &impl Store, name: &str) -> bool {
    store.find_client(&client_id(name)).unwrap().is_some()
}

/// Begins a login of this client, for ten minutes.
pub(crate) fn begin_login(store: &dyn Store, client: &str, now: Timestamp) {
    let interaction = Interaction {
        created_at: now,
        expires_at: now + LONGEST_INTERACTION,
        ..interaction_of(client)
    };
    assert!(store.insert_interaction(&interaction).unwrap());
}

/// The three places where a login waits, the shortest first: the client's that has its code, our pages, and the provider's.
fn waiting<S: Store>() -> [Waiting<S>; 3] {
    let step = i64::try_from(ClientNeed::STEP.as_secs()).unwrap();
    [
        (
            "code",
            |store, name| {
                store.insert_grant(&grant(1, "alice", at(0))).unwrap();
                let mut code = code(name, grant_id(1), at(0));
                code.binding.client = client_id(name);
                assert!(store.insert_code(&code).unwrap());
            },
            30 + step,
        ),
        (
            "page",
            |store, name| assert!(store.insert_interaction(&interaction_of(name)).unwrap()),
            600 + step,
        ),
        (
            "provider",
            |store, name| assert!(store.insert_pending_login(&pending_login_of(name)).unwrap()),
            600 + step,
        ),
    ]
}

pub(crate) fn a_flood_spares_clients_whose_login_is_under_way(store: &impl Store) {
    let waiting = waiting();
    for (name, wait, _) in &waiting {
        insert(store, &client(name, at(0)));
        wait(store, name);
    }
    for second in 1..=5 {
        insert(store, &client(&format!("flood {second}"), at(second)));
    }
    assert_eq!(store.delete_unused_clients_beyond(2, at(9)).unwrap(), 3);
    for (name, _, _) in &waiting {
        assert!(is_there(store, name), "{name}");
    }
    assert!(is_there(store, "flood 5") && !is_there(store, "flood 3"));
    for (name, _, until) in &waiting {
        store.delete_unused_clients_beyond(2, at(*until - 1)).unwrap();
        assert!(is_there(store, name), "{name} until its login is over");
    }
    store.delete_unused_clients_beyond(2, at(10_000)).unwrap();
    assert!(waiting.iter().all(|(name, ..)| !is_there(store, name)));
}

pub(crate) fn logins_that_anybody_can_begin_keep_a_bounded_number_of_clients(store: &impl Store) {
    for number in 0..12 {
        let name = format!("client {number}");
        insert(store, &client(&name, at(number)));
        assert!(store.insert_interaction(&interaction_of(&name)).unwrap());
    }
    assert_eq!(store.delete_unused_clients_beyond(1, at(20)).unwrap(), 2);
    for (name, stays) in [
        ("client 0", false),
        ("client 1", false),
        ("client 2", true),
        ("client 11", true),
    ] {
        assert_eq!(is_there(store, name), stays, "{name}");
    }
}

pub(crate) fn a_registration_does_not_lapse_while_a_login_is_under_way(store: &impl Store) {
    for (name, wait, until) in waiting() {
        let lapsing = Client {
            expires_at: Some(at(1)),
            ..client(name, at(0))
        };
        insert(store, &lapsing);
        wait(store, name);
        assert_eq!(
            store.delete_expired_clients(at(until - 1), 9).unwrap(),
            0,
            "{name}"
        );
        assert_eq!(store.delete_expired_clients(at(until), 9).unwrap(), 1, "{name}");
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
    issue_to(store, first.id.as_str(), at(5));
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
        expires_at: Some(end_of_use(at(5))),
        ..second
    };
    assert_eq!(store.find_client(&first.id).unwrap(), Some(expected));
    let later = described(100 * 24 * 3_600);
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
