//! The thumbprint of a public key (RFC 7638): a name that follows from the key alone.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest;
use serde_json::{Map, Value};

/// The SHA-256 thumbprint of a public key in base64url; `None` if it is of an unknown kind or a member is missing.
#[must_use]
pub fn thumbprint(key: &Map<String, Value>) -> Option<String> {
    let text = |name: &str| key.get(name)?.as_str();
    // Section 3.2: the required members in the order of their names.
    let members: &[&str] = match text("kty")? {
        "EC" => &["crv", "kty", "x", "y"],
        "OKP" => &["crv", "kty", "x"],
        "RSA" => &["e", "kty", "n"],
        _ => return None,
    };
    let written = members.iter().map(|name| {
        let value = Value::from(text(name)?);
        Some(format!("\"{name}\":{value}"))
    });
    let written: Vec<String> = written.collect::<Option<_>>()?;
    let canonical = format!("{{{}}}", written.join(","));
    let digest = digest::digest(&digest::SHA256, canonical.as_bytes());
    Some(URL_SAFE_NO_PAD.encode(digest))
}
