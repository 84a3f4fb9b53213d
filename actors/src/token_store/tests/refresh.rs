//! Refreshing through the messages: lost answers, crowds, thieves, and requests that ask for something else.

use super::*;
use crate::domain::grant::{GrantEnd, GrantState};
use crate::domain::resource::WrongResource;
use crate::store::conformance::fixtures::all_at_once;
use crate::store::{StoreError, TokenRepository};
use crate::token_store::messages::RotateRefreshTokenError;

const WINDOW: Duration = Duration::from_secs(30);
const MOMENT: Duration = Duration::from_micros(1);

#[test]
fn a_refresh_gives_a_new_pair_that_works_on_another_replica() {
    let replica = replica();
    let (_, first) = replica.log_in();
    replica.clock.advance(Duration::from_mins(50));
    let second = replica.refresh(refresh_token(&first)).unwrap();
    assert_ne!(values(&first), values(&second));
    assert_eq!(second.expires_at, START + Duration::from_mins(110));
    assert_eq!(second.scopes, first.scopes);
    assert!(replica.twin().verify(&second.access_token).is_ok());
    assert!(
        replica.verify(&first.access_token).is_ok(),
        "the earlier access token lives until it ends"
    );
}

#[test]
fn a_lost_answer_is_repeated_however_late() {
    let replica = replica();
    let (_, first) = replica.log_in();
    let lost = replica.refresh(refresh_token(&first)).unwrap();
    replica.clock.advance(Duration::from_hours(24 * 7));
    let repeated = replica.twin().refresh(refresh_token(&first)).unwrap();
    assert_eq!(values(&repeated), values(&lost));
    assert_eq!(repeated.expires_at, lost.expires_at);
    assert!(replica.refresh(refresh_token(&repeated)).is_ok());
}

#[test]
fn within_the_window_a_repeat_gets_the_same_pair_even_if_it_is_in_use() {
    let replica = replica();
    let (_, first) = replica.log_in();
    let second = replica.refresh(refresh_token(&first)).unwrap();
    replica.verify(&second.access_token).unwrap();
    let third = replica.refresh(refresh_token(&second)).unwrap();
    replica.clock.advance(WINDOW);
    assert_eq!(
        values(&replica.refresh(refresh_token(&first)).unwrap()),
        values(&second)
    );
    assert_eq!(
        values(&replica.refresh(refresh_token(&second)).unwrap()),
        values(&third)
    );
}

#[test]
fn after_the_window_a_repeat_beside_a_used_successor_ends_the_login() {
    let replica = replica();
    let (grant, first) = replica.log_in();
    let second = replica.refresh(refresh_token(&first)).unwrap();
    replica.verify(&second.access_token).unwrap();
    replica.clock.advance(WINDOW + MOMENT);
    assert_eq!(
        replica.refresh(refresh_token(&first)).unwrap_err(),
        RotateRefreshTokenError::Reused { grant }
    );
    for pair in [&first, &second] {
        assert!(is_refused(&replica.verify(&pair.access_token)));
        let refused = replica.refresh(refresh_token(pair)).unwrap_err();
        assert_eq!(
            refused,
            RotateRefreshTokenError::GrantEnded(GrantEnd::RefreshTokenReused)
        );
    }
    assert!(matches!(
        replica.grant(grant).state,
        GrantState::Ended {
            reason: GrantEnd::RefreshTokenReused,
            ..
        }
    ));
}

#[test]
fn a_crowd_of_refreshes_on_two_replicas_ends_with_one_working_pair() {
    let replica = replica();
    let twin = replica.twin();
    twin.clock.advance(Duration::from_secs(20));
    let (_, first) = replica.log_in();
    let pairs = all_at_once(|number| {
        let replica = if number.is_multiple_of(2) { &replica } else { &twin };
        replica.refresh(refresh_token(&first)).unwrap()
    });
    let winner = values(&pairs[0]);
    assert!(pairs.iter().all(|pair| values(pair) == winner));
    assert!(replica.verify(&pairs[0].access_token).is_ok());
    assert!(twin.refresh(refresh_token(&pairs[0])).is_ok());
}

#[test]
fn a_pair_is_repeated_across_a_change_of_the_master_key() {
    let before = replica();
    let (_, first) = before.log_in();
    let second = before.refresh(refresh_token(&first)).unwrap();
    let after = before.restarted_with_keys(2, &[1]);
    assert_eq!(
        values(&after.refresh(refresh_token(&first)).unwrap()),
        values(&second)
    );
    assert!(after.refresh(refresh_token(&second)).is_ok());
}

#[test]
fn another_client_gets_nothing_and_harms_nothing() {
    let replica = replica();
    let (_, pair) = replica.log_in();
    let stranger = RotateRefreshToken {
        client: fixtures::client_id("stranger"),
        ..refresh_request(refresh_token(&pair))
    };
    let refused = replica.rules.rotate(&stranger).unwrap_err();
    assert_eq!(
        (refused.code(), refused),
        (Some("invalid_grant"), RotateRefreshTokenError::OtherClient)
    );
    assert!(replica.refresh(refresh_token(&pair)).is_ok());
}

#[test]
fn foreign_texts_and_access_tokens_are_no_refresh_tokens() {
    let replica = replica();
    let (_, pair) = replica.log_in();
    let never_issued = RefreshToken::from_bits(&[9; 32]);
    for text in ["", "nonsense", pair.access_token.expose(), never_issued.expose()] {
        let message = RotateRefreshToken {
            token: Secret::new(text),
            ..refresh_request(refresh_token(&pair))
        };
        assert_eq!(
            replica.rules.rotate(&message).unwrap_err(),
            RotateRefreshTokenError::Unknown,
            "{text}"
        );
    }
}

