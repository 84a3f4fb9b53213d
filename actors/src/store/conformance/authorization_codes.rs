//! Promises about authorization codes.

use super::fixtures::{CROWD, all_at_once, at, code, count, digest, store_active_grant, store_code};
use crate::domain::authorization_code::CodeState;
use crate::store::Store;

pub(crate) fn codes_are_found_by_digest_and_inserted_once(store: &impl Store) {
    let stored = store_code(store, "code", 1, at(10));
    assert!(
        !store
            .insert_code(&code("code", stored.binding.grant, at(11)))
            .unwrap()
    );
    assert_eq!(store.find_code(&digest("code")).unwrap(), Some(stored));
    assert_eq!(store.find_code(&digest("other")).unwrap(), None);
}

pub(crate) fn wrong_verifiers_are_counted_even_when_they_come_at_once(store: &impl Store) {
    store_code(store, "code", 1, at(10));
    let outcomes = all_at_once(|_| store.record_failed_verification(&digest("code")).unwrap());
    assert_eq!(
        count(
            &outcomes,
            &Some(CodeState::Issued {
                failed_verifications: 1
            })
        ),
        1
    );
    assert_eq!(
        count(
            &outcomes,
            &Some(CodeState::Issued {
                failed_verifications: 2
            })
        ),
        1
    );
    assert_eq!(count(&outcomes, &Some(CodeState::Expired)), 1);
    assert_eq!(count(&outcomes, &None), CROWD - 3);
    assert_eq!(
        store.find_code(&digest("code")).unwrap().unwrap().state,
        CodeState::Expired
    );
}

pub(crate) fn a_consumed_code_counts_no_verifiers(store: &impl Store) {
    store_active_grant(store, 1, ("access", "refresh"), at(10));
    assert_eq!(
        store.record_failed_verification(&digest("code of 1")).unwrap(),
        None
    );
    assert_eq!(
        store.find_code(&digest("code of 1")).unwrap().unwrap().state,
        CodeState::Consumed { at: at(10) }
    );
    assert_eq!(
        store.record_failed_verification(&digest("no such code")).unwrap(),
        None
    );
}

pub(crate) fn old_codes_are_deleted_a_few_at_a_time(store: &impl Store) {
    for name in ["old 1", "old 2", "old 3"] {
        store_code(store, name, 1, at(10));
    }
    store_code(store, "new", 1, at(11));
    assert_eq!(store.delete_codes_expired_before(at(39), 10).unwrap(), 0);
    assert_eq!(store.delete_codes_expired_before(at(40), 2).unwrap(), 2);
    assert_eq!(store.delete_codes_expired_before(at(40), 2).unwrap(), 1);
    assert!(store.find_code(&digest("new")).unwrap().is_some());
}
