//! Promises about grants.

use std::collections::HashMap;

use super::fixtures::{
    CROWD, all_at_once, at, count, digest, grant, grant_id, rotation, store_active_grant, store_code,
    user_key,
};
use crate::domain::grant::{Grant, GrantEnd, GrantState};
use crate::domain::sealing::Sealed;
use crate::store::Store;
use crate::store::TakenTokens;
use crate::store::tokens::RotationOutcome;

pub(crate) fn grants_come_back_as_they_were(store: &impl Store) {
    let full = Grant {
        expires_at: Some(at(1000)),
        ..grant(1, "alice", at(0))
    };
    let bare = Grant {
        upstream_tokens: None,
        ..grant(2, "bob", at(0))
    };
    for stored in [full, bare] {
        assert!(store.insert_grant(&stored).unwrap());
        assert!(!store.insert_grant(&stored).unwrap());
        assert_eq!(store.find_grant(stored.id).unwrap(), Some(stored));
    }
    assert_eq!(store.find_grant(grant_id(3)).unwrap(), None);
}

pub(crate) fn a_grant_ends_once_and_keeps_its_first_reason(store: &impl Store) {
    for (number, reason) in (0..).zip(GrantEnd::ALL) {
        let stored = grant(number, "alice", at(0));
        store.insert_grant(&stored).unwrap();
        let outcomes = all_at_once(|_| store.end_grant(stored.id, at(5), reason).unwrap());
        assert_eq!(count(&outcomes, &true), 1);
        assert!(
            !store
                .end_grant(stored.id, at(6), GrantEnd::RevokedByOperator)
                .unwrap()
        );
        let state = store.find_grant(stored.id).unwrap().unwrap().state;
        assert_eq!(state, GrantState::Ended { at: at(5), reason });
    }
    assert!(!store.end_grant(grant_id(99), at(5), GrantEnd::Expired).unwrap());
}

pub(crate) fn live_grants_of_a_user_are_listed_oldest_first(store: &impl Store) {
    for (number, user, created_at) in [(1, "alice", 3), (2, "alice", 1), (3, "bob", 0), (4, "alice", 2)] {
        store.insert_grant(&grant(number, user, at(created_at))).unwrap();
    }
    store
        .end_grant(grant_id(4), at(5), GrantEnd::RevokedByUser)
        .unwrap();
    let listed: Vec<_> = store
        .live_grants_of_user(&user_key("alice"))
        .unwrap()
        .iter()
        .map(|grant| grant.id)
        .collect();
    assert_eq!(listed, [grant_id(2), grant_id(1)]);
}

pub(crate) fn the_last_use_of_a_grant_is_its_newest_token_or_the_first_call_with_it(store: &impl Store) {
    let (idle, busy, ended) = (grant_id(1), grant_id(2), grant_id(3));
    store_active_grant(store, 1, ("access 1", "refresh 1"), at(1));
    store_active_grant(store, 2, ("access 2", "refresh 2"), at(2));
    store_active_grant(store, 3, ("access 3", "refresh 3"), at(3));
    store.insert_grant(&grant(4, "alice", at(4))).unwrap();
    store.end_grant(ended, at(5), GrantEnd::RevokedByUser).unwrap();
    let uses = |user: &str| store.last_uses_of_user(&user_key(user)).unwrap();
    assert_eq!(uses("alice"), HashMap::from([(idle, at(1)), (busy, at(2))]));
    assert!(store.record_first_use(&digest("access 1"), at(7)).unwrap());
    store
        .rotate(&rotation("refresh 2", ("access 5", "refresh 5"), busy, at(10)))
        .unwrap();
    assert_eq!(uses("alice"), HashMap::from([(idle, at(7)), (busy, at(10))]));
    assert_eq!(uses("bob"), HashMap::new());
}

pub(crate) fn grants_that_have_not_ended_are_counted(store: &impl Store) {
    assert_eq!(store.count_live_grants(), Ok(0));
    for number in [1, 2, 3] {
        store.insert_grant(&grant(number, "alice", at(0))).unwrap();
    }
    store
        .end_grant(grant_id(2), at(5), GrantEnd::RevokedByUser)
        .unwrap();
    assert_eq!(store.count_live_grants(), Ok(2));
}

