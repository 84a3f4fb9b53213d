//! Promises about the keys that access tokens are signed with.

use super::fixtures::{all_at_once, at, count};
use crate::domain::sealing::Sealed;
use crate::domain::signing_key::SigningKeyRecord;
use crate::jose::SigningAlgorithm;
use crate::store::Store;

fn key(generation: i64, id: &str, algorithm: SigningAlgorithm) -> SigningKeyRecord {
    SigningKeyRecord {
        generation,
        id: id.to_owned(),
        algorithm,
        private_key: Sealed::from_bytes(vec![1, 0, 255, 3]),
        created_at: at(generation),
        usable_from: at(generation + 86_400),
    }
}

pub(crate) fn signing_keys_come_back_as_they_were_and_the_old_ones_are_deleted(store: &impl Store) {
    assert_eq!(store.signing_keys().unwrap(), []);
    let [first, second, third] = [
        key(1, "one", SigningAlgorithm::EdDsa),
        key(2, "two", SigningAlgorithm::Es256),
        key(3, "three", SigningAlgorithm::EdDsa),
    ];
    for key in [&second, &first, &third] {
        assert!(store.insert_signing_key(key).unwrap());
    }
    assert_eq!(store.signing_keys().unwrap(), [first, second, third.clone()]);
    assert_eq!(store.delete_signing_keys_before(1).unwrap(), 0);
    assert_eq!(store.delete_signing_keys_before(3).unwrap(), 2);
    assert_eq!(store.signing_keys().unwrap(), [third]);
}

pub(crate) fn of_a_hundred_replicas_one_makes_the_next_key(store: &impl Store) {
    let outcomes = all_at_once(|number| {
        let key = key(1, &format!("key {number}"), SigningAlgorithm::EdDsa);
        store.insert_signing_key(&key).unwrap()
    });
    assert_eq!(count(&outcomes, &true), 1);
    let winner = outcomes.iter().position(|is_first| *is_first).unwrap();
    assert_eq!(store.signing_keys().unwrap()[0].id, format!("key {winner}"));
}
