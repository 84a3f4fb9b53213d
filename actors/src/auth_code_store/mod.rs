//! The store of authorization codes: issues them, and decides whether an exchange is the one that a code is for.
//!
//! * `messages.rs`: what can be asked of it, and what it answers.
//! * `rules.rs`: how each message is answered; plain functions over a repository, a clock and randomness.
//! * `actor.rs`: lets each message be answered on a thread that may wait for the store.
//!
//! A code is spent in the same transaction that stores its tokens, so that a crash cannot lose both. Hence
//! [`ConsumeCode`] answers with a [`crate::domain::authorization_code::VerifiedCode`], and
//! [`crate::token_store::IssueTokens`] spends it; of several that hold the same verified code, one succeeds.
//!
//! | part | state | class |
//! |---|---|---|
//! | store | code digests and what became of them | durable |
//! | pool | calls to the store under way | ephemeral: answered on stop |
//!
//! The handle admits 256 calls: a login needs two, and neither takes longer than the store.

pub mod actor;
pub mod messages;
pub mod rules;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub use messages::{ConsumeCode, SaveCode, SweepCodes};
pub use rules::CodeRules;

/// What the operator can set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuthCodeStoreSettings {
    /// How long a code is valid; more than a minute counts as a minute.
    pub lifetime: Duration,
    /// How long an ended code is remembered, so that its replay is recognised.
    pub retention: Duration,
}

impl Default for AuthCodeStoreSettings {
    fn default() -> Self {
        Self {
            lifetime: Duration::from_mins(1),
            retention: Duration::from_hours(24),
        }
    }
}
