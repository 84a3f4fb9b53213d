//! What counts as a signature of somebody.

use proptest::prelude::*;
use ring::hmac;

use super::*;

#[test]
fn the_examples_of_the_standards_and_of_another_implementation_verify() {
    let vectors = vectors();
    let mut seen: Vec<_> = vectors.iter().map(|vector| vector.alg.as_str()).collect();
    seen.sort_unstable();
    let mut known = SignatureAlgorithm::ALL.map(SignatureAlgorithm::name);
    known.sort_unstable();
    assert_eq!(seen, known);
    for vector in vectors {
        let keys = set(&[&vector.key]);
        assert_eq!(keys.len(), 1, "{}", vector.source);
        let payload = verify_any(&vector.text, &keys).unwrap_or_else(|error| panic!("{vector:?}: {error}"));
        let beginning = match vector.source.as_str() {
            "RFC 7515 A.2" | "RFC 7515 A.3" => "{\"iss\":\"joe\",",
            "RFC 7520 4.2" => "It\u{2019}s a dangerous business, Frodo",
            "RFC 8037 A.4" => "Example of Ed25519 signing",
            _ => "signed by PyJWT",
        };
        assert!(payload.starts_with(beginning), "{payload}");
    }
}

#[test]
fn only_accepted_algorithms_count_whatever_the_header_says() {
    let vector = vector("RS256");
    let keys = set(&[&vector.key]);
    let accepted = [SignatureAlgorithm::Ps256, SignatureAlgorithm::Es256];
    assert_eq!(
        verify(&vector.text, &keys, &accepted),
        Err(JwsError::AlgorithmRefused)
    );
    for name in [
        "none", "None", "NONE", "", "HS256", "hs256", "rs256", "ES512", "RSA1_5",
    ] {
        let text = with_header(&vector.text, &json!({ "alg": name }).to_string());
        assert_eq!(
            verify_any(&text, &keys),
            Err(JwsError::AlgorithmRefused),
            "{name}"
        );
        let (signed, _) = text.rsplit_once('.').unwrap();
        assert_eq!(
            verify_any(&format!("{signed}."), &keys),
            Err(JwsError::AlgorithmRefused)
        );
    }
}

/// The oldest trick with signed tokens: what everybody knows, the public key, taken as the secret of an HMAC.
#[test]
fn a_public_key_is_no_shared_secret() {
    let vector = vector("RS256");
    let keys = set(&[&vector.key]);
    let modulus = vector.key["n"].as_str().unwrap();
    for secret in [modulus.as_bytes(), vector.key.to_string().as_bytes()] {
        let forged = with_header(&vector.text, r#"{"alg":"HS256"}"#);
        let (signed, _) = forged.rsplit_once('.').unwrap();
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), signed.as_bytes());
        let forged = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag));
        assert_eq!(verify_any(&forged, &keys), Err(JwsError::AlgorithmRefused));
    }
}

#[test]
fn the_key_that_is_named_is_the_only_one_that_counts() {
    let vector = vector("PS384");
    let mut renamed = vector.key.clone();
    renamed["kid"] = json!("frodo");
    let others = set(&[&renamed, &super::vector("RS256").key]);
    assert_eq!(verify_any(&vector.text, &others), Err(JwsError::UnknownKey));
    assert!(verify_any(&vector.text, &set(&[&renamed, &vector.key])).is_ok());
    // The same name on another key: nothing newer can be hoped for.
    let mut impostor = super::vector("RS256").key;
    impostor["kid"] = vector.key["kid"].clone();
    assert_eq!(
        verify_any(&vector.text, &set(&[&impostor])),
        Err(JwsError::WrongSignature)
    );
    // A text that names none may be from any of them.
    let nameless = super::vector("RS256");
    assert!(verify_any(&nameless.text, &set(&[&vector.key, &nameless.key])).is_ok());
    assert_eq!(
        verify_any(&nameless.text, &set(&[&vector.key])),
        Err(JwsError::UnknownKey)
    );
}

#[test]
fn a_key_of_another_kind_checks_nothing() {
    let signed = vector("ES256");
    for other in ["RS256", "ES384", "EdDSA"] {
        let text = with_header(&signed.text, &json!({ "alg": other }).to_string());
        assert_eq!(
            verify_any(&text, &set(&[&signed.key])),
            Err(JwsError::UnknownKey),
            "{other}"
        );
    }
}

#[test]
fn headers_that_two_readers_could_read_differently_are_refused() {
    let signed = vector("ES256");
    let keys = set(&[&signed.key]);
    for (header, error) in [
        (
            r#"{"alg":"ES256","crit":["b64"],"b64":false}"#,
            JwsError::CriticalExtension,
        ),
        (r#"{"alg":"ES256","crit":[]}"#, JwsError::CriticalExtension),
    ] {
        assert_eq!(
            verify_any(&with_header(&signed.text, header), &keys),
            Err(error),
            "{header}"
        );
    }
    for header in [
        r#"{"alg":"none","alg":"ES256"}"#,
        r#"{"alg":"ES256","kid":"a","kid":"b"}"#,
        r#"{"alg":"ES256","kid":7}"#,
        r#"{"alg":["ES256"]}"#,
        r#"{"typ":"JWT"}"#,
        r#"["ES256"]"#,
        "",
    ] {
        let answer = verify_any(&with_header(&signed.text, header), &keys);
        assert!(
            matches!(answer, Err(JwsError::Malformed(_))),
            "{header}: {answer:?}"
        );
    }
}

#[test]
fn what_does_not_have_three_clean_parts_is_refused() {
    let signed = vector("ES256").text;
    let keys = set(&[&vector("ES256").key]);
    let long = format!("{}.{signed}", "A".repeat(64 * 1024));
    for text in [
        "",
        ".",
        "..",
        "a.b.c.d.e",
        &signed[..signed.rfind('.').unwrap()],
        &format!("{signed}="),
        &format!("{signed}\n"),
        &format!(" {signed}"),
        &format!("{signed}."),
        &signed.replacen('.', "=.", 1),
        &long,
    ] {
        let answer = verify_any(text, &keys);
        assert!(
            matches!(answer, Err(JwsError::Malformed(_))),
            "{text}: {answer:?}"
        );
    }
}

proptest! {
    #[test]
    fn every_change_of_a_character_is_noticed(index in any::<prop::sample::Index>(), which in 0..9_usize, to in "[A-Za-z0-9_.=-]") {
        let vector = &vectors()[which];
        let at = index.index(vector.text.len());
        let mut changed = vector.text.clone();
        changed.replace_range(at..=at, &to);
        prop_assume!(changed != vector.text);
        prop_assert!(verify_any(&changed, &set(&[&vector.key])).is_err());
    }

    #[test]
    fn nothing_that_is_sent_panics(text in "\\PC{0,80}", parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..5)) {
        let keys = set(&[&vector("EdDSA").key, &vector("RS256").key]);
        prop_assert!(verify_any(&text, &keys).is_err());
        let encoded: Vec<_> = parts.iter().map(|part| URL_SAFE_NO_PAD.encode(part)).collect();
        prop_assert!(verify_any(&encoded.join("."), &keys).is_err());
        for algorithm in SignatureAlgorithm::ALL {
            let header = URL_SAFE_NO_PAD.encode(json!({ "alg": algorithm.name() }).to_string());
            let text = format!("{header}.{}", encoded.join("."));
            prop_assert!(verify_any(&text, &keys).is_err());
        }
    }
}
