//! From the login to the first pair.

use super::*;
use crate::domain::grant::{GrantEnd, GrantState};
use crate::store::conformance::fixtures::{CROWD, all_at_once};
use crate::token_store::messages::IssueTokensError;

#[test]
fn a_login_ends_in_a_pair_that_works() {
    let replica = replica();
    let (grant, pair) = replica.log_in();
    assert_eq!(pair.expires_at, START + Duration::from_hours(1));
    assert_eq!(pair.scopes, fixtures::scopes("mcp:read mcp:write"));
    let principal = replica.verify(&pair.access_token).unwrap();
    assert_eq!(
        (principal.grant, principal.client.as_str()),
        (Some(grant), "client")
    );
    assert_eq!(principal.user.identity, fixtures::identity("alice"));
    assert_eq!(replica.grant(grant).state, GrantState::Active { since: START });
}

#[test]
fn a_client_without_the_grant_type_gets_no_refresh_token() {
    let replica = replica();
    let grant = replica.open_grant(None);
    let message = IssueTokens {
        code: replica.verified_code(grant),
        with_refresh_token: false,
        key: None,
        issuer: ISSUER.to_owned(),
    };
    let pair = replica.rules.issue(&message).unwrap();
    assert!(pair.refresh_token.is_none());
    assert!(replica.verify(&pair.access_token).is_ok());
}

#[test]
fn upstream_tokens_are_sealed_for_their_grant() {
    let replica = replica();
    let tokens = UpstreamTokens {
        access_token: Secret::new("gho_canary"),
        refresh_token: None,
        expires_at: None,
        scopes: fixtures::scopes("read:user"),
    };
    let id = replica.open_grant(Some(tokens));
    let sealed = replica.grant(id).upstream_tokens.unwrap();
    let opened = UpstreamTokens::unseal(&sealed, &replica.rules.keys, id).unwrap();
    assert_eq!(opened.access_token.expose(), "gho_canary");
    assert!(UpstreamTokens::unseal(&sealed, &replica.rules.keys, replica.open_grant(None)).is_err());
}

#[test]
fn a_replayed_code_ends_what_was_issued_from_it() {
    let replica = replica();
    let grant = replica.open_grant(None);
    let code = replica.verified_code(grant);
    let copy = replica.store.find_code(code.digest()).unwrap().unwrap();
    let pair = replica.issue(code).unwrap();
    assert!(replica.verify(&pair.access_token).is_ok());
    let replay = replica.issue(verify_code(copy, START)).unwrap_err();
    assert_eq!(replay, IssueTokensError::CodeReplayed { grant });
    assert!(is_refused(&replica.verify(&pair.access_token)));
    let ended = GrantState::Ended {
        at: START,
        reason: GrantEnd::CodeReplayed,
    };
    assert_eq!(replica.grant(grant).state, ended);
}

#[test]
fn a_grant_gives_its_first_pair_once_even_if_it_had_two_codes() {
    let replica = replica();
    let grant = replica.open_grant(None);
    let (first, second) = (replica.verified_code(grant), replica.verified_code(grant));
    assert!(replica.issue(first).is_ok());
    assert_eq!(replica.issue(second).unwrap_err(), IssueTokensError::CodeExpired);
}

#[test]
fn a_hundred_exchanges_on_two_replicas_succeed_once() {
    let replica = replica();
    let twin = replica.twin();
    let grant = replica.open_grant(None);
    let code = replica.verified_code(grant);
    let stored = replica.store.find_code(code.digest()).unwrap().unwrap();
    let exchange = |number: usize| {
        let replica = if number.is_multiple_of(2) { &replica } else { &twin };
        replica.issue(verify_code(stored.clone(), START))
    };
    let outcomes = all_at_once(exchange);
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    let replays = outcomes.iter().filter(|outcome| {
        matches!(outcome, Err(IssueTokensError::CodeReplayed { grant: replayed }) if *replayed == grant)
    });
    assert_eq!(replays.count(), CROWD - 1);
    assert!(matches!(
        replica.grant(grant).state,
        GrantState::Ended {
            reason: GrantEnd::CodeReplayed,
            ..
        }
    ));
}

#[test]
fn a_code_that_runs_out_on_the_way_is_not_exchanged() {
    let replica = replica();
    let grant = replica.open_grant(None);
    let code = replica.verified_code(grant);
    replica.clock.advance(Duration::from_mins(1));
    assert_eq!(replica.issue(code).unwrap_err(), IssueTokensError::CodeExpired);
    assert_eq!(replica.grant(grant).state, GrantState::Pending);
}
