//! Access tokens that another server issued, where this server is a resource server only.
//!
//! * `messages.rs`: what can be asked.
//! * `actor.rs`: asks the issuer, once for equal questions at once.
//! * `answers.rs`: what was answered of late. `handle.rs`: answers from there without asking.
//! * `used_proofs.rs`: the proofs that were shown with tokens that are bound to a key.
//!
//! How a token is checked is `provider_broker::providers::oidc::access_tokens`.
//!
//! | part | state | class |
//! |---|---|---|
//! | answers | good tokens by digest, at most 10,000, until they end or `cache_ttl` is over; refused ones, at most 10,000, for some seconds | derivable: asked again |
//! | used proofs | at most 1,000,000, until they are too old to be shown again | ephemeral: each process has its own, and a restart forgets them |
//! | questions | tokens that the issuer is asked about | ephemeral: answered on stop |
//! | issuer | its discovery document and keys | derivable: fetched again |
//!
//! The handle admits 256 calls: each is a question that may take the issuer a second.

pub mod actor;
mod answers;
mod handle;
pub mod messages;
#[cfg(test)]
mod tests;
mod used_proofs;

use std::time::Duration;

use crate::provider_broker::user_mapping::UserMapping;
pub use handle::ForeignTokensHandle;
pub use messages::CheckToken;

/// What the operator can set.
#[derive(Clone, Debug)]
pub struct ForeignTokenSettings {
    /// How long an answer is believed: a token that its issuer revoked is accepted that long at most.
    pub cache_ttl: Duration,
    /// How long a caller waits.
    pub deadline: Duration,
    /// What users have beyond what the issuer says.
    pub user_mapping: UserMapping,
}
