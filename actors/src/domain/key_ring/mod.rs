//! The keys of the server: one current master key and those that came before it.
//!
//! From each master key three unrelated keys are derived (RFC 5869): one for digests, one for deriving successor
//! tokens, one for sealing. Losing a database therefore loses no secret, and rotating the master key ends no
//! login as long as the old one stays in the ring. Where the keys come from is the configuration's business;
//! what is sealed with them is in `sealing.rs`.

#[cfg(test)]
pub(crate) mod comparisons;
#[cfg(test)]
mod tests;

use std::fmt;

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use ring::aead::{AES_256_GCM, LessSafeKey, UnboundKey};
use ring::{hkdf, hmac};
use zeroize::Zeroizing;

use super::randomness::{Randomness, RandomnessUnavailable};
use super::secret::{Secret, SecretDigest};

/// Bytes in a master key.
pub const MASTER_KEY_LENGTH: usize = 32;

const KEY_TEXT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// 256 secret bits that the operator gives to the server. Wiped when dropped.
pub struct MasterKey(Zeroizing<[u8; MASTER_KEY_LENGTH]>);

impl MasterKey {
    /// Reads 32 bytes written in URL-safe base64, with or without padding.
    pub fn parse(text: &Secret) -> Result<Self, InvalidMasterKey> {
        let bytes = KEY_TEXT.decode(text.expose().trim()).map(Zeroizing::new);
        let bytes = bytes.map_err(|_| InvalidMasterKey::NotBase64)?;
        let bytes: [u8; MASTER_KEY_LENGTH] = bytes
            .as_slice()
            .try_into()
            .map_err(|_| InvalidMasterKey::WrongLength { actual: bytes.len() })?;
        let (first, rest) = (bytes.first(), bytes.get(1..).unwrap_or_default());
        if rest.iter().all(|byte| Some(byte) == first) {
            return Err(InvalidMasterKey::NotRandom);
        }
        Ok(Self(Zeroizing::new(bytes)))
    }

    /// A new key, for a server that keeps nothing and for writing a first configuration.
    pub fn generate(randomness: &dyn Randomness) -> Result<Self, RandomnessUnavailable> {
        Ok(Self(Zeroizing::new(randomness.bytes()?)))
    }

    /// The text that [`MasterKey::parse`] reads.
    #[must_use]
    pub fn to_text(&self) -> Secret {
        Secret::new(KEY_TEXT.encode(self.0.as_slice()))
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("MasterKey(..)")
    }
}

/// The text is not a master key. The text itself is never part of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMasterKey {
    /// Characters outside the alphabet, or an impossible length.
    #[error(
        "the key is not URL-safe base64; accepted are 32 random bytes, for example from `openssl rand -base64 32 | tr '+/' '-_'`"
    )]
    NotBase64,
    /// Another number of bytes than 32.
    #[error("the key has {actual} bytes; exactly 32 are accepted")]
    WrongLength {
        /// Bytes that were given.
        actual: usize,
    },
    /// All bytes are the same, so this is a placeholder and no key.
    #[error("the key is one byte repeated; 32 random bytes are accepted")]
    NotRandom,
}

/// Names a master key without telling anything about it: it is derived from the key, so that operators need not
/// number their keys. Stored beside whatever was made with the key.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId([u8; Self::LENGTH]);

impl KeyId {
    /// Bytes in an identifier.
    pub const LENGTH: usize = 8;

    /// An identifier read back from a store.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }
}

/// Sixteen hexadecimal digits.
impl fmt::Display for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "KeyId({self})")
    }
}

/// What a digest is for. The same secret has unrelated digests for different purposes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DigestPurpose {
    /// Looking up an access token.
    AccessToken,
    /// Looking up a refresh token.
    RefreshToken,
    /// Looking up an authorization code.
    AuthorizationCode,
    /// Checking a client's secret.
    ClientSecret,
    /// Looking up a pending login by the `state` that the identity provider returns.
    LoginState,
    /// Looking up a browser session by its cookie.
    BrowserSession,
    /// Recognising a browser by its cookie while it logs in.
    Browser,
    /// Looking up an interaction by the value in its page.
    Interaction,
}

impl DigestPurpose {
    const fn label(self) -> &'static str {
        match self {
            Self::AccessToken => "access token",
            Self::RefreshToken => "refresh token",
            Self::AuthorizationCode => "authorization code",
            Self::ClientSecret => "client secret",
            Self::LoginState => "login state",
            Self::BrowserSession => "browser session",
            Self::Browser => "browser",
            Self::Interaction => "interaction",
        }
    }
}

/// The current key and its predecessors. New things are made with the current key, old ones are read with any.
///
/// Replicas need each other's keys: a new key is first given to all of them as a previous one, then made current.
pub struct KeyRing {
    current: DerivedKeys,
    previous: Vec<DerivedKeys>,
}

