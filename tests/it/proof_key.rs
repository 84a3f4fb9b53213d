//! A client's key, which makes DPoP proofs (RFC 9449).

use std::cell::Cell;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mxcp_actors::domain::randomness::SeededRandomness;
use mxcp_actors::domain::secret::{Secret, SecretDigest};
use mxcp_actors::jose::{PrivateKey, SigningAlgorithm};
use serde_json::{Value, json};

/// A key, and the number of proofs that it made.
pub(crate) struct ProofKey {
    pair: PrivateKey,
    made: Cell<u32>,
}

impl ProofKey {
    /// One for each seed.
    pub(crate) fn new(seed: u64) -> Self {
        let pair = PrivateKey::generate(SigningAlgorithm::Es256, &SeededRandomness::new(seed)).unwrap();
        let made = Cell::new(0);
        Self { pair, made }
    }

    /// What a token that is bound to the key carries as `cnf.jkt`.
    pub(crate) fn thumbprint(&self) -> &str {
        self.pair.id()
    }

    /// A proof for this request, made at this second; with a token at the protected resource.
    pub(crate) fn proof(&self, method: &str, url: &str, token: Option<&str>, made_at: i64) -> String {
        self.made.set(self.made.get() + 1);
        let mut claims =
            json!({ "htm": method, "htu": url, "iat": made_at, "jti": self.made.get().to_string() });
        if let Some(token) = token {
            let digest = SecretDigest::plain(&Secret::new(token));
            claims["ath"] = URL_SAFE_NO_PAD.encode(digest.as_bytes()).into();
        }
        self.sign("dpop+jwt", &claims)
    }

    /// A text of this kind with these claims, which brings the public key.
    pub(crate) fn sign(&self, kind: &str, claims: &Value) -> String {
        let header = json!({ "typ": kind, "alg": "ES256", "jwk": self.pair.public_jwk() });
        let claims = claims.as_object().unwrap();
        self.pair.sign_with_header(&header, claims).unwrap()
    }
}
