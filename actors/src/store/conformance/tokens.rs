//! Promises about tokens and the three transactions that create them.

use std::time::Duration;

use super::fixtures::{
    CROWD, access_token, all_at_once, at, client_id, client_use, code, count, digest, direct, grant,
    grant_id, redemption, refresh_token, rotation, store_active_grant, store_code, thumbprint, user_key,
};
use crate::domain::authorization_code::{CodeState, MOST_FAILED_VERIFICATIONS};
use crate::domain::grant::{Grant, GrantEnd, GrantState};
use crate::domain::token::{AccessTokenRecord, RefreshTokenRecord, RefreshTokenState, Succession};
use crate::store::Store;
use crate::store::tokens::{DirectIssue, Redemption, RedemptionOutcome, RotationOutcome};

fn access(store: &impl Store, name: &str) -> Option<AccessTokenRecord> {
    store
        .find_access_token(&digest(name))
        .unwrap()
        .map(|(token, _)| token)
}

fn refresh(store: &impl Store, name: &str) -> Option<RefreshTokenRecord> {
    store
        .find_refresh_token(&digest(name))
        .unwrap()
        .map(|(token, _)| token)
}

pub(crate) fn redeeming_stores_everything_at_once(store: &impl Store) {
    let id = store_active_grant(store, 1, ("access", "refresh"), at(10));
    assert_eq!(
        store.find_code(&digest("code of 1")).unwrap().unwrap().state,
        CodeState::Consumed { at: at(10) }
    );
    let (token, grant) = store.find_access_token(&digest("access")).unwrap().unwrap();
    assert_eq!(token, access_token("access", Some("refresh"), id, at(10)));
    assert_eq!(grant.state, GrantState::Active { since: at(10) });
    let (token, grant) = store.find_refresh_token(&digest("refresh")).unwrap().unwrap();
    assert_eq!((token, grant.id), (refresh_token("refresh", id, at(10)), id));

    store_code(store, "code", 2, at(10));
    let alone = access_token("alone", None, grant_id(2), at(10));
    let redemption = Redemption {
        code: digest("code"),
        at: at(10),
        access_token: alone.clone(),
        refresh_token: None,
        client_use: client_use("client", at(10)),
    };
    assert_eq!(
        store.redeem_code(&redemption).unwrap(),
        RedemptionOutcome::Redeemed
    );
    assert_eq!(access(store, "alone"), Some(alone));
}

pub(crate) fn a_hundred_redemptions_succeed_once(store: &impl Store) {
    store_code(store, "code", 1, at(0));
    let redeem = |number| {
        let (access, refresh) = (format!("access {number}"), format!("refresh {number}"));
        store
            .redeem_code(&redemption("code", (&access, &refresh), grant_id(1), at(1)))
            .unwrap()
    };
    let outcomes = all_at_once(redeem);
    assert_eq!(count(&outcomes, &RedemptionOutcome::Redeemed), 1);
    assert_eq!(count(&outcomes, &RedemptionOutcome::AlreadyConsumed), CROWD - 1);
    let stored = |number: &usize| access(store, &format!("access {number}")).is_some();
    let winner = outcomes
        .iter()
        .position(|outcome| *outcome == RedemptionOutcome::Redeemed)
        .unwrap();
    assert_eq!((0..CROWD).filter(stored).collect::<Vec<_>>(), [winner]);
}

pub(crate) fn a_code_is_not_redeemed_late_or_without_its_grant(store: &impl Store) {
    let redeem = |code: &str, grant: u64, seconds| {
        store
            .redeem_code(&redemption(
                code,
                ("access", "refresh"),
                grant_id(grant),
                at(seconds),
            ))
            .unwrap()
    };
    store_code(store, "late", 1, at(0));
    assert_eq!(redeem("late", 1, 30), RedemptionOutcome::CodeExpired);
    assert_eq!(redeem("unknown", 1, 1), RedemptionOutcome::CodeExpired);
    store_code(store, "guessed", 1, at(0));
    for _ in 0..MOST_FAILED_VERIFICATIONS {
        store.record_failed_verification(&digest("guessed")).unwrap();
    }
    assert_eq!(redeem("guessed", 1, 1), RedemptionOutcome::CodeExpired);
    store
        .end_grant(grant_id(1), at(1), GrantEnd::RevokedByOperator)
        .unwrap();
    store_code(store, "revoked", 1, at(0));
    assert_eq!(redeem("revoked", 1, 1), RedemptionOutcome::GrantEnded);
    assert!(matches!(
        store.find_code(&digest("revoked")).unwrap().unwrap().state,
        CodeState::Issued { .. }
    ));
    assert_eq!((access(store, "access"), refresh(store, "refresh")), (None, None));
}

