//! `cnf`: the key that whoever brings a token must prove to have (RFC 7800 section 3.1). Pure.

use serde_json::{Map, Value};

use super::KeyThumbprint;

/// The thumbprint of a key that makes proofs (RFC 9449 section 6).
const THUMBPRINT: &str = "jkt";
/// The digest of a client certificate (RFC 8705 section 3.1).
const CERTIFICATE: &str = "x5t#S256";

/// A binding of which nobody can prove here that it holds. To ignore it would make the token anybody's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnknownConfirmation {
    /// Mutual TLS, which ends before this server or is not asked for.
    #[error(
        "a client certificate (cnf.x5t#S256), which cannot be proven here; only keys of DPoP proofs (cnf.jkt) can"
    )]
    Certificate,
    /// Something else, or nothing.
    #[error("what cnf names in a way that is not known here; accepted is the member jkt alone")]
    Member,
    /// `jkt` is no thumbprint.
    #[error("a key, and its cnf.jkt is no SHA-256 thumbprint")]
    Thumbprint,
}

/// The key that these claims are bound to; `None` if they are bound to none.
///
/// # Errors
///
/// If there is a binding, and not to the key of DPoP proofs alone.
pub fn confirmation(claims: &Map<String, Value>) -> Result<Option<KeyThumbprint>, UnknownConfirmation> {
    let members = match claims.get("cnf") {
        None => return Ok(None),
        Some(Value::Object(members)) => members,
        Some(_) => return Err(UnknownConfirmation::Member),
    };
    if members.contains_key(CERTIFICATE) {
        return Err(UnknownConfirmation::Certificate);
    }
    let thumbprint = members.get(THUMBPRINT).filter(|_| members.len() == 1);
    let thumbprint = thumbprint.ok_or(UnknownConfirmation::Member)?;
    let parsed = thumbprint.as_str().map(KeyThumbprint::parse);
    match parsed {
        Some(Ok(thumbprint)) => Ok(Some(thumbprint)),
        Some(Err(_)) | None => Err(UnknownConfirmation::Thumbprint),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_token_is_bound_to_the_key_of_proofs_or_to_nothing() {
        let jkt = "A".repeat(43);
        let read = |claims: Value| confirmation(claims.as_object().unwrap());
        let key = KeyThumbprint::parse(&jkt).unwrap();
        assert_eq!(read(json!({ "sub": "x" })), Ok(None));
        assert_eq!(read(json!({ "cnf": { "jkt": jkt } })), Ok(Some(key)));
        for (cnf, problem) in [
            (json!({ "x5t#S256": "x" }), UnknownConfirmation::Certificate),
            (
                json!({ "jkt": jkt, "x5t#S256": "x" }),
                UnknownConfirmation::Certificate,
            ),
            (json!({ "jkt": jkt, "kid": "x" }), UnknownConfirmation::Member),
            (json!({ "jwk": { "kty": "OKP" } }), UnknownConfirmation::Member),
            (json!({}), UnknownConfirmation::Member),
            (json!(null), UnknownConfirmation::Member),
            (json!([jkt]), UnknownConfirmation::Member),
            (json!({ "jkt": "x" }), UnknownConfirmation::Thumbprint),
            (json!({ "jkt": 7 }), UnknownConfirmation::Thumbprint),
        ] {
            assert_eq!(read(json!({ "cnf": cnf })), Err(problem), "{cnf}");
        }
    }
}
