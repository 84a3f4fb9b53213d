//! JWK sets (RFC 7517 section 5), read within limits.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::SignatureAlgorithm;
use super::key::Key;
use super::object::UniqueMembers;

/// The longest text of a set, in bytes.
const LONGEST_SET: usize = 128 * 1024;
/// The most keys in a set, usable or not.
const MOST_KEYS: usize = 64;
/// The longest key identifier, in bytes.
const LONGEST_ID: usize = 1024;

/// Somebody's public keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JwkSet(Vec<Key>);

/// Why a text is no set of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    /// More than 128 KiB.
    #[error("the key set is longer than 128 KiB")]
    TooLong,
    /// More than 64 keys.
    #[error("the key set has more than 64 keys")]
    TooManyKeys,
    /// It is no JSON object with a list `keys`.
    #[error("it is no key set")]
    Malformed,
}

/// A key that is an object is read; one in which a member stands twice, or that is none, cannot be used.
#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
    Object(UniqueMembers),
    Other(IgnoredAny),
}

#[derive(Deserialize)]
struct Members {
    keys: Vec<Entry>,
}

impl JwkSet {
    /// Reads a set. What is not a key that can check signatures here is left out, as RFC 7517 section 5 wants it, so a set
    /// may turn out empty.
    pub fn parse(text: &[u8]) -> Result<Self, KeySetError> {
        if text.len() > LONGEST_SET {
            return Err(KeySetError::TooLong);
        }
        let members: Members = serde_json::from_slice(text).map_err(|_| KeySetError::Malformed)?;
        if members.keys.len() > MOST_KEYS {
            return Err(KeySetError::TooManyKeys);
        }
        let keys = members.keys.into_iter().filter_map(|entry| match entry {
            Entry::Object(members) => Key::read(members.0),
            Entry::Other(_) => None,
        });
        let is_short = |key: &Key| key.id.as_ref().is_none_or(|id| id.len() <= LONGEST_ID);
        Ok(Self(keys.filter(is_short).collect()))
    }

    /// How many keys can be used.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no key can be used.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a signature of this algorithm could be verified.
    #[must_use]
    pub fn has_key_for(&self, algorithm: SignatureAlgorithm) -> bool {
        self.0.iter().any(|key| key.is_for(algorithm))
    }

    /// The keys that a signature may be from: with this identifier, if it names one, and for this algorithm.
    pub(super) fn candidates<'a>(
        &'a self,
        id: Option<&'a str>,
        algorithm: SignatureAlgorithm,
    ) -> impl Iterator<Item = &'a Key> {
        let is_named = move |key: &&Key| id.is_none() || key.id.as_deref() == id;
        let fitting = self.0.iter().filter(move |key| key.is_for(algorithm));
        fitting.filter(is_named)
    }
}
