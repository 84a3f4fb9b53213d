//! Promises about identifiers that may be seen once.

use super::fixtures::{all_at_once, at, count, digest};
use crate::store::Store;

pub(crate) fn an_identifier_is_accepted_once_until_it_ends(store: &impl Store) {
    let jti = digest("client|jti");
    assert!(store.remember_identifier(&jti, at(300), at(0)).unwrap());
    assert!(!store.remember_identifier(&jti, at(600), at(299)).unwrap());
    assert!(
        store
            .remember_identifier(&digest("client|other"), at(300), at(0))
            .unwrap()
    );
    assert!(store.remember_identifier(&jti, at(600), at(300)).unwrap());
    assert!(!store.remember_identifier(&jti, at(900), at(301)).unwrap());
}

pub(crate) fn a_hundred_replays_are_accepted_once(store: &impl Store) {
    let outcomes = all_at_once(|_| store.remember_identifier(&digest("jti"), at(300), at(0)).unwrap());
    assert_eq!(count(&outcomes, &true), 1);
}

pub(crate) fn ended_identifiers_are_deleted(store: &impl Store) {
    for (name, until) in [("one", 10), ("two", 10), ("three", 11)] {
        store
            .remember_identifier(&digest(name), at(until), at(0))
            .unwrap();
    }
    assert_eq!(store.delete_expired_identifiers(at(10), 1).unwrap(), 1);
    assert_eq!(store.delete_expired_identifiers(at(10), 9).unwrap(), 1);
    assert!(
        !store
            .remember_identifier(&digest("three"), at(20), at(10))
            .unwrap()
    );
}
