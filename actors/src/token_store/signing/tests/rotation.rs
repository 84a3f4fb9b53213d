//! Keys over months, and replicas that meet.

use std::time::Duration;

use super::tokens::{read, settings, signing};
use crate::jose::SigningAlgorithm;
use crate::store::SigningKeyRepository as _;
use crate::store::conformance::fixtures::all_at_once;
use crate::token_store::tests::{refresh_token, replica_with};
use crate::token_store::{SweepTokens, TokenStoreSettings};

const HOUR: Duration = Duration::from_hours(1);

#[test]
fn over_four_months_keys_follow_each_other_and_nobody_is_logged_out() {
    let replica = replica_with(TokenStoreSettings {
        grant_lifetime: None,
        ..settings(SigningAlgorithm::EdDsa)
    });
    let (_, mut pair) = replica.log_in();
    let mut signers = Vec::new();
    for _ in 0..(120 * 24) {
        replica.clock.advance(HOUR.saturating_sub(Duration::from_secs(1)));
        assert!(replica.verify(&pair.access_token).is_ok());
        let (header, _) = read(&replica, &pair.access_token).expect("the key of a good token is published");
        if signers.last() != Some(&header["kid"]) {
            signers.push(header["kid"].clone());
        }
        replica.clock.advance(Duration::from_secs(1));
        pair = replica.refresh(refresh_token(&pair)).unwrap();
        replica.rules.sweep(SweepTokens { most: 100 }).unwrap();
        assert!(replica.store.signing_keys().unwrap().len() <= 3);
    }
    assert_eq!(signers.len(), 4, "one key for each thirty days");
    let distinct: std::collections::BTreeSet<_> = signers.iter().map(ToString::to_string).collect();
    assert_eq!(distinct.len(), 4);
}

#[test]
fn replicas_that_begin_at_once_sign_with_one_key() {
    let replica = signing();
    let replicas: Vec<_> = (0..100).map(|seed| replica.twin_with_seed(seed + 10)).collect();
    let signers = all_at_once(|number| {
        let (_, pair) = replicas[number].log_in();
        read(&replicas[number], &pair.access_token).unwrap().0["kid"].to_string()
    });
    assert_eq!(replica.store.signing_keys().unwrap().len(), 1);
    assert!(signers.iter().all(|signer| *signer == signers[0]), "{signers:?}");
}

#[test]
fn a_replica_that_read_before_the_first_key_was_made_accepts_what_it_signed() {
    let one = signing();
    let opaque = one.restarted_with(TokenStoreSettings::default());
    assert_eq!(opaque.rules.signing_keys.published(), Ok(None));
    let (_, pair) = one.log_in();
    opaque.clock.advance(Duration::from_secs(1));
    assert!(opaque.verify(&pair.access_token).is_ok());
}

#[test]
fn the_next_key_is_in_the_published_set_before_it_signs() {
    let replica = signing();
    let published = || {
        let text = replica.rules.signing_keys.published().unwrap().unwrap();
        let keys: serde_json::Value = serde_json::from_str(&text).unwrap();
        keys["keys"].as_array().unwrap().len()
    };
    assert_eq!(published(), 1);
    replica.clock.advance(HOUR * 24 * 29);
    assert_eq!(published(), 2);
    let (_, pair) = replica.log_in();
    let signer = read(&replica, &pair.access_token).unwrap().0["kid"].clone();
    assert_eq!(signer, replica.store.signing_keys().unwrap()[0].id);
    let text = replica.rules.signing_keys.published().unwrap().unwrap();
    assert!(!text.contains("\"d\""), "no private part");
}
