//! Signatures that others made, everything that must not count as one, and signatures that this server makes.

mod keys;
mod signatures;
mod signing;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{JwkSet, JwsError, SignatureAlgorithm, UnverifiedJws};

/// The examples of RFC 7515, 7520 and 8037, and signatures by another implementation for the other algorithms.
#[derive(Clone, Debug, Deserialize)]
struct Vector {
    source: String,
    alg: String,
    key: Value,
    text: String,
}

fn vectors() -> Vec<Vector> {
    serde_json::from_str(include_str!("vectors.json")).unwrap()
}

fn vector(algorithm: &str) -> Vector {
    let mut all = vectors().into_iter();
    all.find(|vector| vector.alg == algorithm).unwrap()
}

fn set(keys: &[&Value]) -> JwkSet {
    JwkSet::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
}

/// The payload as text.
fn verify(text: &str, keys: &JwkSet, accepted: &[SignatureAlgorithm]) -> Result<String, JwsError> {
    let jws = UnverifiedJws::parse(text, accepted)?;
    let payload = jws.verify(keys)?;
    Ok(String::from_utf8_lossy(payload).into_owned())
}

fn verify_any(text: &str, keys: &JwkSet) -> Result<String, JwsError> {
    verify(text, keys, &SignatureAlgorithm::ALL)
}

/// The text with another header.
fn with_header(text: &str, header: &str) -> String {
    let (_, rest) = text.split_once('.').unwrap();
    format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header))
}
