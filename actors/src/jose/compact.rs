//! Compact signatures (RFC 7515 sections 3.1 and 5.2): three parts with dots between them.

use serde_json::{Map, Value};

use super::encoding::decode;
use super::key::{Key, PRIVATE_MEMBERS};
use super::key_set::JwkSet;
use super::thumbprint::thumbprint;
use super::{SignatureAlgorithm, object};

/// The longest signed text, in bytes.
const LONGEST_TEXT: usize = 64 * 1024;
/// The longest header, in bytes, as it is written.
const LONGEST_HEADER: usize = 8 * 1024;

/// A signed text that was taken apart and not verified yet: nothing of what it says can be relied on.
pub struct UnverifiedJws<'a> {
    algorithm: SignatureAlgorithm,
    key_id: Option<String>,
    kind: Option<String>,
    /// The key that the header brings.
    key: Option<Map<String, Value>>,
    /// The first two parts with the dot between them.
    signed: &'a str,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

/// Why a signed text is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwsError {
    /// It is not what RFC 7515 describes.
    #[error("it is no signed text: {0}")]
    Malformed(&'static str),
    /// Its algorithm is none that may be used here.
    #[error("its signature algorithm is not accepted")]
    AlgorithmRefused,
    /// It wants something to be understood that is not (`crit`).
    #[error("its header demands an extension that is not known here")]
    CriticalExtension,
    /// None of the keys is the one that it names; a newer set may have it.
    #[error("its key is not known")]
    UnknownKey,
    /// It was changed, or signed by somebody else.
    #[error("its signature is wrong")]
    WrongSignature,
}

impl<'a> UnverifiedJws<'a> {
    /// Takes a text apart whose algorithm must be one of `accepted`.
    pub fn parse(text: &'a str, accepted: &[SignatureAlgorithm]) -> Result<Self, JwsError> {
        if text.len() > LONGEST_TEXT {
            return Err(JwsError::Malformed("it is too long"));
        }
        let three_parts = JwsError::Malformed("it does not have three parts");
        let (signed, signature) = text.rsplit_once('.').ok_or(three_parts)?;
        let (header, payload) = signed.split_once('.').ok_or(three_parts)?;
        if payload.contains('.') {
            return Err(three_parts);
        }
        if header.len() > LONGEST_HEADER {
            return Err(JwsError::Malformed("its header is too long"));
        }
        let not_base64url = JwsError::Malformed("a part is not base64url");
        let header = object::read(&decode(header).ok_or(not_base64url)?);
        let header = header.ok_or(JwsError::Malformed(
            "its header is no object with different members",
        ))?;
        if header.contains_key("crit") {
            return Err(JwsError::CriticalExtension);
        }
        Ok(Self {
            algorithm: algorithm(&header, accepted)?,
            key_id: key_id(&header)?,
            kind: header
                .get("typ")
                .map(|kind| kind.as_str().unwrap_or_default().to_owned()),
            key: header.get("jwk").and_then(Value::as_object).cloned(),
            signed,
            payload: decode(payload).ok_or(not_base64url)?,
            signature: decode(signature).ok_or(not_base64url)?,
        })
    }

    /// The algorithm that it says it is signed with, one of the accepted ones.
    #[must_use]
    pub const fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// What it says that it is (`typ`). The header is signed too, so that a text that verifies is what this says.
    #[must_use]
    pub fn kind(&self) -> Option<&str> {
        self.kind.as_deref()
    }

    /// The text that the payload claims under this name, which anybody can have written: good for choosing the keys to verify
    /// it with, and for nothing else.
    #[must_use]
    pub fn claimed(&self, name: &str) -> Option<String> {
        let claims = object::read(&self.payload)?;
        claims.get(name)?.as_str().map(str::to_owned)
    }

    /// The payload, and the thumbprint of the key that the header brings, if that key made the signature (RFC 9449 section 4.2). It
    /// proves that whoever made the text has the key, and nothing about who that is.
    pub fn verify_by_own_key(&self) -> Result<(&[u8], String), JwsError> {
        let no_key = JwsError::Malformed("its header brings no public key");
        let members = self.key.as_ref().ok_or(no_key)?;
        if PRIVATE_MEMBERS.iter().any(|member| members.contains_key(*member)) {
            return Err(no_key);
        }
        let thumbprint = thumbprint(members).ok_or(no_key)?;
        let key = Key::read(members.clone()).ok_or(no_key)?;
        if key.verifies(self.algorithm, self.signed.as_bytes(), &self.signature) {
            Ok((&self.payload, thumbprint))
        } else {
            Err(JwsError::WrongSignature)
        }
    }

    /// The payload, if one of the keys made the signature. A text that names no key may be from any of them; if none made
    /// its signature, a newer set may have the one that did.
    pub fn verify(&self, keys: &JwkSet) -> Result<&[u8], JwsError> {
        let mut is_known = false;
        for key in keys.candidates(self.key_id.as_deref(), self.algorithm) {
            is_known = true;
            if key.verifies(self.algorithm, self.signed.as_bytes(), &self.signature) {
                return Ok(&self.payload);
            }
        }
        if is_known && self.key_id.is_some() {
            Err(JwsError::WrongSignature)
        } else {
            Err(JwsError::UnknownKey)
        }
    }
}

fn algorithm(
    header: &Map<String, Value>,
    accepted: &[SignatureAlgorithm],
) -> Result<SignatureAlgorithm, JwsError> {
    let name = header.get("alg").and_then(Value::as_str);
    let name = name.ok_or(JwsError::Malformed("its header names no algorithm"))?;
    SignatureAlgorithm::from_name(name)
        .filter(|algorithm| accepted.contains(algorithm))
        .ok_or(JwsError::AlgorithmRefused)
}

fn key_id(header: &Map<String, Value>) -> Result<Option<String>, JwsError> {
    match header.get("kid") {
        None => Ok(None),
        Some(Value::String(id)) => Ok(Some(id.clone())),
        Some(_) => Err(JwsError::Malformed("its key identifier is no text")),
    }
}