pub(crate) fn rotating_stores_the_successors_at_once(store: &impl Store) {
    let id = store_active_grant(store, 1, ("access 0", "refresh 0"), at(0));
    let rotation = rotation("refresh 0", ("access 1", "refresh 1"), id, at(100));
    assert_eq!(store.rotate(&rotation).unwrap(), RotationOutcome::Rotated);
    let succession = Succession {
        at: at(100),
        key: rotation.key,
        access_token: digest("access 1"),
        refresh_token: digest("refresh 1"),
    };
    assert_eq!(
        refresh(store, "refresh 0").unwrap().state,
        RefreshTokenState::Rotated(succession)
    );
    assert_eq!(access(store, "access 1"), Some(rotation.access_token));
    assert_eq!(refresh(store, "refresh 1"), Some(rotation.refresh_token));
    assert!(
        access(store, "access 0").is_some(),
        "the earlier access token lives until it ends"
    );
}

pub(crate) fn a_hundred_rotations_succeed_once(store: &impl Store) {
    let id = store_active_grant(store, 1, ("access 0", "refresh 0"), at(0));
    // All derive the same successors, as the same token and key make them.
    let outcomes = all_at_once(|_| {
        store
            .rotate(&rotation("refresh 0", ("access 1", "refresh 1"), id, at(1)))
            .unwrap()
    });
    assert_eq!(count(&outcomes, &RotationOutcome::Rotated), 1);
    assert_eq!(count(&outcomes, &RotationOutcome::AlreadyRotated), CROWD - 1);
}

pub(crate) fn nothing_is_rotated_after_the_end_of_the_grant(store: &impl Store) {
    let id = store_active_grant(store, 1, ("access 0", "refresh 0"), at(0));
    let rotation_of = |presented: &str| rotation(presented, ("access 1", "refresh 1"), id, at(2));
    assert_eq!(
        store.rotate(&rotation_of("unknown")).unwrap(),
        RotationOutcome::AlreadyRotated
    );
    store.end_grant(id, at(1), GrantEnd::RevokedByUser).unwrap();
    assert_eq!(
        store.rotate(&rotation_of("refresh 0")).unwrap(),
        RotationOutcome::GrantEnded
    );
    assert_eq!(
        refresh(store, "refresh 0").unwrap().state,
        RefreshTokenState::Unused
    );
    assert_eq!(
        (access(store, "access 1"), refresh(store, "refresh 1")),
        (None, None)
    );
}

pub(crate) fn the_first_use_is_recorded_once_for_the_pair(store: &impl Store) {
    store_active_grant(store, 1, ("access", "refresh"), at(0));
    let outcomes = all_at_once(|_| store.record_first_use(&digest("access"), at(5)).unwrap());
    assert_eq!(count(&outcomes, &true), 1);
    assert!(!store.record_first_use(&digest("access"), at(6)).unwrap());
    assert!(!store.record_first_use(&digest("unknown"), at(6)).unwrap());
    assert_eq!(access(store, "access").unwrap().first_used_at, Some(at(5)));
    assert_eq!(refresh(store, "refresh").unwrap().pair_first_used_at, Some(at(5)));
}

pub(crate) fn an_access_token_is_revoked_alone(store: &impl Store) {
    let id = store_active_grant(store, 1, ("access", "refresh"), at(0));
    assert!(store.revoke_access_token(&digest("access"), at(5)).unwrap());
    assert!(!store.revoke_access_token(&digest("access"), at(6)).unwrap());
    assert!(!store.revoke_access_token(&digest("unknown"), at(6)).unwrap());
    assert_eq!(access(store, "access").unwrap().revoked_at, Some(at(5)));
    assert_eq!(
        refresh(store, "refresh"),
        Some(refresh_token("refresh", id, at(0)))
    );
    assert_eq!(
        store.find_grant(id).unwrap().unwrap().state,
        GrantState::Active { since: at(0) }
    );
}

pub(crate) fn ended_tokens_are_deleted(store: &impl Store) {
    let (hour, day) = (3600, 24 * 3600);
    store_active_grant(store, 1, ("access 1", "refresh 1"), at(0));
    store_active_grant(store, 2, ("access 2", "refresh 2"), at(0));
    assert_eq!(store.delete_tokens_expired_before(at(hour - 1), 9).unwrap(), 0);
    assert_eq!(store.delete_tokens_expired_before(at(hour), 1).unwrap(), 1);
    assert_eq!(store.delete_tokens_expired_before(at(hour), 9).unwrap(), 1);
    assert!(refresh(store, "refresh 1").is_some());
    assert_eq!(store.delete_tokens_expired_before(at(day), 9).unwrap(), 2);
    assert_eq!(refresh(store, "refresh 1"), None);
}

