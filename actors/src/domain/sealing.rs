//! Sealing: authenticated encryption (AES-256-GCM) of what must be read again, such as upstream tokens.
//!
//! A sealed value names its key, carries a fresh nonce and is bound to the place where it is stored, so that a
//! row copied into another user's record does not open there. What only has to be recognised is a digest
//! instead (`secret.rs`).

use std::fmt;

use ring::aead::{Aad, NONCE_LEN, Nonce};
use zeroize::Zeroizing;

use super::key_ring::{KeyId, KeyRing};
use super::randomness::{Randomness, RandomnessUnavailable};

const FORMAT: u8 = 1;
const HEADER_LENGTH: usize = 1 + KeyId::LENGTH + NONCE_LEN;

/// An encrypted value: format (1 byte), key identifier (8), nonce (12), ciphertext, tag (16).
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    /// A value read back from a store; whether it can be opened shows when it is opened.
    #[must_use]
    pub const fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes to store.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The key that the value names, so that values under an old key can be found and sealed anew.
    pub fn key_id(&self) -> Result<KeyId, UnsealError> {
        self.parts().map(|parts| parts.key)
    }

    fn parts(&self) -> Result<Parts<'_>, UnsealError> {
        let (header, ciphertext) = self
            .0
            .split_at_checked(HEADER_LENGTH)
            .ok_or(UnsealError::Damaged)?;
        let (&format, rest) = header.split_first().ok_or(UnsealError::Damaged)?;
        if format != FORMAT {
            return Err(UnsealError::UnknownFormat { format });
        }
        let (key, nonce) = rest
            .split_first_chunk::<{ KeyId::LENGTH }>()
            .ok_or(UnsealError::Damaged)?;
        let nonce = nonce.first_chunk::<NONCE_LEN>().ok_or(UnsealError::Damaged)?;
        Ok(Parts {
            key: KeyId::from_bytes(*key),
            nonce: *nonce,
            ciphertext,
        })
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Sealed({} bytes)", self.0.len())
    }
}

struct Parts<'a> {
    key: KeyId,
    nonce: [u8; NONCE_LEN],
    ciphertext: &'a [u8],
}

/// Where a sealed value belongs. It opens only under the same context (the associated data of the cipher).
#[derive(Clone, Copy, Debug)]
pub struct SealingContext<'a> {
    /// The kind of value, for example `upstream tokens`.
    pub purpose: &'static str,
    /// The record that owns the value, for example a grant's identifier.
    pub owner: &'a str,
}

impl SealingContext<'_> {
    fn associated_data(&self, key: KeyId) -> Vec<u8> {
        // The purpose is a constant without NUL, so the encoding is unambiguous.
        let mut data = vec![FORMAT];
        data.extend_from_slice(key.as_bytes());
        data.extend_from_slice(self.purpose.as_bytes());
        data.push(0);
        data.extend_from_slice(self.owner.as_bytes());
        data
    }
}

/// Nothing could be sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// No nonce without randomness.
    #[error(transparent)]
    Randomness(#[from] RandomnessUnavailable),
    /// The cipher refused, which it does for texts of more than 64 GiB only.
    #[error("the cipher refused to seal the value")]
    Cipher,
}

/// A sealed value could not be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnsealError {
    /// The value was sealed with a key that is not in the ring: the wrong key was configured, or an old one
    /// was taken out too early.
    #[error(
        "sealed with key {sealed_with}, which is not configured; configure it as the current or a previous key"
    )]
    UnknownKey {
        /// The key that the value names.
        sealed_with: KeyId,
    },
    /// The key is known, but the value was altered, cut off, or belongs to another record.
    #[error("the sealed value is damaged or belongs to another record")]
    Damaged,
    /// Written by a newer version of this server.
    #[error("sealed in format {format}; this version reads format 1")]
    UnknownFormat {
        /// The first byte of the value.
        format: u8,
    },
}

