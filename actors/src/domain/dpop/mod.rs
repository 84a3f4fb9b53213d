//! DPoP: proof that whoever sends a token has the key that it is bound to (RFC 9449).
//!
//! A proof is checked here as far as it can be without asking anybody; that it was not used before is asked of the store.
//! There are no server nonces: a proof counts once on all replicas and for five minutes at most, so that one that was made
//! in advance is of little use.
//!
//! `confirmation.rs`: which key a token that somebody else made is bound to.

mod confirmation;
#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::Url;

use super::client::SingleUse;
use super::clock::Timestamp;
use super::numeric_date::numeric_date;
use super::secret::{Secret, SecretDigest};
use crate::jose::{JwsError, SignatureAlgorithm, UnverifiedJws, object};

pub use confirmation::{UnknownConfirmation, confirmation};

/// The algorithms that a proof may be signed with.
pub const PROOF_ALGORITHMS: [SignatureAlgorithm; 4] = [
    SignatureAlgorithm::Es256,
    SignatureAlgorithm::EdDsa,
    SignatureAlgorithm::Ps256,
    SignatureAlgorithm::Rs256,
];

/// `typ` of a proof.
const KIND: &str = "dpop+jwt";
/// How long after it was made a proof counts.
const LONGEST_LIFE: Duration = Duration::from_mins(5);
/// How far another clock and this one may be apart.
const LEEWAY: Duration = Duration::from_mins(1);
/// The longest proof, in bytes.
const LONGEST_PROOF: usize = 8 * 1024;
/// The longest identifier of a proof, in bytes.
const LONGEST_IDENTIFIER: usize = 512;

/// The name of a public key (RFC 7638): what a bound token carries as `cnf.jkt`.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyThumbprint(String);

/// The text is no thumbprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected the SHA-256 thumbprint of a key: 43 characters of base64url")]
pub struct InvalidThumbprint;

impl KeyThumbprint {
    /// Reads a SHA-256 thumbprint.
    pub fn parse(text: &str) -> Result<Self, InvalidThumbprint> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidThumbprint)?;
        let is_digest = bytes.len() == SecretDigest::LENGTH;
        is_digest.then(|| Self(text.to_owned())).ok_or(InvalidThumbprint)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for KeyThumbprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "KeyThumbprint({})", self.0)
    }
}

impl TryFrom<String> for KeyThumbprint {
    type Error = InvalidThumbprint;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<KeyThumbprint> for String {
    fn from(thumbprint: KeyThumbprint) -> Self {
        thumbprint.0
    }
}

/// What a proof is held against.
#[derive(Clone, Copy, Debug)]
pub struct ExpectedProof<'a> {
    /// The method of the request.
    pub method: &'a str,
    /// The addresses that the request may have been sent to, as clients see them.
    pub urls: &'a [String],
    /// The token that came with it, at the protected resource.
    pub access_token: Option<&'a Secret>,
    /// What time it is.
    pub now: Timestamp,
}

/// A proof that is right, unless it was used before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The key that made it.
    pub key: KeyThumbprint,
    /// What must not be seen again.
    pub single_use: SingleUse,
}

/// What a proof says that it must not, or does not say. The client made it, so it may be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofProblem {
    /// It came twice, or not at all where one is needed.
    #[error("exactly one DPoP proof is needed")]
    NotOne,
    /// It is no signed text, or not signed by the key that it brings.
    #[error("the DPoP proof is not accepted: {0}")]
    Signature(#[from] JwsError),
    /// It is a signed text of another kind.
    #[error("typ of the DPoP proof must be dpop+jwt")]
    Kind,
    /// The payload is no JSON object, or one in which a member stands twice.
    #[error("the DPoP proof holds no claims")]
    NoClaims,
    /// It is for another method.
    #[error("htm of the DPoP proof is not the method of the request")]
    Method,
    /// It is for another address.
    #[error("htu of the DPoP proof is not the address of the request, without query and fragment")]
    Address,
    /// It does not say when it was made.
    #[error("iat of the DPoP proof must be a number of seconds")]
    Time,
    /// It is too old.
    #[error("the DPoP proof is older than 5 minutes; compare the clocks")]
    Old,
    /// It is from the future.
    #[error("the DPoP proof is from the future; compare the clocks")]
    Early,
    /// It has no name of its own.
    #[error("jti of the DPoP proof is missing, empty or longer than 512 bytes")]
    Identifier,
    /// It is for another token.
    #[error("ath of the DPoP proof is not the digest of the access token")]
    Token,
    /// Another key made it than the one that the token is bound to.
    #[error("the DPoP proof was made with another key than the token is bound to")]
    OtherKey,
    /// It was used before.
    #[error("the DPoP proof was used before")]
    Used,
}