pub(crate) fn overdue_grants_end_and_are_given_to_one_caller(store: &impl Store) {
    let forgotten = grant(1, "alice", at(0));
    let lapsed = Grant {
        expires_at: Some(at(100)),
        ..grant(2, "alice", at(50))
    };
    let waiting = grant(3, "alice", at(50));
    for stored in [&forgotten, &lapsed, &waiting] {
        store.insert_grant(stored).unwrap();
    }
    let given = all_at_once(|_| store.end_overdue_grants(at(50), at(100), 10).unwrap());
    let mut given: Vec<_> = given.into_iter().flatten().collect();
    given.sort_by_key(|grant| grant.created_at);
    assert_eq!(given, [forgotten.clone(), lapsed.clone()]);
    let state_of = |grant: &Grant| store.find_grant(grant.id).unwrap().unwrap().state;
    assert_eq!(
        state_of(&forgotten),
        GrantState::Ended {
            at: at(100),
            reason: GrantEnd::CodeNeverRedeemed
        }
    );
    assert_eq!(
        state_of(&lapsed),
        GrantState::Ended {
            at: at(100),
            reason: GrantEnd::Expired
        }
    );
    assert_eq!(state_of(&waiting), GrantState::Pending);
}

pub(crate) fn grants_without_living_tokens_are_overdue(store: &impl Store) {
    let day = 24 * 3600;
    let (idle, busy) = (grant_id(1), grant_id(2));
    store_active_grant(store, 1, ("access 1", "refresh 1"), at(0));
    store_active_grant(store, 2, ("access 2", "refresh 2"), at(0));
    let rotated = store
        .rotate(&rotation("refresh 2", ("access 3", "refresh 3"), busy, at(10)))
        .unwrap();
    assert_eq!(rotated, RotationOutcome::Rotated);
    assert_eq!(store.end_overdue_grants(at(0), at(day - 1), 10).unwrap(), []);
    let ended = store.end_overdue_grants(at(0), at(day), 10).unwrap();
    assert_eq!(ended.iter().map(|grant| grant.id).collect::<Vec<_>>(), [idle]);
}

pub(crate) fn upstream_tokens_are_replaced_only_if_unchanged(store: &impl Store) {
    let stored = grant(1, "alice", at(0));
    store.insert_grant(&stored).unwrap();
    let before = stored.upstream_tokens.clone().unwrap();
    let candidates: Vec<_> = (0..=u8::MAX)
        .map(|number| Sealed::from_bytes(vec![number; 20]))
        .collect();
    let outcomes = all_at_once(|number| {
        store
            .replace_upstream_tokens(stored.id, &before, &candidates[number])
            .unwrap()
    });
    assert_eq!(count(&outcomes, &true), 1);
    let winner = outcomes.iter().position(|won| *won).unwrap();
    let current = store
        .find_grant(stored.id)
        .unwrap()
        .unwrap()
        .upstream_tokens
        .unwrap();
    assert_eq!(current, candidates[winner]);
    store
        .end_grant(stored.id, at(1), GrantEnd::UpstreamEnded)
        .unwrap();
    assert!(
        !store
            .replace_upstream_tokens(stored.id, &current, &before)
            .unwrap()
    );
}