impl KeyRing {
    /// Encrypts `plaintext` with the current key, readable only under the same `context`.
    pub fn seal(
        &self,
        randomness: &dyn Randomness,
        context: SealingContext<'_>,
        plaintext: &[u8],
    ) -> Result<Sealed, SealError> {
        let id = self.current_id();
        let key = self.sealing_key(id).ok_or(SealError::Cipher)?;
        let nonce: [u8; NONCE_LEN] = randomness.bytes()?;
        let mut ciphertext = Zeroizing::new(plaintext.to_vec());
        let tag = key
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(context.associated_data(id)),
                ciphertext.as_mut_slice(),
            )
            .map_err(|_| SealError::Cipher)?;
        let mut sealed = vec![FORMAT];
        sealed.extend_from_slice(id.as_bytes());
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&ciphertext);
        sealed.extend_from_slice(tag.as_ref());
        Ok(Sealed(sealed))
    }

    /// Decrypts with whichever key of the ring the value names. The plain text is wiped when dropped.
    pub fn unseal(
        &self,
        context: SealingContext<'_>,
        sealed: &Sealed,
    ) -> Result<Zeroizing<Vec<u8>>, UnsealError> {
        let parts = sealed.parts()?;
        let key = self.sealing_key(parts.key).ok_or(UnsealError::UnknownKey {
            sealed_with: parts.key,
        })?;
        let mut buffer = Zeroizing::new(parts.ciphertext.to_vec());
        let associated_data = Aad::from(context.associated_data(parts.key));
        let opened = key.open_in_place(
            Nonce::assume_unique_for_key(parts.nonce),
            associated_data,
            &mut buffer,
        );
        let length = opened.map_err(|_| UnsealError::Damaged)?.len();
        buffer.truncate(length);
        Ok(buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::key_ring::MasterKey;
    use crate::domain::randomness::SeededRandomness;
    use proptest::prelude::*;

    const CONTEXT: SealingContext<'static> = SealingContext {
        purpose: "upstream tokens",
        owner: "grant-1",
    };

    fn ring(current: u64, previous: &[u64]) -> KeyRing {
        let key = |seed: u64| MasterKey::generate(&SeededRandomness::new(seed)).unwrap();
        let previous: Vec<_> = previous.iter().copied().map(key).collect();
        KeyRing::new(&key(current), &previous).unwrap()
    }

    fn seal(plaintext: &[u8]) -> Sealed {
        ring(1, &[])
            .seal(&SeededRandomness::new(99), CONTEXT, plaintext)
            .unwrap()
    }

    #[test]
    fn opens_after_the_key_was_rotated() {
        let sealed = seal(b"gho_upstream");
        let rotated = ring(2, &[1]);
        assert_eq!(
            rotated.unseal(CONTEXT, &sealed).unwrap().as_slice(),
            b"gho_upstream"
        );
        assert_ne!(sealed.key_id().unwrap(), rotated.current_id());
    }

    #[test]
    fn a_wrong_key_and_damage_are_told_apart() {
        let sealed = seal(b"gho_upstream");
        let sealed_with = ring(1, &[]).current_id();
        assert_eq!(
            ring(2, &[]).unseal(CONTEXT, &sealed).unwrap_err(),
            UnsealError::UnknownKey { sealed_with }
        );
        let cut = Sealed::from_bytes(sealed.as_bytes()[..40].to_vec());
        assert_eq!(
            ring(1, &[]).unseal(CONTEXT, &cut).unwrap_err(),
            UnsealError::Damaged
        );
        let empty = Sealed::from_bytes(Vec::new());
        assert_eq!(
            ring(1, &[]).unseal(CONTEXT, &empty).unwrap_err(),
            UnsealError::Damaged
        );
        let mut newer = sealed.as_bytes().to_vec();
        newer[0] = 2;
        let newer = Sealed::from_bytes(newer);
        assert_eq!(
            ring(1, &[]).unseal(CONTEXT, &newer).unwrap_err(),
            UnsealError::UnknownFormat { format: 2 }
        );
    }

    #[test]
    fn a_value_moved_to_another_record_does_not_open() {
        let sealed = seal(b"gho_upstream");
        for context in [
            SealingContext {
                owner: "grant-2",
                ..CONTEXT
            },
            SealingContext {
                purpose: "login",
                ..CONTEXT
            },
        ] {
            assert_eq!(
                ring(1, &[]).unseal(context, &sealed).unwrap_err(),
                UnsealError::Damaged
            );
        }
    }

    #[test]
    fn equal_texts_are_sealed_differently() {
        let (keys, randomness) = (ring(1, &[]), SeededRandomness::new(5));
        let first = keys.seal(&randomness, CONTEXT, b"same").unwrap();
        assert_ne!(first, keys.seal(&randomness, CONTEXT, b"same").unwrap());
        assert_eq!(format!("{first:?}"), "Sealed(41 bytes)");
    }

    proptest! {
        #[test]
        fn whatever_is_sealed_can_be_opened(plaintext in proptest::collection::vec(any::<u8>(), 0..200)) {
            let sealed = seal(&plaintext);
            let opened = ring(1, &[]).unseal(CONTEXT, &sealed).unwrap();
            prop_assert_eq!(opened.as_slice(), plaintext.as_slice());
        }

        #[test]
        fn no_altered_bit_goes_unnoticed(position in 0_usize..60, bit in 0_u8..8) {
            let mut bytes = seal(b"twenty-three bytes long").as_bytes().to_vec();
            prop_assert_eq!(bytes.len(), 60);
            bytes[position] ^= 1 << bit;
            prop_assert!(ring(1, &[]).unseal(CONTEXT, &Sealed::from_bytes(bytes)).is_err());
        }
    }
}
