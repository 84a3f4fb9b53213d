//! Passwords of local users: hashed with Argon2id (RFC 9106) and checked at the same cost for unknown users.
//!
//! Hashing is slow and hungry on purpose. Callers run it on a blocking thread behind permits of its own and
//! throttle before it; neither is done here.

use std::fmt;

use argon2::password_hash::phc::PasswordHash as PhcHash;
use argon2::password_hash::{Error as HashError, PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};

use super::randomness::{Randomness, RandomnessUnavailable};
use super::secret::Secret;

const SALT_BYTES: usize = 16;

/// Longer passwords are refused before any work is done on them, in bytes.
pub const LONGEST_PASSWORD: usize = 1024;

/// What hashing costs. The default is the lighter recommendation for Argon2id that servers commonly use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordCost {
    /// Memory in KiB.
    pub memory_kibibytes: u32,
    /// Passes over the memory.
    pub iterations: u32,
    /// Lanes that could be computed in parallel.
    pub parallelism: u32,
}

impl Default for PasswordCost {
    fn default() -> Self {
        Self {
            memory_kibibytes: 19 * 1024,
            iterations: 2,
            parallelism: 1,
        }
    }
}

/// A hashed password in PHC text form (`$argon2id$v=19$m=…`): what may be stored and configured.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Accepts the text of an Argon2id hash.
    pub fn parse(text: &str) -> Result<Self, PasswordError> {
        let hash = PhcHash::new(text).map_err(|_| PasswordError::InvalidHash)?;
        if hash.algorithm.as_str() != "argon2id" || hash.salt.is_none() || hash.hash.is_none() {
            return Err(PasswordError::InvalidHash);
        }
        Ok(Self(text.to_owned()))
    }

    /// The text to store.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PasswordHash(..)")
    }
}

/// Why a password was not hashed or checked. A wrong password is no error: [`PasswordHasher::verify`] says false.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// The text is no hash of Argon2id.
    #[error(
        "not a password hash; accepted is the PHC text of Argon2id: $argon2id$v=19$m=…,t=…,p=…$salt$hash"
    )]
    InvalidHash,
    /// The cost parameters are outside of what Argon2 allows.
    #[error(
        "the Argon2 cost is out of range; at least 8 KiB of memory per lane, one iteration and one lane are needed"
    )]
    InvalidCost,
    /// The password is longer than [`LONGEST_PASSWORD`].
    #[error("the password has more than {LONGEST_PASSWORD} bytes")]
    TooLong,
    /// No salt without randomness.
    #[error(transparent)]
    Randomness(#[from] RandomnessUnavailable),
    /// The algorithm itself failed, for example for want of memory.
    #[error("hashing the password failed")]
    Failed,
}

/// Hashes and checks passwords at one cost.
pub struct PasswordHasher {
    argon2: Argon2<'static>,
    /// Checked in place of the hash of a user who does not exist.
    decoy: PasswordHash,
}

impl PasswordHasher {
    /// Prepares a hasher, computing one hash for users who do not exist.
    pub fn new(cost: PasswordCost, randomness: &dyn Randomness) -> Result<Self, PasswordError> {
        let params = Params::new(cost.memory_kibibytes, cost.iterations, cost.parallelism, None)
            .map_err(|_| PasswordError::InvalidCost)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let decoy = hash_with(&argon2, randomness, &randomness.bytes::<32>()?)?;
        Ok(Self { argon2, decoy })
    }

    /// Hashes a new password with a fresh salt.
    pub fn hash(
        &self,
        randomness: &dyn Randomness,
        password: &Secret,
    ) -> Result<PasswordHash, PasswordError> {
        refuse_long(password)?;
        hash_with(&self.argon2, randomness, password.expose().as_bytes())
    }

    /// Whether `password` is the one that was hashed. `stored` is `None` for an unknown user: the same work is
    /// done, and the answer is false.
    pub fn verify(&self, password: &Secret, stored: Option<&PasswordHash>) -> Result<bool, PasswordError> {
        refuse_long(password)?;
        let compared = stored.unwrap_or(&self.decoy);
        let hash = PhcHash::new(compared.as_str()).map_err(|_| PasswordError::InvalidHash)?;
        match self.argon2.verify_password(password.expose().as_bytes(), &hash) {
            Ok(()) => Ok(stored.is_some()),
            Err(HashError::PasswordInvalid) => Ok(false),
            Err(_) => Err(PasswordError::Failed),
        }
    }
}

