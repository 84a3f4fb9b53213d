//! Which signing key does what at which moment. Pure, and the whole of that decision: every replica that reads the same keys
//! decides the same.
//!
//! A key is published when it is made, signs from `usable_from` on until its successor may sign, and stays published until the
//! last token that it signed is over. Only the first key signs at once, since there is no other one.

use std::time::Duration;

use crate::domain::clock::Timestamp;
use crate::jose::SigningAlgorithm;

/// How long a key is published before it signs: longer than resource servers usually keep the keys that they read.
pub const PUBLISHED_AHEAD: Duration = Duration::from_hours(24);
/// The longest life of an access token, whatever is configured now: a token that is out there was issued under an earlier
/// configuration.
pub const LONGEST_ACCESS_TOKEN: Duration = Duration::from_hours(24);
/// For clocks that differ, and for a replica that has not seen yet that a successor is in charge.
const MARGIN: Duration = Duration::from_hours(1);

/// What is looked at of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScheduledKey {
    /// Its place in the chain.
    pub generation: i64,
    /// What it signs with.
    pub algorithm: SigningAlgorithm,
    /// From when it may sign.
    pub usable_from: Timestamp,
    /// Whether this server can open it. One that it cannot is as good as absent.
    pub is_readable: bool,
}

/// What the operator wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// What new keys sign with.
    pub algorithm: SigningAlgorithm,
    /// For how long a key signs.
    pub interval: Duration,
}

/// A key that should be made now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NextKey {
    /// Its place in the chain. If another replica takes it first, that one's key is the next one.
    pub generation: i64,
    /// From when it may sign.
    pub usable_from: Timestamp,
}

/// The key that signs now. With a clock that went back, the one that may sign first.
#[must_use]
pub fn signer(keys: &[ScheduledKey], now: Timestamp) -> Option<&ScheduledKey> {
    let readable = || keys.iter().filter(|key| key.is_readable);
    let usable = readable().filter(|key| key.usable_from <= now);
    let latest = usable.max_by_key(|key| key.generation);
    latest.or_else(|| readable().min_by_key(|key| key.generation))
}

/// The key that is due, if one is. While one waits for its time there is no other.
#[must_use]
pub fn next(keys: &[ScheduledKey], rotation: &Rotation, now: Timestamp) -> Option<NextKey> {
    let newest = keys.iter().map(|key| key.generation).max().unwrap_or(0);
    let next = |usable_from| {
        Some(NextKey {
            generation: newest + 1,
            usable_from,
        })
    };
    let Some(signer) = signer(keys, now) else {
        return next(now);
    };
    if keys.iter().any(|key| key.is_readable && key.usable_from > now) {
        return None;
    }
    if signer.algorithm != rotation.algorithm {
        return next(now + PUBLISHED_AHEAD);
    }
    let retires = signer.usable_from + rotation.interval;
    let is_due = retires <= now + PUBLISHED_AHEAD;
    is_due.then(|| next(retires.max(now + PUBLISHED_AHEAD))).flatten()
}

/// The first generation that must still be published. Whatever is older signed nothing that is still good.
#[must_use]
pub fn oldest_published(keys: &[ScheduledKey], now: Timestamp) -> i64 {
    let is_over = |key: &&ScheduledKey| {
        let successors = keys
            .iter()
            .filter(|other| other.is_readable && other.generation > key.generation);
        let retired = successors.map(|successor| successor.usable_from).min();
        retired.is_some_and(|retired| retired + LONGEST_ACCESS_TOKEN + MARGIN <= now)
    };
    let over = keys.iter().filter(is_over).map(|key| key.generation).max();
    over.map_or(0, |generation| generation + 1)
}
