//! The registry of sessions of the protocol's legacy revisions: opens, finds and ends them, for all replicas.
//!
//! * `messages.rs`: what can be asked of it, and what it answers.
//! * `rules.rs`: how each message is answered; plain functions over a repository, a clock and randomness.
//! * `actor.rs`: lets each message be answered on a thread that may wait for the store.
//! * `finder.rs`: the handle, which answers from `found_sessions.rs` what was found a moment ago.
//!
//! | part | state | class |
//! |---|---|---|
//! | store | open sessions | durable |
//! | found sessions | sessions by digest of their identifier, for at most a second | derivable: asked again |
//! | pool | calls to the store under way | ephemeral: answered on stop |
//!
//! The handle admits 1,024 calls: each session that is in use is asked about once a second, and a deploy makes all of
//! them misses at once. A use is written down every few minutes and not at every request.
//!
//! Calls that run within a session are not here: they stay with the replica that runs them.

pub mod actor;
mod finder;
mod found_sessions;
pub mod messages;
pub mod rules;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub use finder::{Finding, FoundSession, SessionRegistryHandle};
pub use messages::{CountSessions, EndSession, FindSession, OpenSession, SweepSessions};

/// What the registry keeps, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionRegistrySettings {
    /// How long a session lives that nobody uses.
    pub idle_lifetime: Duration,
    /// How far the noted use of a session may lie behind the real one. A session lives that much shorter at worst.
    pub use_precision: Duration,
    /// Sessions of one user at most. Beyond it the one that was idle longest makes room, and its client starts over, as
    /// after any 404.
    pub most_of_user: u32,
    /// Sessions of all callers together while authentication is off.
    pub most_of_nobody: u32,
}

impl Default for SessionRegistrySettings {
    fn default() -> Self {
        Self {
            idle_lifetime: Duration::from_hours(24),
            use_precision: Duration::from_mins(5),
            most_of_user: 1_000,
            most_of_nobody: 10_000,
        }
    }
}
