//! Promises about identifiers of master keys.

use super::fixtures::at;
use crate::domain::key_ring::KeyId;
use crate::store::Store;

pub(crate) fn keys_are_remembered_in_order_and_can_be_forgotten(store: &impl Store) {
    let [second, first] = [KeyId::from_bytes([1; 8]), KeyId::from_bytes([2; 8])];
    assert_eq!(store.known_keys().unwrap(), []);
    for (id, seconds) in [(first, 1), (second, 2), (first, 3)] {
        store.record_key(id, at(seconds)).unwrap();
    }
    assert_eq!(store.known_keys().unwrap(), [first, second]);
    assert!(store.forget_key(first).unwrap());
    assert!(!store.forget_key(first).unwrap());
    assert_eq!(store.known_keys().unwrap(), [second]);
}
