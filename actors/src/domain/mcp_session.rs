//! A session of the Model Context Protocol's legacy revisions: what one client negotiated.
//!
//! It is no proof of anything. It belongs to the user who opened it, and every request proves anew who asks.

use std::fmt;

use super::clock::Timestamp;
use super::randomness::{Randomness, RandomnessUnavailable};
use super::secret::{Secret, SecretDigest};
use super::user::UserKey;

/// Whose session it is: a user, or anybody while authentication is off.
pub type SessionOwner = Option<UserKey>;

/// An open session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct McpSession {
    /// The digest of its identifier.
    pub id: SecretDigest,
    /// Whose it is.
    pub owner: SessionOwner,
    /// The revision of the protocol that was negotiated, as clients write it.
    pub version: String,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it was used, give or take the precision of the registry that keeps it.
    pub last_used_at: Timestamp,
}

/// The identifier of a session as clients send it (`Mcp-Session-Id`): 256 random bits in hexadecimal digits.
#[derive(Clone)]
pub struct McpSessionId(Secret);

impl McpSessionId {
    /// Characters in an identifier.
    pub const LENGTH: usize = 64;

    /// Draws a new one.
    pub fn generate(randomness: &dyn Randomness) -> Result<Self, RandomnessUnavailable> {
        let [high, low] = [randomness.bytes::<16>()?, randomness.bytes::<16>()?];
        let (high, low) = (u128::from_be_bytes(high), u128::from_be_bytes(low));
        Ok(Self(Secret::new(format!("{high:032x}{low:032x}"))))
    }

    /// Reads what a client sent; `None` for what cannot be an identifier, so that it is refused without a look-up.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        (text.len() == Self::LENGTH && text.bytes().all(is_digit)).then(|| Self(Secret::new(text)))
    }

    /// What is stored and looked up. No key is needed, since nobody can guess 256 bits.
    #[must_use]
    pub fn digest(&self) -> SecretDigest {
        SecretDigest::plain(&self.0)
    }

    /// The name of a session in records: the first half of its digest, in hexadecimal digits. It tells sessions apart and
    /// opens none of them: where nobody logs in, the identifier alone is enough to end a session.
    #[must_use]
    pub fn recorded(digest: &SecretDigest) -> String {
        let half = digest.as_bytes().first_chunk().copied().unwrap_or_default();
        format!("{:032x}", u128::from_be_bytes(half))
    }

    /// The text for the client.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl fmt::Debug for McpSessionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("McpSessionId(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::randomness::SeededRandomness;

    proptest! {
        #[test]
        fn what_is_drawn_is_read(seed: u64) {
            let drawn = McpSessionId::generate(&SeededRandomness::new(seed)).unwrap();
            let read = McpSessionId::parse(drawn.expose()).unwrap();
            prop_assert_eq!(read.digest(), drawn.digest());
            prop_assert!(McpSessionId::parse(&drawn.expose()[1..]).is_none());
        }

        #[test]
        fn other_texts_are_no_identifiers(text in "[0-9a-fA-F]{60,70}") {
            let is_one = text.len() == 64 && text == text.to_ascii_lowercase();
            prop_assert_eq!(McpSessionId::parse(&text).is_some(), is_one);
        }
    }
}