impl KeyRing {
    /// Derives the working keys. `previous` are keys whose digests and sealed values are still around.
    pub fn new(current: &MasterKey, previous: &[MasterKey]) -> Result<Self, KeyDerivationFailed> {
        Ok(Self {
            current: DerivedKeys::derive(current)?,
            previous: previous
                .iter()
                .map(DerivedKeys::derive)
                .collect::<Result<_, _>>()?,
        })
    }

    /// The key that new digests, tokens and sealed values are made with.
    #[must_use]
    pub fn current_id(&self) -> KeyId {
        self.current.id
    }

    /// All keys of the ring, the current one first.
    pub fn ids(&self) -> impl Iterator<Item = KeyId> + '_ {
        self.keys().map(|keys| keys.id)
    }

    /// The keys among `known` that the ring does not have. If a store was filled with one of them, the server must
    /// not start: nobody could use what they were given.
    #[must_use]
    pub fn missing(&self, known: &[KeyId]) -> Vec<KeyId> {
        known
            .iter()
            .copied()
            .filter(|known| !self.ids().any(|id| id == *known))
            .collect()
    }

    /// The digest to store for a new secret.
    #[must_use]
    pub fn digest(&self, purpose: DigestPurpose, secret: &Secret) -> SecretDigest {
        SecretDigest::keyed(&self.current.digest, purpose.label(), secret)
    }

    /// The digests under which a secret may have been stored: one per key, the most likely first.
    pub fn digests(&self, purpose: DigestPurpose, secret: &Secret) -> impl Iterator<Item = SecretDigest> {
        self.keys()
            .map(move |keys| SecretDigest::keyed(&keys.digest, purpose.label(), secret))
    }

    /// Whether `stored` is a digest of `secret` under any key; tries all keys, so the time tells nothing.
    #[must_use]
    pub fn matches(&self, purpose: DigestPurpose, secret: &Secret, stored: &SecretDigest) -> bool {
        #[cfg(test)]
        comparisons::count_one();
        self.digests(purpose, secret)
            .filter(|digest| digest == stored)
            .count()
            > 0
    }

    /// 256 bits that follow from `secret` and that nobody without the key can compute; the same each time.
    /// `None` if the key has left the ring.
    #[must_use]
    pub fn derive(&self, key: KeyId, label: &str, secret: &Secret) -> Option<Zeroizing<[u8; 32]>> {
        let keys = self.keys().find(|keys| keys.id == key)?;
        let derived = SecretDigest::keyed(&keys.derivation, label, secret);
        Some(Zeroizing::new(*derived.as_bytes()))
    }

    pub(super) fn sealing_key(&self, id: KeyId) -> Option<&LessSafeKey> {
        self.keys().find(|keys| keys.id == id).map(|keys| &keys.sealing)
    }

    fn keys(&self) -> impl Iterator<Item = &DerivedKeys> {
        std::iter::once(&self.current).chain(&self.previous)
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.ids()).finish()
    }
}

/// The cryptographic library refused to derive a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no working keys could be derived from the master key")]
pub struct KeyDerivationFailed;

struct DerivedKeys {
    id: KeyId,
    digest: hmac::Key,
    derivation: hmac::Key,
    sealing: LessSafeKey,
}

impl DerivedKeys {
    fn derive(master: &MasterKey) -> Result<Self, KeyDerivationFailed> {
        // Fixed for good: another salt or label would orphan everything that was ever stored.
        let extracted =
            hkdf::Salt::new(hkdf::HKDF_SHA256, b"mxcp-actor key ring 1").extract(master.0.as_slice());
        let expand_hmac = |label: &str| {
            let output = extracted
                .expand(&[label.as_bytes()], hmac::HMAC_SHA256)
                .map(hmac::Key::from);
            output.map_err(|_| KeyDerivationFailed)
        };
        let mut id = [0; KeyId::LENGTH];
        let identifier = extracted
            .expand(&[b"identifier"], IdentifierLength)
            .map_err(|_| KeyDerivationFailed)?;
        identifier.fill(&mut id).map_err(|_| KeyDerivationFailed)?;
        let sealing = extracted
            .expand(&[b"sealing"], &AES_256_GCM)
            .map_err(|_| KeyDerivationFailed)?;
        Ok(Self {
            id: KeyId(id),
            digest: expand_hmac("digest")?,
            derivation: expand_hmac("derivation")?,
            sealing: LessSafeKey::new(UnboundKey::from(sealing)),
        })
    }
}

struct IdentifierLength;

impl hkdf::KeyType for IdentifierLength {
    fn len(&self) -> usize {
        KeyId::LENGTH
    }
}
