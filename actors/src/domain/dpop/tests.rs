//! Proofs that are right, and each way in which one is not (RFC 9449 section 4.3).

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::domain::randomness::SeededRandomness;
use crate::jose::{PrivateKey, SigningAlgorithm};

const NOW: i64 = 1_800_000_000;
const URL: &str = "https://api.example.com/mcp";

fn key() -> PrivateKey {
    PrivateKey::generate(SigningAlgorithm::EdDsa, &SeededRandomness::new(5)).unwrap()
}

fn claims() -> Map<String, Value> {
    let ath = URL_SAFE_NO_PAD.encode(SecretDigest::plain(&Secret::new("token")).as_bytes());
    let claims = json!({ "jti": "1", "htm": "POST", "htu": URL, "iat": NOW, "ath": ath });
    claims.as_object().unwrap().clone()
}

/// A text with this header and payload, signed by the key.
fn signed(key: &PrivateKey, header: &Value, claims: &Map<String, Value>) -> Secret {
    Secret::new(key.sign_with_header(header, claims).unwrap())
}

fn header(key: &PrivateKey) -> Value {
    json!({ "typ": "dpop+jwt", "alg": key.algorithm().verified_as().name(), "jwk": key.public_jwk() })
}

fn check(proof: &Secret) -> Result<Proof, ProofProblem> {
    let token = Secret::new("token");
    let expected = ExpectedProof {
        method: "POST",
        urls: &[URL.to_owned()],
        access_token: Some(&token),
        now: Timestamp::from_seconds(NOW),
    };
    expected.check(proof)
}

fn with(name: &str, value: Value) -> Result<Proof, ProofProblem> {
    let mut claims = claims();
    if value.is_null() {
        claims.remove(name);
    } else {
        claims.insert(name.to_owned(), value);
    }
    check(&signed(&key(), &header(&key()), &claims))
}

#[test]
fn a_proof_names_the_key_that_made_it_and_counts_for_five_minutes() {
    for algorithm in SigningAlgorithm::ALL {
        let key = PrivateKey::generate(algorithm, &SeededRandomness::new(5)).unwrap();
        let proof = check(&signed(&key, &header(&key), &claims())).unwrap();
        assert_eq!(proof.key.as_str(), key.id());
        assert_eq!(proof.single_use.ends_at.seconds(), NOW + 360);
    }
    let first = with("jti", json!("1")).unwrap().single_use;
    assert_eq!(
        with("iat", json!(NOW - 10)).unwrap().single_use.identifier,
        first.identifier
    );
    assert_ne!(
        with("jti", json!("2")).unwrap().single_use.identifier,
        first.identifier
    );
    let other = PrivateKey::generate(SigningAlgorithm::EdDsa, &SeededRandomness::new(6)).unwrap();
    let of_other = check(&signed(&other, &header(&other), &claims()))
        .unwrap()
        .single_use;
    assert_ne!(
        of_other.identifier, first.identifier,
        "nobody uses up the identifiers of another key"
    );
}

#[test]
fn each_claim_must_be_right() {
    use ProofProblem as P;
    for (name, value, problem) in [
        ("htm", json!("GET"), P::Method),
        ("htm", json!("post"), P::Method),
        ("htm", json!(null), P::Method),
        ("htu", json!("https://api.example.com/other"), P::Address),
        ("htu", json!("http://api.example.com/mcp"), P::Address),
        ("htu", json!("https://api.example.com:8443/mcp"), P::Address),
        ("htu", json!("https://api.example.com/mcp/"), P::Address),
        ("htu", json!("https://user@api.example.com/mcp"), P::Address),
        ("htu", json!("/mcp"), P::Address),
        ("htu", json!(null), P::Address),
        ("iat", json!(NOW - 300), P::Old),
        ("iat", json!(NOW + 61), P::Early),
        ("iat", json!("now"), P::Time),
        ("iat", json!(null), P::Time),
        ("ath", json!("x"), P::Token),
        ("ath", json!(null), P::Token),
        ("jti", json!(""), P::Identifier),
        ("jti", json!("j".repeat(513)), P::Identifier),
        ("jti", json!(null), P::Identifier),
    ] {
        assert_eq!(with(name, value.clone()), Err(problem), "{name}: {value}");
    }
    for (name, value) in [
        ("htu", json!("HTTPS://API.example.com:443/mcp")),
        ("htu", json!("https://api.example.com/mcp?a=b#c")),
        ("htu", json!("https://api.example.com/a/../mcp")),
        ("iat", json!(NOW - 299)),
        ("iat", json!(NOW + 60)),
        ("nonce", json!("not asked for")),
    ] {
        assert!(with(name, value.clone()).is_ok(), "{name}: {value}");
    }
}

#[test]
fn the_header_must_bring_the_public_key_alone_that_made_the_signature() {
    let (key, other) = (
        key(),
        PrivateKey::generate(SigningAlgorithm::EdDsa, &SeededRandomness::new(6)).unwrap(),
    );
    let check = |header: Value| check(&signed(&key, &header, &claims()));
    let changed = |name: &str, value: Value| {
        let mut header = header(&key);
        header[name] = value;
        check(header)
    };
    let mut private = Value::Object(key.public_jwk().clone());
    private["d"] = json!("AA");
    for jwk in [
        private,
        json!({ "kty": "oct", "k": "AA" }),
        json!("x"),
        json!(null),
    ] {
        let refused = changed("jwk", jwk.clone()).unwrap_err();
        assert!(
            matches!(refused, ProofProblem::Signature(JwsError::Malformed(_))),
            "{jwk}: {refused}"
        );
    }
    assert_eq!(
        changed("jwk", Value::Object(other.public_jwk().clone())),
        Err(ProofProblem::Signature(JwsError::WrongSignature))
    );
    for kind in [json!("JWT"), json!("at+jwt"), json!(null)] {
        assert_eq!(changed("typ", kind), Err(ProofProblem::Kind));
    }
    for algorithm in ["none", "HS256", "ES512"] {
        let refused = ProofProblem::Signature(JwsError::AlgorithmRefused);
        assert_eq!(changed("alg", json!(algorithm)), Err(refused));
    }
}

#[test]
fn a_thumbprint_is_a_digest_in_base64url() {
    let good = key().id().to_owned();
    assert_eq!(KeyThumbprint::parse(&good).unwrap().as_str(), good);
    for text in [
        "",
        "x",
        &good[1..],
        &format!("{good}A"),
        &good.replace(&good[..1], "+"),
    ] {
        assert_eq!(KeyThumbprint::parse(text), Err(InvalidThumbprint), "{text}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_check_panic(text in "\\PC{0,200}") {
        prop_assert!(check(&Secret::new(text)).is_err());
    }
}
