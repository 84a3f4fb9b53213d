//! Randomness as a parameter: everything that mints an identifier or a secret takes a [`Randomness`].
//!
//! [`SystemRandomness`] is the only source for production. [`SeededRandomness`] repeats itself and is for tests;
//! nothing in the server may construct it.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use ring::rand::SecureRandom;
use uuid::Uuid;

/// A source of random bytes.
pub trait Randomness: Send + Sync {
    /// Fills `bytes`, or fails without having promised anything about their content.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomnessUnavailable>;
}

/// The operating system gave no randomness, so nothing secret can be minted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gave no random bytes")]
pub struct RandomnessUnavailable;

impl dyn Randomness + '_ {
    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> Result<[u8; N], RandomnessUnavailable> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// A random (version 4) UUID, for identifiers that are not secret.
    pub fn uuid(&self) -> Result<Uuid, RandomnessUnavailable> {
        Ok(uuid::Builder::from_random_bytes(self.bytes()?).into_uuid())
    }
}

/// The cryptographic generator of the operating system.
pub struct SystemRandomness(ring::rand::SystemRandom);

impl SystemRandomness {
    /// Opens the generator; nothing is read yet.
    #[must_use]
    pub fn new() -> Self {
        Self(ring::rand::SystemRandom::new())
    }
}

impl Default for SystemRandomness {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for SystemRandomness {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SystemRandomness")
    }
}

impl Randomness for SystemRandomness {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomnessUnavailable> {
        self.0.fill(bytes).map_err(|_| RandomnessUnavailable)
    }
}

/// A generator that gives the same bytes for the same seed, for tests only.
#[derive(Debug)]
pub struct SeededRandomness {
    seed: u64,
    blocks_given: AtomicU64,
}

impl SeededRandomness {
    /// A generator whose whole output is determined by `seed`.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self {
            seed,
            blocks_given: AtomicU64::new(0),
        }
    }
}

impl Randomness for SeededRandomness {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomnessUnavailable> {
        for chunk in bytes.chunks_mut(ring::digest::SHA256_OUTPUT_LEN) {
            let mut input = [0; 16];
            let (seed, block) = input.split_at_mut(8);
            seed.copy_from_slice(&self.seed.to_be_bytes());
            block.copy_from_slice(&self.blocks_given.fetch_add(1, Ordering::SeqCst).to_be_bytes());
            let output = ring::digest::digest(&ring::digest::SHA256, &input);
            for (target, source) in chunk.iter_mut().zip(output.as_ref()) {
                *target = *source;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_never_repeats_itself() {
        let randomness: &dyn Randomness = &SystemRandomness::new();
        assert_ne!(randomness.bytes::<32>(), randomness.bytes::<32>());
    }

    #[test]
    fn a_seed_determines_the_whole_output() {
        let (first, second): (&dyn Randomness, &dyn Randomness) =
            (&SeededRandomness::new(7), &SeededRandomness::new(7));
        assert_eq!(first.bytes::<80>(), second.bytes::<80>());
        assert_ne!(first.bytes::<32>(), first.bytes::<32>());
        let other: &dyn Randomness = &SeededRandomness::new(8);
        assert_ne!(second.bytes::<32>(), other.bytes::<32>());
    }

    #[test]
    fn identifiers_are_version_four() {
        let randomness: &dyn Randomness = &SeededRandomness::new(1);
        assert_eq!(randomness.uuid().unwrap().get_version_num(), 4);
    }
}
