//! The signing keys as this process knows them: read from the store now and then, and made when they are due.
//!
//! Everything here may wait for the store.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use serde_json::json;

use super::schedule::{self, NextKey, Rotation, ScheduledKey};
use super::{AccessTokenFormat, Facts, claims};
use crate::domain::clock::{Clock, Timestamp};
use crate::domain::key_ring::KeyRing;
use crate::domain::randomness::{Randomness, RandomnessUnavailable};
use crate::domain::sealing::SealError;
use crate::domain::secret::{Secret, SecretDigest};
use crate::domain::signing_key::SigningKeyRecord;
use crate::jose::{
    JwkSet, JwsError, PrivateKey, SignatureAlgorithm, SigningAlgorithm, SigningError, UnverifiedJws,
};
use crate::store::{SigningKeyRepository, StoreError};

/// How long what was read is believed. A replica that has not seen a new key for so long goes on signing with the old one,
/// which the schedule allows for.
const FRESH: Duration = Duration::from_mins(1);
/// The shortest pause between two readings, whatever keys tokens name.
const PAUSE: Duration = Duration::from_secs(1);

/// Why no token can be signed, or its signature not be verified.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SigningKeyError {
    /// The store failed (503 or 500).
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nothing random was to be had (500).
    #[error(transparent)]
    Randomness(#[from] RandomnessUnavailable),
    /// No key could be made or sealed (500).
    #[error("no signing key could be made: {0}")]
    Making(String),
}

impl From<SigningError> for SigningKeyError {
    fn from(error: SigningError) -> Self {
        Self::Making(error.to_string())
    }
}

impl From<SealError> for SigningKeyError {
    fn from(error: SealError) -> Self {
        Self::Making(error.to_string())
    }
}

/// The keys. Shared by everything that issues and verifies tokens in this process.
pub struct SigningKeys {
    format: AccessTokenFormat,
    repository: Arc<dyn SigningKeyRepository>,
    keys: Arc<KeyRing>,
    clock: Arc<dyn Clock>,
    randomness: Arc<dyn Randomness>,
    known: RwLock<Option<Arc<Known>>>,
    /// Held while the store is read.
    reading: Mutex<()>,
}

/// What was read.
struct Known {
    read_at: Timestamp,
    times: Vec<ScheduledKey>,
    /// By generation, those that could be opened.
    keys: Vec<(i64, Arc<PrivateKey>)>,
    /// The public halves, to verify with.
    public: JwkSet,
}

/// The key that signs now.
pub(in crate::token_store) struct Signer(Arc<PrivateKey>);

impl Signer {
    /// The token as a signed text.
    pub(in crate::token_store) fn sign(&self, facts: &Facts<'_>) -> Result<Secret, SigningKeyError> {
        Ok(Secret::new(self.0.sign(claims::KIND, &facts.claims())?))
    }
}

impl SigningKeys {
    /// Keys that nobody has read yet.
    #[must_use]
    pub fn new(
        format: AccessTokenFormat,
        repository: Arc<dyn SigningKeyRepository>,
        keys: Arc<KeyRing>,
        clock: Arc<dyn Clock>,
        randomness: Arc<dyn Randomness>,
    ) -> Self {
        Self {
            format,
            repository,
            keys,
            clock,
            randomness,
            known: RwLock::new(None),
            reading: Mutex::new(()),
        }
    }

    /// What signs the next access token; `None` if it is to be opaque.
    pub(in crate::token_store) fn signer(&self) -> Result<Option<Signer>, SigningKeyError> {
        if self.rotation().is_none() {
            return Ok(None);
        }
        let known = self.known(FRESH)?;
        let signer = schedule::signer(&known.times, self.clock.now());
        let key = signer.and_then(|signer| known.key(signer.generation));
        let missing = || SigningKeyError::Making("the key that was just made is not there".to_owned());
        Ok(Some(Signer(key.ok_or_else(missing)?)))
    }

    /// Under which digest the store has this signed token; `None` if this server did not sign it.
    pub(in crate::token_store) fn digest_of(
        &self,
        token: &Secret,
    ) -> Result<Option<SecretDigest>, SigningKeyError> {
        const ACCEPTED: [SignatureAlgorithm; 2] = [SignatureAlgorithm::EdDsa, SignatureAlgorithm::Es256];
        if !claims::looks_signed(token.expose()) {
            return Ok(None);
        }
        let Ok(jws) = UnverifiedJws::parse(token.expose(), &ACCEPTED) else {
            return Ok(None);
        };
        if jws.kind() != Some(claims::KIND) {
            return Ok(None);
        }
        let mut verified = jws.verify(&self.known(FRESH)?.public).map(claims::digest_of);
        if verified == Err(JwsError::UnknownKey) {
            verified = jws.verify(&self.known(PAUSE)?.public).map(claims::digest_of);
        }
        Ok(verified.ok().flatten())
    }

    /// The public keys for resource servers (RFC 7517 section 5); `None` if there are none and none will be made.
    pub(in crate::token_store) fn published(&self) -> Result<Option<String>, SigningKeyError> {
        let known = self.known(FRESH)?;
        if self.rotation().is_none() && known.keys.is_empty() {
            return Ok(None);
        }
        let oldest = schedule::oldest_published(&known.times, self.clock.now());
        let published = known.keys.iter().filter(|(generation, _)| *generation >= oldest);
        let jwks: Vec<_> = published.map(|(_, key)| key.public_jwk()).collect();
        Ok(Some(json!({ "keys": jwks }).to_string()))
    }

