//! One public key of a JWK set (RFC 7517 section 4, RFC 7518 section 6, RFC 8037 section 2).

use ring::signature::{self, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::SignatureAlgorithm;
use super::encoding::decode;

/// The shortest RSA modulus that is believed, in bits (RFC 7518 section 3.3).
const SHORTEST_MODULUS: usize = 2048;
/// The longest, so that nobody makes checking a signature expensive.
const LONGEST_MODULUS: usize = 8192;
/// The longest public exponent in bytes; what is in use has three.
const LONGEST_EXPONENT: usize = 5;

/// The members of private and symmetric keys (RFC 7518 sections 6.2.2, 6.3.2 and 6.4).
pub(crate) const PRIVATE_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// A public key with which signatures can be checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) id: Option<String>,
    /// The only algorithm that it may be used with, if it says so.
    algorithm: Option<SignatureAlgorithm>,
    material: Material,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Material {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256(Vec<u8>),
    P384(Vec<u8>),
    Ed25519(Vec<u8>),
}

/// The members of a key that are looked at.
#[derive(Deserialize)]
struct Members {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl Key {
    /// The key, unless it cannot be used here: it is for something else, of an unknown kind, too weak or broken.
    pub(super) fn read(members: Map<String, Value>) -> Option<Self> {
        let members = Members::deserialize(Value::Object(members)).ok()?;
        let is_for_signatures = members.usage.as_deref().is_none_or(|usage| usage == "sig");
        let verifies = |operations: &Vec<String>| operations.iter().any(|operation| operation == "verify");
        if !is_for_signatures || !members.key_ops.as_ref().is_none_or(verifies) {
            return None;
        }
        let algorithm = match &members.alg {
            Some(name) => Some(SignatureAlgorithm::from_name(name)?),
            None => None,
        };
        let key = Self {
            material: Material::read(&members)?,
            id: members.kid,
            algorithm,
        };
        let fits = |algorithm| key.material.fits(algorithm);
        key.algorithm.is_none_or(fits).then_some(key)
    }

    /// Whether the key may check signatures of this algorithm.
    pub(super) fn is_for(&self, algorithm: SignatureAlgorithm) -> bool {
        self.material.fits(algorithm) && self.algorithm.is_none_or(|only| only == algorithm)
    }

    /// Whether this is the signature of these bytes.
    pub(super) fn verifies(&self, algorithm: SignatureAlgorithm, signed: &[u8], signature: &[u8]) -> bool {
        self.is_for(algorithm) && self.material.verifies(algorithm, signed, signature)
    }
}

impl Material {
    fn read(members: &Members) -> Option<Self> {
        let bytes = |member: &Option<String>| decode(member.as_deref()?);
        match (members.kty.as_str(), members.crv.as_deref()) {
            ("RSA", _) => Self::rsa(bytes(&members.n)?, bytes(&members.e)?),
            ("EC", Some("P-256")) => point(&bytes(&members.x)?, &bytes(&members.y)?, 32).map(Self::P256),
            ("EC", Some("P-384")) => point(&bytes(&members.x)?, &bytes(&members.y)?, 48).map(Self::P384),
            ("OKP", Some("Ed25519")) => {
                let key = bytes(&members.x)?;
                (key.len() == 32).then_some(Self::Ed25519(key))
            }
            _ => None,
        }
    }

    /// Both numbers are written without zeros in front (RFC 7518 section 2, `Base64urlUInt`); some write the modulus with one.
    fn rsa(n: Vec<u8>, e: Vec<u8>) -> Option<Self> {
        let n = match n.split_first() {
            Some((0, rest)) => rest.to_vec(),
            Some(_) | None => n,
        };
        let first = n.first()?;
        let bits = n.len() * 8 - first.leading_zeros() as usize;
        let is_odd = e.last().is_some_and(|last| last % 2 == 1);
        let is_exponent = is_odd && e.len() <= LONGEST_EXPONENT && !matches!(e.as_slice(), [0, ..] | [1]);
        let is_modulus = (SHORTEST_MODULUS..=LONGEST_MODULUS).contains(&bits);
        (is_modulus && is_exponent).then_some(Self::Rsa { n, e })
    }

    const fn fits(&self, algorithm: SignatureAlgorithm) -> bool {
        use SignatureAlgorithm as A;
        match algorithm {
            A::Rs256 | A::Rs384 | A::Rs512 | A::Ps256 | A::Ps384 | A::Ps512 => {
                matches!(self, Self::Rsa { .. })
            }
            A::Es256 => matches!(self, Self::P256(_)),
            A::Es384 => matches!(self, Self::P384(_)),
            A::EdDsa => matches!(self, Self::Ed25519(_)),
        }
    }

    fn verifies(&self, algorithm: SignatureAlgorithm, signed: &[u8], signature: &[u8]) -> bool {
        use SignatureAlgorithm as A;
        let check = |algorithm: &'static dyn VerificationAlgorithm, key: &[u8]| {
            let key = UnparsedPublicKey::new(algorithm, key);
            key.verify(signed, signature).is_ok()
        };
        match self {
            Self::Rsa { n, e } => {
                let parameters = match algorithm {
                    A::Rs256 => &signature::RSA_PKCS1_2048_8192_SHA256,
                    A::Rs384 => &signature::RSA_PKCS1_2048_8192_SHA384,
                    A::Rs512 => &signature::RSA_PKCS1_2048_8192_SHA512,
                    A::Ps256 => &signature::RSA_PSS_2048_8192_SHA256,
                    A::Ps384 => &signature::RSA_PSS_2048_8192_SHA384,
                    A::Ps512 => &signature::RSA_PSS_2048_8192_SHA512,
                    A::Es256 | A::Es384 | A::EdDsa => return false,
                };
                let key = RsaPublicKeyComponents { n, e };
                key.verify(parameters, signed, signature).is_ok()
            }
            Self::P256(point) => check(&signature::ECDSA_P256_SHA256_FIXED, point),
            Self::P384(point) => check(&signature::ECDSA_P384_SHA384_FIXED, point),
            Self::Ed25519(key) => check(&signature::ED25519, key),
        }
    }
}

/// An uncompressed point; each coordinate has the full length of the curve (RFC 7518 section 6.2.1.2).
fn point(x: &[u8], y: &[u8], length: usize) -> Option<Vec<u8>> {
    (x.len() == length && y.len() == length).then(|| [&[4], x, y].concat())
}
