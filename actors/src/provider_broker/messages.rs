//! What can be asked of the broker. Each message names the outside act that it stands for.
//!
//! Cookies and form values come as the browser sent them, unchecked; an absent or malformed one is `None` or refused
//! here, not before.

use std::net::IpAddr;

use super::approved_request::ApprovedRequest;
use super::errors::{BeginError, CompleteLoginError, InteractionError, LogInError, UpstreamError};
use crate::domain::authorization_request::AuthorizationRequest;
use crate::domain::client::{Client, ClientId};
use crate::domain::clock::Timestamp;
use crate::domain::grant::GrantId;
use crate::domain::opaque_token::{BrowserSessionToken, BrowserToken, InteractionToken};
use crate::domain::pending_login::LoginPurpose;
use crate::domain::redirect_uri::RedirectUri;
use crate::domain::scope::ScopeSet;
use crate::domain::sealing::Sealed;
use crate::domain::secret::Secret;
use crate::domain::upstream_tokens::UpstreamTokens;
use crate::domain::user::{UserAccount, UserKey};
use crate::handle::Request;
use crate::store::StoreError;

/// A browser brought a valid authorization request that no remembered consent covers. Answered by
/// [`BeginAuthorizationReply`].
#[derive(Clone, Debug)]
pub struct BeginAuthorization {
    /// What the client asks for. It waits in the store until the user has decided.
    pub request: AuthorizationRequest,
    /// The cookie that ties logins to this browser, if it has one.
    pub browser: Option<Secret>,
    /// The cookie of the browser session, if it has one. Who is signed in need not type a password again.
    pub session: Option<Secret>,
}

/// The first page to show.
pub type BeginAuthorizationReply = Result<BegunInteraction, BeginError>;

/// An interaction that has begun.
#[derive(Debug)]
pub struct BegunInteraction {
    /// To be put into the forms of its pages, for the user's answers. It is also what protects them from forged
    /// requests: only this browser's own page knows it, and no other browser can use it.
    pub token: InteractionToken,
    /// The cookie to set, for a browser that had none.
    pub new_browser: Option<BrowserToken>,
    /// What to show.
    pub page: Page,
    /// When the pages stop working.
    pub expires_at: Timestamp,
}

/// What an interaction shows.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "one is made for each page that a person looks at, and most are the large one"
)]
pub enum Page {
    /// The login form, to be answered with [`LogInWithPassword`].
    LogIn,
    /// The consent page, to be answered with [`DecideConsent`].
    Consent {
        /// Who decides; `None` if that shows only at the provider, after the decision.
        user: Option<UserAccount>,
    },
}

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

/// A browser asks for a page of an interaction again: after a redirect, or by reloading. Changes nothing. Answered by
/// [`FindInteractionReply`].
#[derive(Clone, Debug)]
pub struct FindInteraction {
    /// The value of the page.
    pub interaction: Secret,
    /// The cookie that ties the login to its browser.
    pub browser: Option<Secret>,
    /// The cookie of the browser session. A consent page is its user's; anybody else sees the login form.
    pub session: Option<Secret>,
}

/// What to show, or why nothing.
pub type FindInteractionReply = Result<InteractionView, InteractionError>;

/// An interaction as its page shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct InteractionView {
    /// What it is for.
    pub purpose: LoginPurpose,
    /// What to show.
    pub page: Page,
    /// When the page stops working.
    pub expires_at: Timestamp,
}

/// A user typed name and password into the login form of provider `local`. Answered by [`LogInWithPasswordReply`].
#[derive(Clone, Debug)]
pub struct LogInWithPassword {
    /// The value of the page.
    pub interaction: Secret,
    /// The cookie that ties the login to its browser.
    pub browser: Option<Secret>,
    /// The cookie of an earlier browser session, which ends with this login.
    pub session: Option<Secret>,
    /// What was typed as the name.
    pub username: String,
    /// What was typed as the password.
    pub password: Secret,
    /// Where the request comes from, behind trusted proxies.
    pub network: IpAddr,
}

/// The user, or why not. After a wrong password the same page may be answered again.
pub type LogInWithPasswordReply = Result<LoggedIn, LogInError>;

/// A user who typed the right password.
#[derive(Debug)]
pub struct LoggedIn {
    /// Who it is.
    pub user: UserAccount,
    /// The new browser session.
    pub session: NewBrowserSession,
    /// What comes next: the consent page of the same interaction, or the front page, with which the interaction ends.
    pub purpose: LoginPurpose,
}

/// A browser session that was just made.
#[derive(Debug)]
pub struct NewBrowserSession {
    /// The cookie to set. Its value is new at each login, whatever the browser brought.
    pub token: BrowserSessionToken,
    /// When the session ends.
    pub expires_at: Timestamp,
}

/// A user pressed a button of the consent page. Answered by [`DecideConsentReply`].
#[derive(Clone, Debug)]
pub struct DecideConsent {
    /// The value of the page.
    pub interaction: Secret,
    /// The cookie that ties the login to its browser.
    pub browser: Option<Secret>,
    /// The cookie of the browser session. It was made at the login, so whoever planted the other cookie does not have
    /// it and cannot approve in the user's name.
    pub session: Option<Secret>,
    /// Which button.
    pub decision: Decision,
}

/// A user's answer to the consent page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The client may act for the user.
    Approve,
    /// It may not.
    Deny,
}

