//! What a signed access token says (RFC 9068 section 2.2), and what is read of one that comes back.
//!
//! Nothing in it is believed but its `jti`, after its signature was verified: what the token is worth now is in the store.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use crate::domain::grant::Grant;
use crate::domain::secret::SecretDigest;
use crate::domain::token::AccessTokenRecord;
use crate::jose::object;

/// `typ` (RFC 9068 section 2.1)
pub(super) const KIND: &str = "at+jwt";

/// The longest signed token that is looked at, in bytes. Those that are issued here have less than a kilobyte, and the scopes.
const LONGEST: usize = 16 * 1024;

/// What is to be said of a token.
pub(in crate::token_store) struct Facts<'a> {
    /// This server.
    pub(in crate::token_store) issuer: &'a str,
    /// For whom it acts, and who acts.
    pub(in crate::token_store) grant: &'a Grant,
    /// The token as it is stored.
    pub(in crate::token_store) token: &'a AccessTokenRecord,
}

impl Facts<'_> {
    pub(super) fn claims(&self) -> Map<String, Value> {
        let mut claims = Map::new();
        let mut claim = |name: &str, value: Value| claims.insert(name.to_owned(), value);
        claim("iss", self.issuer.into());
        claim("sub", self.grant.user.identity.key.public_subject().into());
        claim("aud", self.token.resource.as_str().into());
        claim("client_id", self.grant.client.as_str().into());
        claim("iat", self.token.issued_at.seconds().into());
        claim("exp", self.token.expires_at.seconds().into());
        claim("auth_time", self.grant.user.last_login_at.seconds().into());
        claim("jti", URL_SAFE_NO_PAD.encode(self.token.digest.as_bytes()).into());
        if let Some(key) = &self.token.bound_to {
            claim("cnf", json!({ "jkt": key.as_str() }));
        }
        if !self.token.scopes.is_empty() {
            claim("scope", self.token.scopes.to_string().into());
        }
        claims
    }
}

/// The digest that verified claims name.
pub(super) fn digest_of(payload: &[u8]) -> Option<SecretDigest> {
    let claims = object::read(payload)?;
    let bytes = URL_SAFE_NO_PAD.decode(claims.get("jti")?.as_str()?).ok()?;
    Some(SecretDigest::from_bytes(bytes.try_into().ok()?))
}

/// Whether a text could be a signed token: what takes no key and no look-up to find out.
#[must_use]
pub fn looks_signed(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    text.len() <= LONGEST
        && text.starts_with("ey")
        && text.bytes().filter(|byte| *byte == b'.').count() == 2
        && text.bytes().all(is_part)
}
