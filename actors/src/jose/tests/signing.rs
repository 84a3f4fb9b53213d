//! Signatures that this server makes.

use super::*;
use crate::domain::randomness::SeededRandomness;
use crate::jose::{PrivateKey, SigningAlgorithm, thumbprint};

fn key(algorithm: SigningAlgorithm) -> PrivateKey {
    PrivateKey::generate(algorithm, &SeededRandomness::new(5)).unwrap()
}

fn claims() -> serde_json::Map<String, Value> {
    serde_json::Map::from_iter([("sub".to_owned(), json!("alice"))])
}

#[test]
fn what_is_signed_verifies_with_the_public_key_alone_and_says_its_kind() {
    for algorithm in SigningAlgorithm::ALL {
        let key = key(algorithm);
        let text = key.sign("at+jwt", &claims()).unwrap();
        let public = Value::Object(key.public_jwk().clone());
        assert_eq!(public["kid"], key.id());
        assert_eq!(public.get("d"), None);
        let accepted = [algorithm.verified_as()];
        assert_eq!(
            verify(&text, &set(&[&public]), &accepted),
            Ok(r#"{"sub":"alice"}"#.to_owned())
        );
        let jws = UnverifiedJws::parse(&text, &accepted).unwrap();
        assert_eq!(jws.kind(), Some("at+jwt"));
        let other = self::key(match algorithm {
            SigningAlgorithm::EdDsa => SigningAlgorithm::Es256,
            SigningAlgorithm::Es256 => SigningAlgorithm::EdDsa,
        });
        let other = Value::Object(other.public_jwk().clone());
        assert_eq!(
            verify(&text, &set(&[&other]), &accepted),
            Err(JwsError::UnknownKey)
        );
    }
}

#[test]
fn a_key_that_was_kept_is_the_same_key() {
    for algorithm in SigningAlgorithm::ALL {
        let key = key(algorithm);
        let again = PrivateKey::from_bytes(algorithm, key.to_bytes()).unwrap();
        assert_eq!((again.id(), again.public_jwk()), (key.id(), key.public_jwk()));
        assert_eq!(again.algorithm(), algorithm);
        assert!(PrivateKey::from_bytes(algorithm, &key.to_bytes()[1..]).is_err());
        assert_eq!(format!("{key:?}"), format!("PrivateKey({})", key.id()));
    }
}

#[test]
fn a_seed_determines_an_ed25519_key_and_its_signatures() {
    let [one, other] = [key(SigningAlgorithm::EdDsa), key(SigningAlgorithm::EdDsa)];
    assert_eq!(one.sign("at+jwt", &claims()), other.sign("at+jwt", &claims()));
}

#[test]
fn thumbprints_are_those_of_the_standards() {
    // RFC 8037 A.3 and RFC 7638 section 3.1.
    let okp = json!({ "kty": "OKP", "crv": "Ed25519", "kid": "x", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
    let rsa = json!({
        "kty": "RSA", "alg": "RS256", "kid": "2011-04-29", "e": "AQAB",
        "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMs\
              tn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91C\
              bOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
    });
    for (key, expected) in [
        (okp, Some("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")),
        (rsa, Some("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")),
        (json!({ "kty": "oct", "k": "AA" }), None),
        (json!({ "kty": "EC", "crv": "P-256", "x": "AA" }), None),
    ] {
        assert_eq!(thumbprint(key.as_object().unwrap()).as_deref(), expected, "{key}");
    }
}