/// What the user decided. A page decides once; a second answer is
/// [`crate::domain::interaction::InteractionRefusal::AlreadyDecided`].
pub type DecideConsentReply = Result<DecidedConsent, InteractionError>;

/// A decision that was taken.
#[derive(Debug)]
pub enum DecidedConsent {
    /// The client may. With a user, a grant can be opened; without one, [`BeginLogin`] comes next.
    Approved(ApprovedRequest),
    /// The client is told `access_denied`.
    Denied(Box<AuthorizationRequest>),
}

/// A browser with a session brought an authorization request, and the operator lets consents be remembered. Send it
/// before [`BeginAuthorization`], and not for requests that another site's page started. Answered by
/// [`RecallConsentReply`].
#[derive(Clone, Debug)]
pub struct RecallConsent {
    /// What the client asks for.
    pub request: AuthorizationRequest,
    /// The client as it is now; one with other redirect URIs than at the time of the consent is asked about again.
    pub client: Box<Client>,
    /// The cookie of the browser session.
    pub session: Secret,
    /// The scopes that the default set stands for, used when the request names none.
    pub default_scopes: ScopeSet,
}

/// The request with its user, if that user has agreed to all of this before.
pub type RecallConsentReply = Result<Option<ApprovedRequest>, StoreError>;

/// A login has succeeded whose user had agreed to the client. Answered by [`RememberConsentReply`].
#[derive(Clone, Debug)]
pub struct RememberConsent {
    /// Who agreed.
    pub user: UserKey,
    /// To which client, as it is now.
    pub client: Box<Client>,
    /// Where the codes go.
    pub redirect_uri: RedirectUri,
    /// The scopes that the consent page showed.
    pub scopes: ScopeSet,
}

/// Remembered.
pub type RememberConsentReply = Result<(), StoreError>;

/// A user takes back what a client was allowed, for all its redirect URIs. Answered by [`ForgetConsentsReply`].
#[derive(Clone, Debug)]
pub struct ForgetConsents {
    /// Whose consents.
    pub user: UserKey,
    /// For which client.
    pub client: ClientId,
}

/// How many consents there were.
pub type ForgetConsentsReply = Result<u64, StoreError>;

/// A user has approved a client and is sent to the outside provider to log in. Answered by [`BeginLoginReply`].
#[derive(Debug)]
pub struct BeginLogin {
    /// The proof from [`DecideConsent`] or [`RecallConsent`].
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

/// A browser with a session asks for a page. Answered by [`FindBrowserSessionReply`].
#[derive(Clone, Debug)]
pub struct FindBrowserSession {
    /// The cookie.
    pub session: Secret,
}

/// Who is signed in, if anybody.
pub type FindBrowserSessionReply = Result<Option<SignedIn>, StoreError>;

/// A user who is signed in to this server's pages.
#[derive(Clone, Debug, PartialEq)]
pub struct SignedIn {
    /// Who it is, as of the latest login.
    pub user: UserAccount,
    /// When the session ends.
    pub expires_at: Timestamp,
}

/// A user signs out of this browser. Answered by [`EndBrowserSessionReply`].
#[derive(Clone, Debug)]
pub struct EndBrowserSession {
    /// The cookie.
    pub session: Secret,
}

/// Who was signed in, if anybody.
pub type EndBrowserSessionReply = Result<Option<UserKey>, StoreError>;

/// A user signs out everywhere, or the operator locks a user out. Answered by [`EndBrowserSessionsOfUserReply`].
#[derive(Clone, Debug)]
pub struct EndBrowserSessionsOfUser {
    /// Whose sessions.
    pub user: UserKey,
}

/// How many sessions there were.
pub type EndBrowserSessionsOfUserReply = Result<u64, StoreError>;

/// A grant's upstream access token is about to end, or its user is to be asked about again. Calls for one grant that
/// come at once become one call to the provider. Answered by [`RefreshUpstreamTokensReply`].
#[derive(Clone, Debug)]
pub struct RefreshUpstreamTokens {
    /// The provider that they came from.
    pub provider: String,
    /// The grant that holds them.
    pub grant: GrantId,
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

/// A grant has ended; the provider is told that its tokens are not needed any more. Answered by
/// [`RevokeUpstreamTokensReply`].
#[derive(Clone, Debug)]
pub struct RevokeUpstreamTokens {
    /// The provider that they came from.
    pub provider: String,
    /// The grant that held them.
    pub grant: GrantId,
    /// The tokens, as the grant held them.
    pub tokens: Sealed,
}

/// A login came back whose tokens no grant will hold: nobody needs them. Answered by [`DiscardUpstreamTokensReply`].
#[derive(Clone, Debug)]
pub struct DiscardUpstreamTokens {
    /// The tokens of [`CompletedLogin`].
    pub tokens: UpstreamTokens,
}

/// The provider was told, or could not be: a token without use ends by itself.
pub type DiscardUpstreamTokensReply = ();

/// Revoked, or there was nothing to revoke.
pub type RevokeUpstreamTokensReply = Result<(), UpstreamError>;

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

macro_rules! requests {
    ($($message:ident => $reply:ident;)*) => {$(
        impl Request for $message {
            type Answer = $reply;
        }
    )*};
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
    DiscardUpstreamTokens => DiscardUpstreamTokensReply;
    SweepLogins => SweepLoginsReply;
}
