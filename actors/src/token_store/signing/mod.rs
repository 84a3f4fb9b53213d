//! Access tokens as signed texts (RFC 9068), for resource servers that verify them by themselves, and the keys for it.
//!
//! * `schedule.rs`: which key does what when. Pure, and the whole of that decision.
//! * `keys.rs`: the keys as this process knows them, read from the store and made when they are due.
//! * `claims.rs`: what a signed token says.
//!
//! A signed token is another spelling of a token that is stored like every other one: its `jti` is the digest under which the
//! store finds it. So it is revoked, introspected and repeated like an opaque one, whatever the format is now, and its digest
//! is of no use to whoever reads it, since only a signature makes a token of it.

mod claims;
mod keys;
pub mod schedule;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub(super) use claims::Facts;
pub use claims::looks_signed;
pub use keys::{SigningKeyError, SigningKeys};

use crate::jose::SigningAlgorithm;

/// In which form access tokens are issued. Both forms are accepted, always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AccessTokenFormat {
    /// 256 random bits that only this server can say something about.
    #[default]
    Opaque,
    /// Signed claims (RFC 9068).
    Signed {
        /// What new keys sign with.
        algorithm: SigningAlgorithm,
        /// For how long a key signs.
        key_lifetime: Duration,
    },
}
