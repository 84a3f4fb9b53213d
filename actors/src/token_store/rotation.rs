//! What a presented refresh token means: the state machine of rotation (RFC 9700 section 4.14.2), made tolerant of
//! clients that lose an answer or refresh from several places at once.
//!
//! The first use rotates. Within the reuse window after it, everybody who presents the token gets the same
//! successor pair, used or not. After the window the same pair is still given as long as nobody has used either
//! half of it, because then the answer can only have been lost. Otherwise two parties hold the login, one of them
//! is a thief, and the grant ends.
//!
//! Pure: storing, deriving and ending are in `rules.rs`.

use std::time::Duration;

use crate::domain::clock::Timestamp;
use crate::domain::token::{RefreshTokenRecord, RefreshTokenState, Succession};

/// What to do with a presented refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RotationDecision {
    /// Exchange it for a new pair.
    Rotate,
    /// Give the pair that it was exchanged for again.
    Repeat(Succession),
    /// End the grant.
    EndGrant,
    /// Refuse it; its time is over.
    Expired,
}

/// Decides over `presented`, whose grant is active and whose client is right. `successor` is the refresh token of
/// the pair that it was exchanged for, if it was and the store still has it.
#[must_use]
pub fn decide(
    presented: &RefreshTokenRecord,
    successor: Option<&RefreshTokenRecord>,
    now: Timestamp,
    reuse_window: Duration,
) -> RotationDecision {
    if presented.expires_at <= now {
        return RotationDecision::Expired;
    }
    let RefreshTokenState::Rotated(succession) = presented.state else {
        return RotationDecision::Rotate;
    };
    // A clock that went backwards makes no time pass, which keeps the window open.
    let is_within_window = now.duration_since(succession.at) <= reuse_window;
    // A successor that the store has lost counts as used: theft must not pass for a lost answer.
    let is_successor_unused = successor.is_some_and(|successor| !successor.is_pair_used());
    if is_within_window || is_successor_unused {
        RotationDecision::Repeat(succession)
    } else {
        RotationDecision::EndGrant
    }
}