pub(crate) fn upstream_tokens_of_an_ended_grant_are_taken_once(store: &impl Store) {
    let (first, last, bobs) = (
        grant(1, "alice", at(0)),
        grant(2, "alice", at(0)),
        grant(3, "bob", at(0)),
    );
    let bare = Grant {
        upstream_tokens: None,
        ..grant(4, "alice", at(0))
    };
    for stored in [&first, &last, &bobs, &bare] {
        store.insert_grant(stored).unwrap();
    }
    let end = |grant: &Grant| store.end_grant(grant.id, at(1), GrantEnd::RevokedByUser).unwrap();
    let has_tokens = |user: &str| store.has_upstream_tokens(&user_key(user)).unwrap();
    assert_eq!(store.take_upstream_tokens(first.id), Ok(None), "it lives");
    assert_eq!(store.take_upstream_tokens(grant_id(9)), Ok(None));
    for (ended, were_last) in [(&first, false), (&last, true)] {
        assert!(end(ended) && has_tokens("alice") != were_last);
        let outcomes = all_at_once(|_| store.take_upstream_tokens(ended.id).unwrap());
        let taken = TakenTokens {
            provider: ended.user.identity.provider.clone(),
            tokens: ended.upstream_tokens.clone().unwrap(),
            were_last,
        };
        assert_eq!(count(&outcomes, &Some(taken)), 1);
        assert_eq!(count(&outcomes, &None), outcomes.len() - 1);
        assert_eq!(store.find_grant(ended.id).unwrap().unwrap().upstream_tokens, None);
    }
    assert!(end(&bare) && has_tokens("bob"));
    assert_eq!(store.take_upstream_tokens(bare.id), Ok(None));
}

pub(crate) fn of_grants_that_end_at_once_one_had_the_last_upstream_tokens(store: &impl Store) {
    let grants: Vec<_> = (0..)
        .take(CROWD)
        .map(|number| grant(number, "alice", at(0)))
        .collect();
    for stored in &grants {
        store.insert_grant(stored).unwrap();
    }
    let taken = all_at_once(|number| {
        let id = grants[number].id;
        store.end_grant(id, at(1), GrantEnd::RevokedByUser).unwrap();
        store.take_upstream_tokens(id).unwrap().unwrap()
    });
    assert!(taken.iter().any(|taken| taken.were_last));
}

pub(crate) fn what_is_known_of_a_user_is_replaced_until_the_grant_ends(store: &impl Store) {
    let (before, other) = (grant(1, "alice", at(0)), grant(2, "alice", at(0)));
    store.insert_grant(&before).unwrap();
    store.insert_grant(&other).unwrap();
    let mut user = before.user.clone();
    user.identity.role = Some("auditor".to_owned());
    user.identity.groups.clear();
    assert!(store.replace_user(before.id, &user).unwrap());
    let after = Grant {
        user: user.clone(),
        ..before
    };
    assert_eq!(store.find_grant(after.id).unwrap(), Some(after.clone()));
    assert_eq!(store.find_grant(other.id).unwrap(), Some(other));

    let bob = grant(3, "bob", at(0)).user;
    assert!(
        !store.replace_user(after.id, &bob).unwrap(),
        "a grant stays with its user"
    );
    assert!(!store.replace_user(grant_id(9), &user).unwrap());
    store.end_grant(after.id, at(1), GrantEnd::UserRemoved).unwrap();
    assert!(!store.replace_user(after.id, &user).unwrap());
    assert_eq!(store.find_grant(after.id).unwrap().unwrap().user, user);
}

pub(crate) fn deleting_an_ended_grant_takes_its_tokens_and_codes_along(store: &impl Store) {
    let ended = grant_id(1);
    store_active_grant(store, 1, ("access 1", "refresh 1"), at(0));
    store_active_grant(store, 2, ("access 2", "refresh 2"), at(0));
    store_code(store, "another code", 2, at(0));
    store.end_grant(ended, at(10), GrantEnd::RevokedByUser).unwrap();
    assert_eq!(store.delete_grants_ended_before(at(9), 10).unwrap(), 0);
    assert_eq!(store.delete_grants_ended_before(at(10), 10).unwrap(), 1);
    assert_eq!(store.find_grant(ended).unwrap(), None);
    assert_eq!(store.find_code(&digest("code of 1")).unwrap(), None);
    assert_eq!(store.find_access_token(&digest("access 1")).unwrap(), None);
    assert_eq!(store.find_refresh_token(&digest("refresh 1")).unwrap(), None);
    assert!(store.find_access_token(&digest("access 2")).unwrap().is_some());
    assert!(store.find_code(&digest("code of 2")).unwrap().is_some());
}
