//! Keys are read, rotated and told apart, and never printed.

use super::*;
use crate::domain::randomness::SeededRandomness;

fn master(seed: u64) -> MasterKey {
    MasterKey::generate(&SeededRandomness::new(seed)).unwrap()
}

fn ring(current: u64, previous: &[u64]) -> KeyRing {
    let previous: Vec<_> = previous.iter().copied().map(master).collect();
    KeyRing::new(&master(current), &previous).unwrap()
}

#[test]
fn a_key_round_trips_through_its_text_with_and_without_padding() {
    let text = master(1).to_text();
    let unpadded = Secret::new(text.expose().trim_end_matches('='));
    for text in [&text, &unpadded, &Secret::new(format!("{}\n", text.expose()))] {
        let key = MasterKey::parse(text).unwrap();
        assert_eq!(
            KeyRing::new(&key, &[]).unwrap().current_id(),
            ring(1, &[]).current_id()
        );
    }
}

#[test]
fn refuses_what_is_no_key_and_says_why() {
    let parse = |text: &str| MasterKey::parse(&Secret::new(text)).unwrap_err();
    assert_eq!(parse("not base64!"), InvalidMasterKey::NotBase64);
    assert_eq!(parse("c2hvcnQ="), InvalidMasterKey::WrongLength { actual: 5 });
    assert_eq!(parse(&"A".repeat(43)), InvalidMasterKey::NotRandom);
}

#[test]
fn a_rotated_ring_still_recognises_old_digests() {
    let secret = Secret::new("client secret");
    let stored = ring(1, &[]).digest(DigestPurpose::ClientSecret, &secret);
    let rotated = ring(2, &[1]);
    assert!(rotated.matches(DigestPurpose::ClientSecret, &secret, &stored));
    assert!(!rotated.matches(DigestPurpose::AccessToken, &secret, &stored));
    assert!(!rotated.matches(DigestPurpose::ClientSecret, &Secret::new("other"), &stored));
    assert!(!ring(2, &[]).matches(DigestPurpose::ClientSecret, &secret, &stored));
    assert_ne!(rotated.digest(DigestPurpose::ClientSecret, &secret), stored);
}

#[test]
fn derivation_repeats_itself_until_the_key_is_gone() {
    let (secret, old) = (Secret::new("refresh token"), ring(1, &[]).current_id());
    let before = ring(1, &[]).derive(old, "access", &secret).unwrap();
    assert_eq!(ring(2, &[1]).derive(old, "access", &secret).unwrap(), before);
    assert_ne!(ring(2, &[1]).derive(old, "refresh", &secret).unwrap(), before);
    assert!(ring(2, &[]).derive(old, "access", &secret).is_none());
}

#[test]
fn identifiers_differ_and_debug_prints_nothing_else() {
    let both = ring(1, &[2]);
    assert_ne!(ring(1, &[]).current_id(), ring(2, &[]).current_id());
    let expected = format!(
        "[KeyId({}), KeyId({})]",
        ring(1, &[]).current_id(),
        ring(2, &[]).current_id()
    );
    assert_eq!(format!("{both:?}"), expected);
    assert_eq!(format!("{:?}", master(1)), "MasterKey(..)");
}

#[test]
fn a_ring_names_the_keys_that_it_lacks() {
    let [one, two, three] = [1, 2, 3].map(|seed| ring(seed, &[]).current_id());
    assert_eq!(ring(2, &[1]).missing(&[one, two]), []);
    assert_eq!(ring(2, &[1]).missing(&[one, three, two]), [three]);
}
