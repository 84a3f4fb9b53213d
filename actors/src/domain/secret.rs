//! Secrets and what may be kept of them.
//!
//! [`Secret`] is plain text that cannot be printed or serialised and is wiped when dropped. [`SecretDigest`] is
//! what a store may hold. A value that must be compared or looked up later is reduced to a digest first, so no
//! store and no comparison ever sees the text. Which keys make a digest is decided in `key_ring.rs`.

use std::fmt;
use std::hash::{Hash, Hasher};

use constant_time_eq::constant_time_eq_32;
use ring::{digest, hmac};
use zeroize::Zeroizing;

/// A text that must not be seen: a password, a token, a client secret, a PKCE verifier.
///
/// It has neither `Display` nor `Serialize`, its `Debug` prints the type's name only, and `==` does not exist:
/// [`Secret::is_same_as`] takes the same time wherever two texts differ.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a text out of circulation.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself. Call it only where the secret leaves the process on purpose.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether both hold the same text, compared in constant time on digests of one length.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        SecretDigest::plain(self) == SecretDigest::plain(other)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(..)")
    }
}

/// A SHA-256 or HMAC-SHA-256 digest of a secret: the only form in which a secret is stored or looked up.
///
/// `==` takes constant time. `Debug` prints the type's name only, since the digest of a weak secret can be guessed.
#[derive(Clone, Copy)]
pub struct SecretDigest([u8; Self::LENGTH]);

impl SecretDigest {
    /// Bytes in a digest.
    pub const LENGTH: usize = 32;

    /// SHA-256 without a key: only for secrets with 256 bits of entropy, or for comparing within one process.
    #[must_use]
    pub fn plain(secret: &Secret) -> Self {
        Self::from_slice(digest::digest(&digest::SHA256, secret.expose().as_bytes()).as_ref())
    }

    /// HMAC-SHA-256 under `key`, with the purpose in front so that one secret has unrelated digests per use.
    pub(super) fn keyed(key: &hmac::Key, purpose: &str, secret: &Secret) -> Self {
        let mut context = hmac::Context::with_key(key);
        context.update(purpose.as_bytes());
        context.update(&[0]);
        context.update(secret.expose().as_bytes());
        Self::from_slice(context.sign().as_ref())
    }

    /// A digest read back from a store.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }

    fn from_slice(slice: &[u8]) -> Self {
        let mut bytes = [0; Self::LENGTH];
        for (target, source) in bytes.iter_mut().zip(slice) {
            *target = *source;
        }
        Self(bytes)
    }
}

impl PartialEq for SecretDigest {
    fn eq(&self, other: &Self) -> bool {
        constant_time_eq_32(&self.0, &other.0)
    }
}

impl Eq for SecretDigest {}

impl Hash for SecretDigest {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl fmt::Debug for SecretDigest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SecretDigest(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_prints_nothing_of_the_secret() {
        let secret = Secret::new("canary-value");
        let printed = format!("{secret:?} {:?}", SecretDigest::plain(&secret));
        assert_eq!(printed, "Secret(..) SecretDigest(..)");
    }

    #[test]
    fn same_text_is_same_and_a_prefix_is_not() {
        assert!(Secret::new("swordfish").is_same_as(&Secret::new("swordfish")));
        assert!(!Secret::new("swordfish").is_same_as(&Secret::new("swordfis")));
        assert!(!Secret::new("").is_same_as(&Secret::new("\0")));
    }

    #[test]
    fn the_plain_digest_is_sha_256() {
        let digest = SecretDigest::plain(&Secret::new("abc"));
        assert_eq!(digest.as_bytes()[..4], [0xba, 0x78, 0x16, 0xbf]);
        assert_eq!(SecretDigest::from_bytes(*digest.as_bytes()), digest);
    }

    #[test]
    fn purpose_and_key_separate_digests() {
        let secret = Secret::new("abc");
        let (one, two) = (
            hmac::Key::new(hmac::HMAC_SHA256, b"one"),
            hmac::Key::new(hmac::HMAC_SHA256, b"two"),
        );
        assert_ne!(
            SecretDigest::keyed(&one, "code", &secret),
            SecretDigest::keyed(&one, "token", &secret)
        );
        assert_ne!(
            SecretDigest::keyed(&one, "code", &secret),
            SecretDigest::keyed(&two, "code", &secret)
        );
        assert_eq!(
            SecretDigest::keyed(&one, "code", &secret),
            SecretDigest::keyed(&one, "code", &secret)
        );
    }
}
