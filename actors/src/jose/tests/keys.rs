//! Which keys of a set are used.

use proptest::prelude::*;

use super::*;
use crate::jose::KeySetError;

/// How many of one key with this member set otherwise can be used.
fn usable(mut key: Value, member: &str, value: Value) -> usize {
    key[member] = value;
    set(&[&key]).len()
}

#[test]
fn keys_for_something_else_are_left_out() {
    let rsa = vector("RS256").key;
    for (member, value, expected) in [
        ("use", json!("sig"), 1),
        ("use", json!("enc"), 0),
        ("key_ops", json!(["verify"]), 1),
        ("key_ops", json!(["encrypt"]), 0),
        ("key_ops", json!([]), 0),
        ("alg", json!("RS256"), 1),
        ("alg", json!("PS512"), 1),
        ("alg", json!("RSA-OAEP"), 0),
        ("alg", json!("HS256"), 0),
        ("alg", json!("ES256"), 0),
        ("kty", json!("oct"), 0),
        ("kty", json!("EC"), 0),
        ("kty", json!(1), 0),
        ("x5c", json!(["not looked at"]), 1),
    ] {
        assert_eq!(
            usable(rsa.clone(), member, value.clone()),
            expected,
            "{member}: {value}"
        );
    }
}

#[test]
fn a_key_that_says_its_algorithm_serves_no_other() {
    let signed = vector("RS512");
    let mut key = signed.key.clone();
    key["alg"] = json!("RS512");
    assert!(verify_any(&signed.text, &set(&[&key])).is_ok());
    key["alg"] = json!("RS256");
    assert_eq!(verify_any(&signed.text, &set(&[&key])), Err(JwsError::UnknownKey));
}

#[test]
fn weak_and_broken_keys_are_left_out() {
    let rsa = vector("RS256").key;
    let modulus = |bytes: usize| {
        let mut bytes = vec![0xff; bytes];
        if let Some(first) = bytes.first_mut() {
            *first = 0x80;
        }
        json!(URL_SAFE_NO_PAD.encode(bytes))
    };
    for (length, expected) in [(128, 0), (255, 0), (256, 1), (1024, 1), (1025, 0), (0, 0)] {
        assert_eq!(
            usable(rsa.clone(), "n", modulus(length)),
            expected,
            "{length} bytes"
        );
    }
    for exponent in ["", "AQ", "AA", "AAEAAQ", "AgAA", "AQAAAAAB", "AQAB=", "AQ AB"] {
        assert_eq!(usable(rsa.clone(), "e", json!(exponent)), 0, "{exponent:?}");
    }
    let ec = vector("ES256").key;
    for (member, value) in [
        ("crv", json!("P-384")),
        ("crv", json!("P-521")),
        ("crv", json!("secp256k1")),
        ("x", json!("AAAA")),
        ("y", Value::Null),
    ] {
        assert_eq!(usable(ec.clone(), member, value.clone()), 0, "{member}: {value}");
    }
    let okp = vector("EdDSA").key;
    assert_eq!(usable(okp.clone(), "crv", json!("X25519")), 0);
    assert_eq!(usable(okp, "x", json!("AAAA")), 0);
}

/// A point that is not on the curve is found when it is used.
#[test]
fn a_point_beside_the_curve_verifies_nothing() {
    let signed = vector("ES256");
    let mut key = signed.key.clone();
    key["y"] = key["x"].clone();
    assert!(verify_any(&signed.text, &set(&[&key])).is_err());
}

#[test]
fn what_cannot_be_read_in_a_set_does_not_spoil_the_others() {
    let good = vector("EdDSA");
    let text = format!(
        r#"{{"keys":[1,null,"k",[],{{}},{{"kty":"RSA"}},{{"kty":"OKP","kty":"OKP","crv":"Ed25519","x":{}}},{}],"more":1}}"#,
        good.key["x"], good.key
    );
    let keys = JwkSet::parse(text.as_bytes()).unwrap();
    assert_eq!(keys.len(), 1);
    assert!(verify_any(&good.text, &keys).is_ok());
    assert!(JwkSet::parse(br#"{"keys":[]}"#).unwrap().is_empty());
}

#[test]
fn what_is_no_set_and_what_is_too_much_is_refused() {
    for text in ["", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[]"#] {
        assert_eq!(
            JwkSet::parse(text.as_bytes()),
            Err(KeySetError::Malformed),
            "{text}"
        );
    }
    let many = |count: usize| json!({ "keys": vec![json!({}); count] }).to_string();
    assert!(JwkSet::parse(many(64).as_bytes()).is_ok());
    assert_eq!(JwkSet::parse(many(65).as_bytes()), Err(KeySetError::TooManyKeys));
    let long = format!(r#"{{"keys":[],"x":"{}"}}"#, "x".repeat(128 * 1024));
    assert_eq!(JwkSet::parse(long.as_bytes()), Err(KeySetError::TooLong));
}

proptest! {
    #[test]
    fn nothing_that_is_published_panics(text in "\\PC{0,120}", bytes in prop::collection::vec(any::<u8>(), 0..600), which in 0..9_usize) {
        JwkSet::parse(text.as_bytes()).ok();
        JwkSet::parse(&bytes).ok();
        let vector = &vectors()[which];
        let any_bytes = URL_SAFE_NO_PAD.encode(&bytes);
        for member in ["n", "e", "x", "y"] {
            let mut key = vector.key.clone();
            key[member] = json!(any_bytes);
            let keys = set(&[&key]);
            if key != vector.key && ["n", "e"].contains(&member) == (vector.key["kty"] == "RSA") && vector.key.get(member).is_some() {
                prop_assert!(verify_any(&vector.text, &keys).is_err());
            }
        }
    }
}
