//! What is asked of the broker where users log in at an outside provider: departures, callbacks, and the provider's tokens.

use super::pages::BegunInteraction;
use super::sessions::NewBrowserSession;
use crate::domain::grant::GrantId;
use crate::domain::opaque_token::BrowserToken;
use crate::domain::pending_login::LoginPurpose;
use crate::domain::sealing::Sealed;
use crate::domain::secret::Secret;
use crate::domain::upstream_tokens::UpstreamTokens;
use crate::domain::user::{UserAccount, UserKey};
use crate::provider_broker::approved_request::ApprovedRequest;
use crate::provider_broker::errors::{BeginError, CompleteLoginError, UpstreamError};
use crate::provider_broker::releases::Released;

/// A browser opened the front page and wants to sign in; no client is involved. Answered by [`BeginSignInReply`].
#[derive(Clone, Debug)]
pub struct BeginSignIn {
    /// The cookie that ties logins to this browser, if it has one.
    pub browser: Option<Secret>,
    /// This server's public URL as the browser sees it, without a slash at its end.
    pub public_url: String,
}

/// Where signing in begins.
pub type BeginSignInReply = Result<SignInStart, BeginError>;

/// Where signing in begins.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "one is made for each page that a person looks at"
)]
pub enum SignInStart {
    /// At this server's login form.
    LogIn(BegunInteraction),
    /// At the provider.
    Provider(Departure),
}

/// A browser that is to be sent to the provider (303).
#[derive(Debug)]
pub struct Departure {
    /// The provider's authorization endpoint with all parameters.
    pub url: String,
    /// The cookie to set, for a browser that had none.
    pub new_browser: Option<BrowserToken>,
}

/// A user has approved a client and is sent to the outside provider to log in. Answered by [`BeginLoginReply`].
#[derive(Debug)]
pub struct BeginLogin {
    /// The proof from [`super::DecideConsent`] or [`super::RecallConsent`].
    pub approved: ApprovedRequest,
    /// The cookie that ties the login to its browser.
    pub browser: Option<Secret>,
    /// This server's public URL as the browser sees it, without a slash at its end.
    pub public_url: String,
}

/// Where to send the browser.
pub type BeginLoginReply = Result<Departure, BeginError>;

/// A browser came back from the provider. Answered by [`CompleteLoginReply`].
#[derive(Clone, Debug)]
pub struct CompleteLogin {
    /// The configured provider at whose callback address it arrived.
    pub provider: String,
    /// `state`
    pub state: Secret,
    /// The cookie that ties the login to its browser.
    pub browser: Option<Secret>,
    /// The cookie of an earlier browser session, which ends with this login.
    pub session: Option<Secret>,
    /// What else the provider sent.
    pub answer: ProviderAnswer,
}

/// What a provider sends back through the browser (RFC 6749 sections 4.1.2 and 4.1.2.1).
#[derive(Clone, Debug)]
pub enum ProviderAnswer {
    /// The user logged in.
    Code {
        /// `code`
        code: Secret,
        /// `iss` (RFC 9207), if it was sent.
        issuer: Option<String>,
    },
    /// The user or the provider refused.
    Error {
        /// `error`
        error: String,
    },
}

/// The user and the provider's tokens, or why there are none.
pub type CompleteLoginReply = Result<CompletedLogin, CompleteLoginError>;

/// A login that has come back.
#[derive(Debug)]
pub struct CompletedLogin {
    /// What it was for.
    pub purpose: LoginPurpose,
    /// Who logged in.
    pub user: UserAccount,
    /// The provider's tokens, to be sealed into the grant at once.
    pub upstream_tokens: UpstreamTokens,
    /// The new browser session.
    pub session: NewBrowserSession,
}

/// A grant's upstream access token is about to end, or its user is to be asked about again. Calls for one grant that
/// come at once become one call to the provider. Answered by [`RefreshUpstreamTokensReply`].
#[derive(Clone, Debug)]
pub struct RefreshUpstreamTokens {
    /// The provider that they came from.
    pub provider: String,
    /// The grant that holds them.
    pub grant: GrantId,
    /// Whose tokens they are.
    pub user: UserKey,
    /// The tokens, as the grant holds them.
    pub tokens: Sealed,
}

/// The new tokens, to replace the old ones in the grant.
pub type RefreshUpstreamTokensReply = Result<RefreshedTokens, UpstreamError>;

/// What a provider gave for a refresh token.
#[derive(Clone, Debug)]
pub struct RefreshedTokens {
    /// For use.
    pub tokens: UpstreamTokens,
    /// For the store.
    pub sealed: Sealed,
}

/// A client or the server has ended a grant. The provider has its tokens back when there is time, if the user needs the login
/// there for no other grant. Answered by [`ReleaseUpstreamTokensReply`].
#[derive(Clone, Copy, Debug)]
pub struct ReleaseUpstreamTokens {
    /// The grant that holds them.
    pub grant: GrantId,
}

/// They are on their way, or too many are; a token without use ends by itself.
pub type ReleaseUpstreamTokensReply = ();

/// The same for a grant that was found to have ended. Answered by [`RevokeUpstreamTokensReply`], so that whoever tells of
/// many grants learns when to leave off.
#[derive(Clone, Copy, Debug)]
pub struct RevokeUpstreamTokens {
    /// The grant that holds them.
    pub grant: GrantId,
}

/// What became of them.
pub type RevokeUpstreamTokensReply = Result<Released, UpstreamError>;

/// A login came back whose tokens no grant will hold: the provider has them back if its user needs the login there for no
/// grant. Answered by [`DiscardUpstreamTokensReply`].
#[derive(Clone, Debug)]
pub struct DiscardUpstreamTokens {
    /// Who logged in.
    pub user: UserKey,
    /// The tokens of [`CompletedLogin`].
    pub tokens: UpstreamTokens,
}

/// They are on their way, or too many are; a token without use ends by itself.
pub type DiscardUpstreamTokensReply = ();