impl ExpectedProof<'_> {
    /// Whether this is a proof for the request (RFC 9449 section 4.3, all but that it was not used before).
    pub fn check(&self, proof: &Secret) -> Result<Proof, ProofProblem> {
        if proof.expose().len() > LONGEST_PROOF {
            return Err(JwsError::Malformed("it is too long").into());
        }
        let jws = UnverifiedJws::parse(proof.expose(), &PROOF_ALGORITHMS)?;
        if jws.kind() != Some(KIND) {
            return Err(ProofProblem::Kind);
        }
        let (payload, thumbprint) = jws.verify_by_own_key()?;
        let key = KeyThumbprint(thumbprint);
        let claims = object::read(payload).ok_or(ProofProblem::NoClaims)?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        if text("htm") != Some(self.method) {
            return Err(ProofProblem::Method);
        }
        self.check_address(text("htu").unwrap_or_default())?;
        let made_at = self.check_time(&claims)?;
        if let Some(token) = self.access_token {
            let expected = URL_SAFE_NO_PAD.encode(SecretDigest::plain(token).as_bytes());
            if text("ath") != Some(expected.as_str()) {
                return Err(ProofProblem::Token);
            }
        }
        let identifier = text("jti").filter(|id| (1..=LONGEST_IDENTIFIER).contains(&id.len()));
        let identifier = identifier.ok_or(ProofProblem::Identifier)?;
        Ok(Proof {
            single_use: SingleUse {
                identifier: identifier_of(&key, identifier),
                // Another replica's clock may be behind this one.
                ends_at: made_at + LONGEST_LIFE + LEEWAY,
            },
            key,
        })
    }

    fn check_address(&self, htu: &str) -> Result<(), ProofProblem> {
        let named = normal(htu).ok_or(ProofProblem::Address)?;
        let is_this = |url: &String| normal(url).is_some_and(|url| url == named);
        self.urls
            .iter()
            .any(is_this)
            .then_some(())
            .ok_or(ProofProblem::Address)
    }

    fn check_time(&self, claims: &Map<String, Value>) -> Result<Timestamp, ProofProblem> {
        let made_at = numeric_date(claims, "iat").map_err(|_| ProofProblem::Time)?;
        let made_at = made_at.ok_or(ProofProblem::Time)?;
        if made_at + LONGEST_LIFE <= self.now {
            return Err(ProofProblem::Old);
        }
        if made_at > self.now + LEEWAY {
            return Err(ProofProblem::Early);
        }
        Ok(made_at)
    }
}

/// An address as it is compared (section 4.3, RFC 3986 section 6.2): parsed, without query and fragment.
fn normal(text: &str) -> Option<Url> {
    let mut url = Url::parse(text).ok()?;
    let is_plain = url.username().is_empty() && url.password().is_none();
    if !is_plain || !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    url.set_query(None);
    url.set_fragment(None);
    Some(url)
}

/// Equal for proofs of one key with one `jti`. Nobody can use up the identifiers of another key.
fn identifier_of(key: &KeyThumbprint, identifier: &str) -> SecretDigest {
    let named = format!("dpop\n{}\n{identifier}", key.as_str());
    SecretDigest::plain(&Secret::new(named))
}
