//! The store of grants and tokens: opens and ends grants, issues, verifies and rotates their tokens.
//!
//! * `messages/`: what can be asked of it, and what it answers.
//! * `rules.rs`: how each message is answered; plain functions over repositories, a clock and randomness.
//! * `refresh.rs`: how refreshing is answered. `direct.rs`: how tokens are issued without a code.
//! * `upstream.rs`: how the provider's tokens in a grant are renewed by one caller among many.
//! * `signing/`: access tokens as signed texts, and their keys.
//! * `finding.rs`: whose grant it is, for records.
//! * `rotation.rs`: what a presented refresh token means. Pure, and the whole of that decision.
//! * `actor.rs`: lets each message be answered on a thread that may wait for the store.
//! * `verifier.rs`: the handle, which answers from `verified_tokens.rs` what was verified a moment ago.
//!
//! | part | state | class |
//! |---|---|---|
//! | store | grants with sealed upstream tokens, token digests, first uses, what was used once | durable |
//! | signing keys | sealed, in the store | durable |
//! | signing keys | opened, for a minute | derivable: read again |
//! | verified tokens | callers by digest of their token, for at most a second | derivable: asked again |
//! | verified tokens | questions that several callers wait for | ephemeral: the next in line asks |
//! | pool | calls to the store under way | ephemeral: answered on stop |
//!
//! The handle admits 1,024 calls: each token that is in use is asked about once a second, and a deploy makes all of
//! them misses at once.
//!
//! Values of tokens exist only in the answer that hands them out; a successor pair is derived, so that a client which
//! lost the answer gets the same pair again from a store that holds digests only.

pub mod actor;
mod direct;
pub mod finding;
pub mod messages;
mod presented;
mod refresh;
pub mod rotation;
pub mod rules;
pub mod signing;
#[cfg(test)]
mod tests;
mod upstream;
pub mod verified_tokens;
mod verifier;

use std::time::Duration;

pub use finding::{FindGrant, GrantReference};
pub use messages::{
    BeginUpstreamRefresh, CountGrants, EndUpstreamRefresh, HasUpstreamTokens, IssueAccessToken, IssueTokens,
    ListGrantsOfUser, OpenGrant, PublishedKeys, RememberUse, ReplaceUser, RetainUsers, RevokeGrant,
    RevokeGrantsOfUser, RevokeToken, RotateRefreshToken, SweepTokens, TakeUpstreamTokens, VerifyPurpose,
    VerifyToken,
};
pub use rules::TokenRules;
pub use signing::{AccessTokenFormat, SigningKeys};
pub use verifier::TokenStoreHandle;

/// What the operator can set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenStoreSettings {
    /// In which form access tokens are issued.
    pub access_token_format: AccessTokenFormat,
    /// How long an access token is valid; at most [`signing::schedule::LONGEST_ACCESS_TOKEN`] where it is signed.
    pub access_token_lifetime: Duration,
    /// How long a refresh token is valid that is not used: the idle lifetime of a login.
    pub refresh_token_lifetime: Duration,
    /// How long a grant lives however busy its client is; `None` for ever.
    pub grant_lifetime: Option<Duration>,
    /// For how long after its first use a refresh token gives the same pair again without question.
    pub refresh_reuse_window: Duration,
    /// How long a grant waits for its code to be exchanged; longer than a code lives.
    pub pending_grant_lifetime: Duration,
    /// How long ended grants and tokens are remembered, so that callers are told what happened to theirs.
    pub retention: Duration,
    /// How many access tokens without a code one client may hold for one user; the oldest is forgotten for one more.
    pub most_direct_grants: u32,
    /// How long the registration of a client lasts after tokens were issued to it. At least as long as a refresh token, or
    /// else a client loses its registration while it can still refresh.
    pub used_client_lifetime: Duration,
}

impl Default for TokenStoreSettings {
    fn default() -> Self {
        Self {
            access_token_format: AccessTokenFormat::Opaque,
            access_token_lifetime: Duration::from_hours(1),
            refresh_token_lifetime: Duration::from_hours(24 * 30),
            grant_lifetime: Some(Duration::from_hours(24 * 90)),
            refresh_reuse_window: Duration::from_secs(30),
            pending_grant_lifetime: Duration::from_mins(5),
            retention: Duration::from_hours(24),
            most_direct_grants: 1_000,
            used_client_lifetime: Duration::from_hours(24 * 90),
        }
    }
}