#[test]
fn scopes_can_shrink_and_never_grow() {
    let replica = replica();
    let (_, first) = replica.log_in();
    let ask = |pair: &TokenPair, scopes: &str| {
        let scopes = Some(fixtures::scopes(scopes));
        replica.rules.rotate(&RotateRefreshToken {
            scopes,
            ..refresh_request(refresh_token(pair))
        })
    };
    let refused = ask(&first, "mcp:read mcp:admin").unwrap_err();
    assert_eq!(refused.code(), Some("invalid_scope"));
    assert!(
        refused
            .to_string()
            .ends_with("mcp:admin is not among mcp:read mcp:write"),
        "{refused}"
    );
    let narrow = ask(&first, "mcp:read").unwrap();
    assert_eq!(narrow.scopes, fixtures::scopes("mcp:read"));
    assert_eq!(
        replica.verify(&narrow.access_token).unwrap().scopes,
        fixtures::scopes("mcp:read")
    );
    assert_eq!(
        ask(&first, "mcp:write").unwrap().scopes,
        narrow.scopes,
        "a repeat is what it was"
    );
    let wide = ask(&narrow, "").unwrap();
    assert_eq!(
        wide.scopes, first.scopes,
        "the refresh token itself keeps what was granted"
    );
}

#[test]
fn another_resource_is_refused_and_spellings_of_the_same_are_not() {
    let replica = replica();
    let (_, pair) = replica.log_in();
    let ask = |resource: &str| {
        let resource = Some(resource.to_owned());
        replica.rules.rotate(&RotateRefreshToken {
            resource,
            ..refresh_request(refresh_token(&pair))
        })
    };
    let refused = ask("https://api.example.com/other").unwrap_err();
    assert_eq!(refused.code(), Some("invalid_target"));
    assert!(matches!(
        refused,
        RotateRefreshTokenError::OtherResource(WrongResource::Other { .. })
    ));
    assert!(ask("https://API.example.com/mcp/").is_ok());
}

#[test]
fn idle_and_absolute_lifetimes_end_a_login() {
    let replica = replica();
    let settings = replica.rules.settings;
    let (_, first) = replica.log_in();
    let mut pair = first.clone();
    while replica.clock.now() + settings.refresh_token_lifetime < START + settings.grant_lifetime.unwrap() {
        replica
            .clock
            .advance(settings.refresh_token_lifetime.saturating_sub(MOMENT));
        pair = replica.refresh(refresh_token(&pair)).unwrap();
    }
    assert!(pair.expires_at <= START + settings.grant_lifetime.unwrap());
    replica.clock.set(START + settings.grant_lifetime.unwrap());
    let refused = replica.refresh(refresh_token(&pair)).unwrap_err();
    assert_eq!(refused, RotateRefreshTokenError::GrantEnded(GrantEnd::Expired));

    let (_, idle) = replica.log_in();
    replica.clock.advance(settings.refresh_token_lifetime);
    assert_eq!(
        replica.refresh(refresh_token(&idle)).unwrap_err(),
        RotateRefreshTokenError::Expired
    );
}

#[test]
fn a_pair_never_outlives_its_grant() {
    let replica = replica_with(TokenStoreSettings {
        grant_lifetime: Some(Duration::from_mins(90)),
        ..TokenStoreSettings::default()
    });
    let (grant, first) = replica.log_in();
    replica.clock.advance(Duration::from_mins(59));
    let second = replica.refresh(refresh_token(&first)).unwrap();
    assert_eq!(Some(second.expires_at), replica.grant(grant).expires_at);
}

#[test]
fn a_swept_access_token_does_not_keep_the_pair_from_being_repeated() {
    let replica = replica();
    let (_, first) = replica.log_in();
    let lost = replica.refresh(refresh_token(&first)).unwrap();
    replica.clock.advance(Duration::from_hours(48));
    assert_eq!(
        replica
            .rules
            .sweep(SweepTokens { most: 10 })
            .unwrap()
            .deleted_tokens,
        2
    );
    let repeated = replica.refresh(refresh_token(&first)).unwrap();
    assert_eq!(values(&repeated), values(&lost));
    assert_eq!(
        (repeated.expires_at, repeated.scopes.clone()),
        (replica.clock.now(), first.scopes)
    );
    assert!(replica.refresh(refresh_token(&repeated)).is_ok());
}

#[test]
fn a_key_that_was_removed_is_named_as_the_reason() {
    let before = replica();
    let (_, first) = before.log_in();
    let middle = before.restarted_with_keys(2, &[1]);
    let second = middle.refresh(refresh_token(&first)).unwrap();
    middle.refresh(refresh_token(&second)).unwrap();
    let after = before.restarted_with_keys(1, &[]);
    assert_eq!(
        after.refresh(refresh_token(&first)).unwrap_err(),
        RotateRefreshTokenError::KeyRemoved
    );
}

#[test]
fn what_a_store_reads_from_a_dump_cannot_be_presented() {
    let replica = replica();
    let (_, pair) = replica.log_in();
    let digest = refresh_token(&pair).digest(&replica.rules.keys);
    let stored = replica.store.find_refresh_token(&digest).unwrap().unwrap().0;
    let stolen = RefreshToken::from_bits(stored.digest.as_bytes());
    assert_eq!(
        replica.refresh(&stolen).unwrap_err(),
        RotateRefreshTokenError::Unknown
    );
}

#[test]
fn our_own_faults_have_no_oauth_error_code() {
    let busy = RotateRefreshTokenError::Store(StoreError::Busy {
        operation: "rotate refresh token",
    });
    assert_eq!(busy.code(), None);
}