impl fmt::Debug for PasswordHasher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PasswordHasher")
    }
}

fn refuse_long(password: &Secret) -> Result<(), PasswordError> {
    if password.expose().len() > LONGEST_PASSWORD {
        return Err(PasswordError::TooLong);
    }
    Ok(())
}

fn hash_with(
    argon2: &Argon2<'_>,
    randomness: &dyn Randomness,
    password: &[u8],
) -> Result<PasswordHash, PasswordError> {
    let salt: [u8; SALT_BYTES] = randomness.bytes()?;
    let hash = argon2
        .hash_password_with_salt(password, &salt)
        .map_err(|_| PasswordError::Failed)?;
    Ok(PasswordHash(hash.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::randomness::SeededRandomness;

    const CHEAP: PasswordCost = PasswordCost {
        memory_kibibytes: 16,
        iterations: 1,
        parallelism: 1,
    };

    fn hasher() -> (PasswordHasher, SeededRandomness) {
        let randomness = SeededRandomness::new(1);
        (PasswordHasher::new(CHEAP, &randomness).unwrap(), randomness)
    }

    #[test]
    fn the_right_password_is_accepted_and_others_are_not() {
        let (hasher, randomness) = hasher();
        let stored = hasher.hash(&randomness, &Secret::new("testpass")).unwrap();
        assert_eq!(hasher.verify(&Secret::new("testpass"), Some(&stored)), Ok(true));
        assert_eq!(hasher.verify(&Secret::new("testpas"), Some(&stored)), Ok(false));
        assert_eq!(hasher.verify(&Secret::new(""), Some(&stored)), Ok(false));
    }

    #[test]
    fn an_unknown_user_is_refused_by_the_same_algorithm_at_the_same_cost() {
        let (hasher, randomness) = hasher();
        assert_eq!(hasher.verify(&Secret::new("anything"), None), Ok(false));
        let stored = hasher.hash(&randomness, &Secret::new("testpass")).unwrap();
        let cost = |hash: &PasswordHash| {
            hash.as_str()
                .split('$')
                .take(4)
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(cost(&hasher.decoy), cost(&stored));
    }

    #[test]
    fn equal_passwords_get_different_salts_and_the_default_cost_is_written_down() {
        let (hasher, randomness) = hasher();
        let password = Secret::new("testpass");
        assert_ne!(
            hasher.hash(&randomness, &password),
            hasher.hash(&randomness, &password)
        );
        let default = PasswordHasher::new(PasswordCost::default(), &randomness).unwrap();
        assert!(
            default
                .hash(&randomness, &password)
                .unwrap()
                .as_str()
                .starts_with("$argon2id$v=19$m=19456,t=2,p=1$")
        );
    }

    #[test]
    fn a_hash_made_at_another_cost_still_verifies() {
        let (hasher, randomness) = hasher();
        let dearer = PasswordHasher::new(
            PasswordCost {
                iterations: 2,
                ..CHEAP
            },
            &randomness,
        )
        .unwrap();
        let stored = dearer.hash(&randomness, &Secret::new("testpass")).unwrap();
        assert_eq!(hasher.verify(&Secret::new("testpass"), Some(&stored)), Ok(true));
    }

    #[test]
    fn refuses_foreign_hashes_long_passwords_and_impossible_costs() {
        let (hasher, randomness) = hasher();
        for text in [
            "",
            "testpass",
            "$2b$12$abc",
            "$argon2i$v=19$m=16,t=1,p=1$c29tZXNhbHQ$aGFzaGhhc2hoYXNo",
        ] {
            assert_eq!(
                PasswordHash::parse(text),
                Err(PasswordError::InvalidHash),
                "{text}"
            );
        }
        let stored = hasher.hash(&randomness, &Secret::new("x")).unwrap();
        assert_eq!(PasswordHash::parse(stored.as_str()), Ok(stored));
        let long = Secret::new("x".repeat(LONGEST_PASSWORD + 1));
        assert_eq!(hasher.verify(&long, None), Err(PasswordError::TooLong));
        assert_eq!(hasher.hash(&randomness, &long), Err(PasswordError::TooLong));
        let impossible = PasswordCost {
            memory_kibibytes: 1,
            ..CHEAP
        };
        assert!(matches!(
            PasswordHasher::new(impossible, &randomness),
            Err(PasswordError::InvalidCost)
        ));
    }
}
