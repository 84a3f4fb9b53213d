//! What the pages of a login ask of the broker: authorization requests that wait for their user, passwords, consents.

use std::net::IpAddr;

use super::sessions::NewBrowserSession;
use crate::domain::authorization_request::AuthorizationRequest;
use crate::domain::client::{Client, ClientId};
use crate::domain::clock::Timestamp;
use crate::domain::opaque_token::{BrowserToken, InteractionToken};
use crate::domain::pending_login::LoginPurpose;
use crate::domain::redirect_uri::RedirectUri;
use crate::domain::scope::ScopeSet;
use crate::domain::secret::Secret;
use crate::domain::user::{UserAccount, UserKey};
use crate::provider_broker::approved_request::ApprovedRequest;
use crate::provider_broker::errors::{BeginError, InteractionError, LogInError};
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
    /// The client may. With a user, a grant can be opened; without one, [`super::BeginLogin`] comes next.
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