pub(crate) fn an_access_token_is_issued_with_its_grant(store: &impl Store) {
    let issue = direct(1, "machine", 10);
    assert!(store.issue_directly(&issue).unwrap());
    let stored = store.find_access_token(&digest("direct 1")).unwrap().unwrap();
    assert_eq!(stored, (issue.access_token.clone(), issue.grant.clone()));
    let mut same = direct(1, "machine", 11);
    same.access_token.digest = digest("another");
    assert!(!store.issue_directly(&same).unwrap(), "the identifier is taken");
    assert_eq!(access(store, "another"), None);
    assert_eq!(
        store.live_users_of_issuer("https://issuer.example").unwrap(),
        [user_key("machine")]
    );
    assert!(
        store
            .live_users_of_issuer("https://other.example")
            .unwrap()
            .is_empty()
    );
    let ends = issue.access_token.expires_at;
    let overdue = |now| store.end_overdue_grants(at(0), now, 10).unwrap();
    assert!(overdue(ends - Duration::from_micros(1)).is_empty());
    assert_eq!(overdue(ends), [issue.grant]);
    assert!(
        store
            .live_users_of_issuer("https://issuer.example")
            .unwrap()
            .is_empty()
    );
}

pub(crate) fn a_client_holds_a_bounded_number_of_direct_grants_of_a_user(store: &impl Store) {
    let login = store_active_grant(store, 100, ("access", "refresh"), at(0));
    let other_client = DirectIssue {
        grant: Grant {
            client: client_id("other"),
            ..direct(101, "alice", 0).grant
        },
        ..direct(101, "alice", 0)
    };
    assert!(store.issue_directly(&other_client).unwrap());
    assert!(store.issue_directly(&direct(102, "bob", 0)).unwrap());
    let ended = direct(103, "alice", 0);
    assert!(store.issue_directly(&ended).unwrap());
    store
        .end_grant(ended.grant.id, at(0), GrantEnd::RevokedByOperator)
        .unwrap();
    for number in 1..=5 {
        let seconds = i64::try_from(number).unwrap();
        assert!(store.issue_directly(&direct(number, "alice", seconds)).unwrap());
    }
    let is_there = |number: &u64| access(store, &format!("direct {number}")).is_some();
    let there: Vec<_> = (1..=5).chain(101..=103).filter(is_there).collect();
    assert_eq!(there, [3, 4, 5, 101, 102, 103]);
    assert_eq!(store.find_grant(grant_id(2)).unwrap(), None);
    assert!(
        store.find_grant(login).unwrap().is_some(),
        "a login is no direct grant"
    );
}

pub(crate) fn a_hundred_direct_issues_leave_what_is_allowed(store: &impl Store) {
    let issue = |number| {
        let number = u64::try_from(number).unwrap();
        store.issue_directly(&direct(number, "machine", 1)).unwrap()
    };
    let outcomes = all_at_once(issue);
    assert_eq!(count(&outcomes, &true), CROWD);
    assert!(store.issue_directly(&direct(1_000, "machine", 2)).unwrap());
    assert_eq!(store.count_live_grants().unwrap(), 3);
}

pub(crate) fn what_tokens_and_codes_are_bound_to_is_kept(store: &impl Store) {
    let (one, other) = (thumbprint("one"), thumbprint("other"));
    store.insert_grant(&grant(1, "alice", at(0))).unwrap();
    let mut code = code("code", grant_id(1), at(0));
    code.binding.bound_to = Some(one.clone());
    assert!(store.insert_code(&code).unwrap());
    assert_eq!(store.find_code(&digest("code")).unwrap(), Some(code));
    let mut redemption = redemption("code", ("access", "refresh"), grant_id(1), at(1));
    redemption.access_token.bound_to = Some(one.clone());
    redemption.refresh_token.as_mut().unwrap().bound_to = Some(other.clone());
    assert_eq!(
        store.redeem_code(&redemption).unwrap(),
        RedemptionOutcome::Redeemed
    );
    assert_eq!(access(store, "access").unwrap().bound_to, Some(one));
    assert_eq!(refresh(store, "refresh").unwrap().bound_to, Some(other));
}