    /// Makes the key that is due and deletes those that are over; says how many.
    pub(in crate::token_store) fn sweep(&self) -> Result<u64, SigningKeyError> {
        let known = self.known(FRESH)?;
        match schedule::oldest_published(&known.times, self.clock.now()) {
            oldest if known.times.iter().any(|key| key.generation < oldest) => {
                Ok(self.repository.delete_signing_keys_before(oldest)?)
            }
            _ => Ok(0),
        }
    }

    const fn rotation(&self) -> Option<Rotation> {
        match self.format {
            AccessTokenFormat::Opaque => None,
            AccessTokenFormat::Signed {
                algorithm,
                key_lifetime,
            } => Some(Rotation {
                algorithm,
                interval: key_lifetime,
            }),
        }
    }

    /// What was read not longer ago than this. A store that does not answer leaves what was read before, however old: keys are
    /// added and taken away by the day.
    fn known(&self, age: Duration) -> Result<Arc<Known>, SigningKeyError> {
        let (fresh, old) = self.remembered(age);
        if let Some(known) = fresh {
            return Ok(known);
        }
        let _reading: MutexGuard<'_, ()> = match (&old, self.reading.try_lock()) {
            (_, Ok(guard)) => guard,
            (Some(old), Err(_)) => return Ok(Arc::clone(old)),
            (None, Err(_)) => self.reading.lock().unwrap_or_else(PoisonError::into_inner),
        };
        if let (Some(known), _) = self.remembered(age) {
            return Ok(known);
        }
        match (self.read(), old) {
            (Ok(known), _) => Ok(known),
            (Err(error), Some(old)) => {
                log::warn!("the signing keys cannot be read, those that are known are used: {error}");
                Ok(old)
            }
            (Err(error), None) => Err(error),
        }
    }

    /// What was read, if it is not older than this, and what was read at all.
    fn remembered(&self, age: Duration) -> (Option<Arc<Known>>, Option<Arc<Known>>) {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).clone();
        let now = self.clock.now();
        let is_fresh = |known: &Arc<Known>| known.read_at <= now && now.duration_since(known.read_at) < age;
        (known.clone().filter(is_fresh), known)
    }

    /// Reads the keys, and makes the one that is due.
    fn read(&self) -> Result<Arc<Known>, SigningKeyError> {
        let now = self.clock.now();
        let mut known = Known::open(self.repository.signing_keys()?, &self.keys, now);
        if let Some(rotation) = self.rotation()
            && let Some(next) = schedule::next(&known.times, &rotation, now)
        {
            self.make(next, rotation.algorithm, now)?;
            known = Known::open(self.repository.signing_keys()?, &self.keys, now);
        }
        let known = Arc::new(known);
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&known));
        Ok(known)
    }

    /// Makes a key, unless another replica was faster.
    fn make(
        &self,
        next: NextKey,
        algorithm: SigningAlgorithm,
        now: Timestamp,
    ) -> Result<(), SigningKeyError> {
        let randomness = self.randomness.as_ref();
        let key = PrivateKey::generate(algorithm, randomness)?;
        let context = SigningKeyRecord::sealing_context(key.id());
        let record = SigningKeyRecord {
            generation: next.generation,
            id: key.id().to_owned(),
            algorithm,
            private_key: self.keys.seal(randomness, context, key.to_bytes())?,
            created_at: now,
            usable_from: next.usable_from,
        };
        if self.repository.insert_signing_key(&record)? {
            log::info!(
                "made the signing key {}, the {}. one, which signs access tokens from {} on",
                record.id,
                record.generation,
                record.usable_from
            );
        }
        Ok(())
    }
}

impl Known {
    fn open(records: Vec<SigningKeyRecord>, ring: &KeyRing, now: Timestamp) -> Self {
        let mut known = Self {
            read_at: now,
            times: Vec::new(),
            keys: Vec::new(),
            public: JwkSet::default(),
        };
        for record in records {
            let key = open(&record, ring);
            known.times.push(ScheduledKey {
                generation: record.generation,
                algorithm: record.algorithm,
                usable_from: record.usable_from,
                is_readable: key.is_some(),
            });
            known
                .keys
                .extend(key.map(|key| (record.generation, Arc::new(key))));
        }
        let jwks: Vec<_> = known.keys.iter().map(|(_, key)| key.public_jwk()).collect();
        let jwks = json!({ "keys": jwks }).to_string();
        known.public = JwkSet::parse(jwks.as_bytes()).unwrap_or_default();
        known
    }

    fn key(&self, generation: i64) -> Option<Arc<PrivateKey>> {
        let mut keys = self.keys.iter();
        keys.find(|(known, _)| *known == generation)
            .map(|(_, key)| Arc::clone(key))
    }
}

/// One that cannot be opened is left out: tokens that it signed are refused, whose clients refresh, and another one is made.
fn open(record: &SigningKeyRecord, ring: &KeyRing) -> Option<PrivateKey> {
    let unusable = |reason: &dyn std::fmt::Display| {
        log::error!("the signing key {} cannot be used: {reason}", record.id);
    };
    let context = SigningKeyRecord::sealing_context(&record.id);
    let bytes = ring.unseal(context, &record.private_key);
    let bytes = bytes.inspect_err(|error| unusable(error)).ok()?;
    let key = PrivateKey::from_bytes(record.algorithm, &bytes);
    let key = key.inspect_err(|error| unusable(error)).ok()?;
    Some(key).filter(|key| key.id() == record.id)
}
