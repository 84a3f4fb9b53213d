//! How the provider signs: honestly, and in every way in which a signature can be a lie.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};

/// A key, and the header that is written.
pub(crate) struct Signer {
    key: Ed25519KeyPair,
    /// The header of what is signed.
    pub(crate) header: Value,
    /// What is done instead of signing.
    pub(crate) lie: Option<Lie>,
}

/// What is done instead of signing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lie {
    /// No signature.
    Nothing,
    /// An HMAC with the public key, which everybody knows.
    PublicKeyAsSecret,
    /// The signature of something else.
    Altered,
}

impl Signer {
    /// A key of its own for each seed, published under this identifier.
    pub(crate) fn ed25519(id: &str, seed: u8) -> Self {
        Self {
            key: Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap(),
            header: json!({ "alg": "EdDSA", "kid": id }),
            lie: None,
        }
    }

    /// The public key as it is published.
    pub(crate) fn public(&self) -> Value {
        json!({ "kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": self.header["kid"],
            "x": URL_SAFE_NO_PAD.encode(self.key.public_key()) })
    }

    /// A signed text with these claims.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encode(&self.header), encode(claims));
        let signature = match self.lie {
            None => self.key.sign(signed.as_bytes()).as_ref().to_vec(),
            Some(Lie::Nothing) => Vec::new(),
            Some(Lie::Altered) => self.key.sign(b"something else").as_ref().to_vec(),
            Some(Lie::PublicKeyAsSecret) => {
                let secret = hmac::Key::new(hmac::HMAC_SHA256, self.key.public_key().as_ref());
                hmac::sign(&secret, signed.as_bytes()).as_ref().to_vec()
            }
        };
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}
