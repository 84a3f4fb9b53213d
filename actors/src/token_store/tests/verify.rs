//! Which tokens open which doors.

use super::*;
use crate::domain::grant::GrantEnd;
use crate::domain::opaque_token::AccessToken;
use crate::domain::resource::ResourceIndicator;
use crate::domain::token::AccessTokenRefusal;
use crate::store::TokenRepository;

fn refusal(replica: &Replica, token: &AccessTokenText) -> AccessTokenRefusal {
    match replica.verify(token).unwrap_err() {
        VerifyTokenError::Refused(refusal) => refusal,
        other => panic!("{other}"),
    }
}

#[test]
fn the_first_use_is_written_down_before_the_answer_and_only_once() {
    let replica = replica();
    let (_, pair) = replica.log_in();
    let value = AccessToken::parse(pair.access_token.expose()).unwrap();
    let digest = value.digest(&replica.rules.keys);
    let first_use = || {
        replica
            .store
            .find_access_token(&digest)
            .unwrap()
            .unwrap()
            .0
            .first_used_at
    };
    assert_eq!(first_use(), None);
    replica.verify(&pair.access_token).unwrap();
    assert_eq!(first_use(), Some(START));
    replica.clock.advance(Duration::from_secs(5));
    replica.verify(&pair.access_token).unwrap();
    assert_eq!(first_use(), Some(START));
}

#[test]
fn foreign_and_mistaken_tokens_are_unknown() {
    let replica = replica();
    let (_, pair) = replica.log_in();
    let verify = |text: &str| {
        let message = VerifyToken {
            token: Secret::new(text),
            resource: fixtures::resource(),
            purpose: VerifyPurpose::Call { key: None },
        };
        replica.rules.verify(&message).unwrap_err()
    };
    let never_issued = AccessToken::from_bits(&[9; 32]);
    for text in [
        "",
        "gho_abc",
        "eyJhbGciOi.eyJzdWIi.sig",
        refresh_token(&pair).expose(),
        never_issued.expose(),
    ] {
        assert_eq!(verify(text), VerifyTokenError::Unknown, "{text}");
    }
}

#[test]
fn a_token_of_another_server_is_unknown_here() {
    let (here, elsewhere) = (replica(), replica().restarted_with_keys(2, &[]));
    let (_, pair) = elsewhere.log_in();
    assert_eq!(
        here.verify(&pair.access_token).unwrap_err(),
        VerifyTokenError::Unknown
    );
}

#[test]
fn a_token_ends_with_its_time() {
    let replica = replica();
    let (_, pair) = replica.log_in();
    replica
        .clock
        .advance(Duration::from_hours(1).saturating_sub(Duration::from_micros(1)));
    assert!(replica.verify(&pair.access_token).is_ok());
    replica.clock.advance(Duration::from_micros(1));
    assert_eq!(refusal(&replica, &pair.access_token), AccessTokenRefusal::Expired);
}

#[test]
fn a_token_ends_with_its_grant_and_says_why() {
    let replica = replica_with(TokenStoreSettings {
        grant_lifetime: Some(Duration::from_mins(30)),
        ..TokenStoreSettings::default()
    });
    let (grant, pair) = replica.log_in();
    let message = RevokeGrant {
        grant,
        reason: GrantEnd::RevokedByOperator,
    };
    assert_eq!(replica.rules.revoke_grant(message), Ok(true));
    assert_eq!(replica.rules.revoke_grant(message), Ok(false));
    assert_eq!(
        refusal(&replica, &pair.access_token),
        AccessTokenRefusal::GrantEnded(GrantEnd::RevokedByOperator)
    );
    let (_, pair) = replica.log_in();
    replica.clock.advance(Duration::from_mins(30));
    assert_eq!(
        refusal(&replica, &pair.access_token),
        AccessTokenRefusal::GrantEnded(GrantEnd::Expired)
    );
}

#[test]
fn a_token_for_one_resource_does_not_open_another() {
    let replica = replica();
    let (_, pair) = replica.log_in();
    let message = VerifyToken {
        token: Secret::new(pair.access_token.expose()),
        resource: ResourceIndicator::parse("https://api.example.com/other").unwrap(),
        purpose: VerifyPurpose::Call { key: None },
    };
    let refused = replica.rules.verify(&message).unwrap_err();
    assert_eq!(
        refused,
        VerifyTokenError::Refused(AccessTokenRefusal::OtherResource)
    );
}

#[test]
fn rotating_the_master_key_ends_no_login() {
    let before = replica();
    let (_, pair) = before.log_in();
    let after = before.restarted_with_keys(2, &[1]);
    assert!(after.verify(&pair.access_token).is_ok());
    let successor = after.refresh(refresh_token(&pair)).unwrap();
    assert!(after.verify(&successor.access_token).is_ok());
    let without_old_key = before.restarted_with_keys(2, &[]);
    assert_eq!(
        without_old_key.verify(&pair.access_token).unwrap_err(),
        VerifyTokenError::Unknown
    );
    assert!(without_old_key.verify(&successor.access_token).is_ok());
}

#[test]
fn sweeping_ends_what_is_overdue_and_forgets_what_is_long_over() {
    let replica = replica();
    let never_exchanged = replica.open_grant(None);
    let (active, pair) = replica.log_in();
    replica.clock.advance(Duration::from_mins(6));
    let sweep = replica.rules.sweep(SweepTokens { most: 10 }).unwrap();
    assert_eq!(
        sweep
            .ended_grants
            .iter()
            .map(|grant| grant.id)
            .collect::<Vec<_>>(),
        [never_exchanged]
    );
    assert_eq!((sweep.deleted_grants, sweep.deleted_tokens), (0, 0));
    replica.clock.advance(Duration::from_hours(25));
    let sweep = replica.rules.sweep(SweepTokens { most: 10 }).unwrap();
    assert_eq!(
        (
            sweep.ended_grants.len(),
            sweep.deleted_grants,
            sweep.deleted_tokens
        ),
        (0, 1, 1)
    );
    assert_eq!(
        replica.verify(&pair.access_token).unwrap_err(),
        VerifyTokenError::Unknown
    );
    assert!(replica.refresh(refresh_token(&pair)).is_ok());
    replica.clock.advance(Duration::from_hours(24 * 31));
    let sweep = replica.rules.sweep(SweepTokens { most: 10 }).unwrap();
    assert_eq!(
        sweep
            .ended_grants
            .iter()
            .map(|grant| grant.id)
            .collect::<Vec<_>>(),
        [active]
    );
}
