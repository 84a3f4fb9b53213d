//! What can be asked of the broker. Each message names the outside act that it stands for.
//!
//! Cookies and form values come as the browser sent them, unchecked; an absent or malformed one is `None` or refused
//! here, not before.
//!
//! - `pages`: interactions, passwords, consents. `outside`: logins at a provider, and its tokens. `sessions`: who is signed in.
//! - `users`: who still is a user.

mod outside;
mod pages;
mod sessions;
mod users;

pub use outside::*;
pub use pages::*;
pub use sessions::*;
pub use users::*;

use crate::handle::requests;
use crate::store::StoreError;

/// The time has come to forget interactions, logins, sessions and consents whose time is over. Answered by
/// [`SweepLoginsReply`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SweepLogins {
    /// The most of each kind to delete in one go.
    pub most: u32,
}

/// How many were deleted.
pub type SweepLoginsReply = Result<LoginSweep, StoreError>;

/// How many of each kind were deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoginSweep {
    /// Pages that nobody answered in time, and answered ones.
    pub interactions: u64,
    /// Logins that did not come back from the provider.
    pub pending_logins: u64,
    /// Browser sessions.
    pub browser_sessions: u64,
    /// Consents that must be asked for again.
    pub consents: u64,
}

requests! {
    BeginAuthorization => BeginAuthorizationReply;
    BeginSignIn => BeginSignInReply;
    FindInteraction => FindInteractionReply;
    LogInWithPassword => LogInWithPasswordReply;
    DecideConsent => DecideConsentReply;
    RecallConsent => RecallConsentReply;
    RememberConsent => RememberConsentReply;
    ForgetConsents => ForgetConsentsReply;
    BeginLogin => BeginLoginReply;
    CompleteLogin => CompleteLoginReply;
    FindBrowserSession => FindBrowserSessionReply;
    EndBrowserSession => EndBrowserSessionReply;
    EndBrowserSessionsOfUser => EndBrowserSessionsOfUserReply;
    RefreshUpstreamTokens => RefreshUpstreamTokensReply;
    RevokeUpstreamTokens => RevokeUpstreamTokensReply;
    ReleaseUpstreamTokens => ReleaseUpstreamTokensReply;
    DiscardUpstreamTokens => DiscardUpstreamTokensReply;
    VouchForUser => VouchForUserReply;
    SweepLogins => SweepLoginsReply;
}
