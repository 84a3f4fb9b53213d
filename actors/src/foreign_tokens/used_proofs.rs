//! Proofs that were shown with tokens of another server (RFC 9449 section 11.1): each counts once. Bounded: they are forgotten
//! minute by minute, when they are too old to be shown again, and where there is no room nobody is let in by forgetting.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use crate::domain::client::SingleUse;
use crate::domain::clock::Timestamp;
use crate::domain::secret::SecretDigest;

/// Proofs that are remembered at once. A proof is remembered for six minutes, so that this is room for 2,700 calls a second.
const MOST: usize = 1_000_000;
/// The number of seconds whose proofs are forgotten together.
const SLICE: i64 = 60;

/// There are more proofs than can be remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more proofs were shown within minutes than can be remembered")]
pub(super) struct NoRoom;

/// The proofs of the last minutes, by the slice of time in which they end.
pub(super) struct UsedProofs {
    most: usize,
    kept: Mutex<HashMap<i64, HashSet<SecretDigest>>>,
}

impl Default for UsedProofs {
    fn default() -> Self {
        Self {
            most: MOST,
            kept: Mutex::default(),
        }
    }
}

impl UsedProofs {
    /// Whether nobody showed this one before.
    pub(super) fn remember(&self, used: &SingleUse, now: Timestamp) -> Result<bool, NoRoom> {
        let slice = |moment: Timestamp| moment.seconds().div_euclid(SLICE);
        // Sets are whole, so a panic under the lock cannot leave half of one.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|ends, _| *ends >= slice(now));
        if kept.values().any(|proofs| proofs.contains(&used.identifier)) {
            return Ok(false);
        }
        if kept.values().map(HashSet::len).sum::<usize>() >= self.most {
            return Err(NoRoom);
        }
        Ok(kept
            .entry(slice(used.ends_at))
            .or_default()
            .insert(used.identifier))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn proof(name: u8, ends: i64) -> SingleUse {
        SingleUse {
            identifier: SecretDigest::from_bytes([name; 32]),
            ends_at: Timestamp::from_seconds(ends),
        }
    }

    fn shown(proofs: &UsedProofs, name: u8, ends: i64, now: i64) -> Result<bool, NoRoom> {
        proofs.remember(&proof(name, ends), Timestamp::from_seconds(now))
    }

    #[test]
    fn a_proof_counts_once_until_it_is_too_old_to_be_shown() {
        let proofs = UsedProofs::default();
        assert_eq!(shown(&proofs, 1, NOW + 360, NOW), Ok(true));
        assert_eq!(shown(&proofs, 2, NOW + 300, NOW), Ok(true));
        for now in [NOW, NOW + 1, NOW + 359, NOW + 360] {
            assert_eq!(shown(&proofs, 1, NOW + 360, now), Ok(false), "{}", now - NOW);
        }
        // The same identifier made a moment later, in another slice of time.
        assert_eq!(shown(&proofs, 1, NOW + 420, NOW + 60), Ok(false));
        assert_eq!(shown(&proofs, 1, NOW + 780, NOW + 420), Ok(true));
    }

    #[test]
    fn a_clock_that_is_set_back_forgets_nothing() {
        let proofs = UsedProofs::default();
        assert_eq!(shown(&proofs, 1, NOW + 360, NOW), Ok(true));
        assert_eq!(shown(&proofs, 1, NOW + 360, NOW - 3_600), Ok(false));
    }

    #[test]
    fn where_there_is_no_room_nothing_is_forgotten_before_its_time() {
        let proofs = UsedProofs {
            most: 2,
            ..UsedProofs::default()
        };
        assert_eq!(shown(&proofs, 1, NOW + 360, NOW), Ok(true));
        assert_eq!(shown(&proofs, 2, NOW + 300, NOW), Ok(true));
        assert_eq!(shown(&proofs, 3, NOW + 360, NOW), Err(NoRoom));
        assert_eq!(shown(&proofs, 1, NOW + 360, NOW), Ok(false));
        assert_eq!(
            shown(&proofs, 3, NOW + 720, NOW + 360),
            Ok(true),
            "the second one is over"
        );
    }
}
