//! Keys that this server signs with, and what it signs: compact signatures (RFC 7515 section 7.1).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::SignatureAlgorithm;
use super::thumbprint::thumbprint;
use crate::domain::randomness::{Randomness, RandomnessUnavailable};

/// The algorithms that this server signs with; it verifies more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SigningAlgorithm {
    /// Ed25519: small, fast, and nothing random in a signature.
    #[default]
    EdDsa,
    /// ECDSA on P-256 with SHA-256, for verifiers that know no other elliptic curve.
    Es256,
}

impl SigningAlgorithm {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::EdDsa, Self::Es256];

    /// The algorithm of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.verified_as().name() == name)
    }

    /// What its signatures are verified as.
    #[must_use]
    pub const fn verified_as(self) -> SignatureAlgorithm {
        match self {
            Self::EdDsa => SignatureAlgorithm::EdDsa,
            Self::Es256 => SignatureAlgorithm::Es256,
        }
    }
}

/// A private key, and the name of its public half: the thumbprint (RFC 7638).
pub struct PrivateKey {
    pair: Pair,
    secret: Zeroizing<Vec<u8>>,
    public: Map<String, Value>,
    id: String,
}

enum Pair {
    Ed25519(Ed25519KeyPair),
    P256(Box<EcdsaKeyPair>),
}

/// The bytes are no private key of this algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are no private key for {}", .0.verified_as().name())]
pub struct InvalidPrivateKey(SigningAlgorithm);

/// No key or no signature could be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SigningError {
    /// Without randomness.
    #[error(transparent)]
    Randomness(#[from] RandomnessUnavailable),
    /// What was just made is no key.
    #[error(transparent)]
    Key(#[from] InvalidPrivateKey),
}

impl PrivateKey {
    /// A new key. That of ES256 and its signatures take their randomness from the operating system, whatever `randomness` is:
    /// ring lets nobody else choose it.
    pub fn generate(algorithm: SigningAlgorithm, randomness: &dyn Randomness) -> Result<Self, SigningError> {
        let secret = match algorithm {
            SigningAlgorithm::EdDsa => Zeroizing::new(randomness.bytes::<32>()?.to_vec()),
            SigningAlgorithm::Es256 => {
                let made =
                    EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
                Zeroizing::new(made.map_err(|_| RandomnessUnavailable)?.as_ref().to_vec())
            }
        };
        Ok(Self::from_bytes(algorithm, &secret)?)
    }

    /// The key that [`PrivateKey::to_bytes`] gave.
    pub fn from_bytes(algorithm: SigningAlgorithm, bytes: &[u8]) -> Result<Self, InvalidPrivateKey> {
        let invalid = InvalidPrivateKey(algorithm);
        let (pair, public) = match algorithm {
            SigningAlgorithm::EdDsa => {
                let pair = Ed25519KeyPair::from_seed_unchecked(bytes).map_err(|_| invalid)?;
                let x = URL_SAFE_NO_PAD.encode(pair.public_key());
                (
                    Pair::Ed25519(pair),
                    json!({ "kty": "OKP", "crv": "Ed25519", "x": x }),
                )
            }
            SigningAlgorithm::Es256 => {
                let random = SystemRandom::new();
                let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, bytes, &random);
                let pair = pair.map_err(|_| invalid)?;
                // An uncompressed point: a byte that says so, and both coordinates.
                let point = pair.public_key().as_ref().get(1..).ok_or(invalid)?;
                let (x, y) = point.split_at_checked(32).ok_or(invalid)?;
                let [x, y] = [x, y].map(|coordinate| URL_SAFE_NO_PAD.encode(coordinate));
                let public = json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y });
                (Pair::P256(Box::new(pair)), public)
            }
        };
        let Value::Object(mut public) = public else {
            return Err(invalid);
        };
        let id = thumbprint(&public).ok_or(invalid)?;
        public.insert("kid".to_owned(), id.clone().into());
        public.insert("use".to_owned(), "sig".into());
        public.insert("alg".to_owned(), algorithm.verified_as().name().into());
        Ok(Self {
            pair,
            secret: Zeroizing::new(bytes.to_vec()),
            public,
            id,
        })
    }

    /// What has to be kept of it, and sealed.
    #[must_use]
    pub fn to_bytes(&self) -> &[u8] {
        &self.secret
    }

    /// `kid`
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The public key as a JWK (RFC 7517 section 4).
    #[must_use]
    pub fn public_jwk(&self) -> &Map<String, Value> {
        &self.public
    }

    /// What it signs with.
    #[must_use]
    pub const fn algorithm(&self) -> SigningAlgorithm {
        match self.pair {
            Pair::Ed25519(_) => SigningAlgorithm::EdDsa,
            Pair::P256(_) => SigningAlgorithm::Es256,
        }
    }

    /// The claims as a signed text of this kind (`typ`).
    pub fn sign(&self, kind: &str, claims: &Map<String, Value>) -> Result<String, RandomnessUnavailable> {
        let algorithm = self.algorithm().verified_as().name();
        let header = json!({ "typ": kind, "alg": algorithm, "kid": self.id });
        self.sign_with_header(&header, claims)
    }

    /// The claims as a signed text with this header, which must name the algorithm of the key.
    pub fn sign_with_header(
        &self,
        header: &Value,
        claims: &Map<String, Value>,
    ) -> Result<String, RandomnessUnavailable> {
        let payload = serde_json::to_vec(claims).unwrap_or_default();
        let signed = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header.to_string()),
            URL_SAFE_NO_PAD.encode(payload)
        );
        let signature = match &self.pair {
            Pair::Ed25519(pair) => URL_SAFE_NO_PAD.encode(pair.sign(signed.as_bytes())),
            Pair::P256(pair) => {
                let signature = pair.sign(&SystemRandom::new(), signed.as_bytes());
                URL_SAFE_NO_PAD.encode(signature.map_err(|_| RandomnessUnavailable)?)
            }
        };
        Ok(format!("{signed}.{signature}"))
    }
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "PrivateKey({})", self.id)
    }
}
