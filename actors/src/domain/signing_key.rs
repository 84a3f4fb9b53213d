//! The keys that access tokens are signed with, as they are stored: sealed, in a chain of generations that all replicas share.
//!
//! What a key may be used for at what time is decided in `token_store::signing::schedule`.

use super::clock::Timestamp;
use super::sealing::{Sealed, SealingContext};
use crate::jose::SigningAlgorithm;

/// A signing key as it is stored. The public half is not: it follows from the private one, so that nobody who can only
/// write to the store can have a key of theirs published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKeyRecord {
    /// Its place in the chain, from 1. There is one key of each generation.
    pub generation: i64,
    /// `kid`: the thumbprint of the public key (RFC 7638).
    pub id: String,
    /// What it signs with.
    pub algorithm: SigningAlgorithm,
    /// The private key.
    pub private_key: Sealed,
    /// When it was made, and published.
    pub created_at: Timestamp,
    /// From when it may sign, which is when its predecessor stops.
    pub usable_from: Timestamp,
}

impl SigningKeyRecord {
    /// Where the private key of this name belongs.
    #[must_use]
    pub const fn sealing_context(id: &str) -> SealingContext<'_> {
        SealingContext {
            purpose: "signing key",
            owner: id,
        }
    }
}
