//! The decision over a presented refresh token, at every position of the clock.

use super::*;
use crate::domain::key_ring::KeyId;
use crate::domain::token::{RefreshTokenRecord, RefreshTokenState, Succession};
use crate::token_store::rotation::{RotationDecision, decide};

const WINDOW: Duration = Duration::from_secs(30);

fn unused() -> RefreshTokenRecord {
    fixtures::refresh_token("presented", fixtures::grant_id(1), START)
}

fn succession() -> Succession {
    Succession {
        at: START + Duration::from_mins(10),
        key: KeyId::from_bytes([1; 8]),
        access_token: fixtures::digest("successor access"),
        refresh_token: fixtures::digest("successor refresh"),
    }
}

fn rotated() -> RefreshTokenRecord {
    RefreshTokenRecord {
        state: RefreshTokenState::Rotated(succession()),
        ..unused()
    }
}

/// The successor: nobody used it, its access token was used, or it was itself exchanged.
fn successors() -> [RefreshTokenRecord; 3] {
    let fresh = fixtures::refresh_token("successor refresh", fixtures::grant_id(1), succession().at);
    let called = RefreshTokenRecord {
        pair_first_used_at: Some(succession().at),
        ..fresh.clone()
    };
    let exchanged = RefreshTokenRecord {
        state: RefreshTokenState::Rotated(succession()),
        ..fresh.clone()
    };
    [fresh, called, exchanged]
}

#[test]
fn the_first_use_rotates() {
    assert_eq!(decide(&unused(), None, START, WINDOW), RotationDecision::Rotate);
    let used_pair = RefreshTokenRecord {
        pair_first_used_at: Some(START),
        ..unused()
    };
    assert_eq!(decide(&used_pair, None, START, WINDOW), RotationDecision::Rotate);
}

#[test]
fn within_the_window_everybody_gets_the_same_pair() {
    for successor in successors() {
        for now in [
            succession().at,
            succession().at + WINDOW,
            succession().at - Duration::from_mins(1),
        ] {
            let decision = decide(&rotated(), Some(&successor), now, WINDOW);
            assert_eq!(decision, RotationDecision::Repeat(succession()), "{now}");
        }
    }
}

#[test]
fn after_the_window_it_matters_whether_the_successors_were_used() {
    let late = succession().at + WINDOW + Duration::from_micros(1);
    let decisions = successors().map(|successor| decide(&rotated(), Some(&successor), late, WINDOW));
    let expected = [
        RotationDecision::Repeat(succession()),
        RotationDecision::EndGrant,
        RotationDecision::EndGrant,
    ];
    assert_eq!(decisions, expected);
    assert_eq!(
        decide(&rotated(), None, late, WINDOW),
        RotationDecision::EndGrant,
        "a lost successor counts as used"
    );
}

#[test]
fn without_a_window_only_lost_answers_are_repeated() {
    let late = succession().at + Duration::from_micros(1);
    let decisions = successors().map(|successor| decide(&rotated(), Some(&successor), late, Duration::ZERO));
    let expected = [
        RotationDecision::Repeat(succession()),
        RotationDecision::EndGrant,
        RotationDecision::EndGrant,
    ];
    assert_eq!(decisions, expected);
}

#[test]
fn an_expired_token_is_neither_exchanged_nor_a_theft() {
    let end = unused().expires_at;
    assert_eq!(decide(&unused(), None, end, WINDOW), RotationDecision::Expired);
    for successor in successors() {
        assert_eq!(
            decide(&rotated(), Some(&successor), end, WINDOW),
            RotationDecision::Expired
        );
    }
}
