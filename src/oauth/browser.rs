//! What the acts of a login share: what a browser brings, what it gets, and what its pages show.

use mxcp_actors::client_registry::FindClient;
use mxcp_actors::domain::audit_event::AuthenticationEvent;
use mxcp_actors::domain::authorization_request::AuthorizationRequest;
use mxcp_actors::domain::client::{Client, ClientOrigin, MetadataDocumentUrl};
use mxcp_actors::domain::interaction::InteractionRefusal;
use mxcp_actors::domain::login_attempt::AttemptId;
use mxcp_actors::domain::opaque_token::BrowserToken;
use mxcp_actors::domain::pending_login::LoginPurpose;
use mxcp_actors::domain::redirect_uri::RedirectKind;
use mxcp_actors::domain::scope::ScopeSet;
use mxcp_actors::domain::secret::Secret;
use mxcp_actors::domain::user::UserAccount;
use mxcp_actors::provider_broker::errors::InteractionError;
use mxcp_actors::provider_broker::messages::{BegunInteraction, NewBrowserSession, Page};
use url::form_urlencoded;

use super::authorization_response::AuthorizationResponse;
use super::{Addresses, Caller, Services, Unavailable};

/// The cookies that a browser brought, unchecked.
#[derive(Clone, Debug, Default)]
pub struct Cookies {
    /// Ties logins to this browser.
    pub browser: Option<Secret>,
    /// Says who is signed in.
    pub session: Option<Secret>,
}

/// What a browser gets, and the cookies that go with it.
#[derive(Debug)]
pub struct Step {
    /// What it gets.
    pub next: Next,
    /// For a browser that had none.
    pub new_browser: Option<BrowserToken>,
    /// For a browser whose user has just logged in.
    pub new_session: Option<NewBrowserSession>,
}

/// What a browser gets.
#[derive(Debug)]
pub enum Next {
    /// The login form.
    LogIn(LogInView),
    /// The consent page.
    Consent(Box<ConsentView>),
    /// Another of our own pages: a path with a query.
    Own(String),
    /// The identity provider's login.
    Provider(String),
    /// The response to the client.
    Client(AuthorizationResponse),
}

/// What the login form shows.
#[derive(Debug)]
pub struct LogInView {
    /// Goes into the form.
    pub interaction: Secret,
    /// For whom the user logs in; `None` for our own front page.
    pub client: Option<ClientView>,
    /// The attempt that it is part of.
    pub attempt: Option<AttemptId>,
}

/// What the consent page shows.
#[derive(Debug)]
pub struct ConsentView {
    /// Goes into the form.
    pub interaction: Secret,
    /// Who asks.
    pub client: ClientView,
    /// What for.
    pub scopes: ScopeSet,
    /// Who decides; `None` if that shows only at the provider.
    pub user: Option<UserAccount>,
}

/// A client as people must see it before they trust it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientView {
    /// What it calls itself, or its identifier.
    pub name: String,
    /// Who vouches for the name.
    pub standing: Standing,
    /// The host or the application that gets the code.
    pub receiver: String,
    /// The whole address that gets the code.
    pub redirect_uri: String,
    /// Whether the code goes to a program on the user's own machine, which could be any program.
    pub is_loopback: bool,
    /// Whether the user is asked to copy the code.
    pub is_out_of_band: bool,
}

/// Who vouches for a client's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The operator of this server.
    Configured,
    /// Nobody.
    Unverified,
    /// The owner of this host.
    Host(String),
}

/// Why one of our pages is not shown or its form not accepted. Shown on a page, never told to a client.
#[derive(Debug, thiserror::Error)]
pub enum PageRefusal {
    /// The page is unknown, over, or another browser's.
    #[error(transparent)]
    Interaction(#[from] InteractionRefusal),
    /// The client was forgotten while its user looked at the page.
    #[error("Invalid client_id: the application's registration has lapsed; start again in your application")]
    ClientGone,
    /// The server cannot do it now.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl From<InteractionError> for PageRefusal {
    fn from(error: InteractionError) -> Self {
        match error {
            InteractionError::Refused(refusal) => Self::Interaction(refusal),
            InteractionError::Store(error) => Self::Unavailable(error.into()),
        }
    }
}

impl Step {
    /// Something without new cookies.
    pub(super) fn plain(next: Next) -> Self {
        Self {
            next,
            new_browser: None,
            new_session: None,
        }
    }
}

impl Standing {
    /// Who vouches for this client's name.
    pub(super) fn of(client: &Client) -> Self {
        match client.origin {
            ClientOrigin::Configured => Self::Configured,
            ClientOrigin::Registered => Self::Unverified,
            ClientOrigin::MetadataDocument(_) => MetadataDocumentUrl::parse(&client.id)
                .map_or(Self::Unverified, |url| Self::Host(url.host().to_owned())),
        }
    }
}

impl ClientView {
    /// The client, and where this request's response goes.
    pub(super) fn new(client: &Client, request: &AuthorizationRequest) -> Self {
        let kind = request.redirect_uri.kind();
        Self {
            name: client.name.clone().unwrap_or_else(|| client.id.to_string()),
            standing: Standing::of(client),
            receiver: request.redirect_uri.receiver().to_owned(),
            redirect_uri: request.redirect_uri.to_string(),
            is_loopback: kind == RedirectKind::Loopback,
            is_out_of_band: kind == RedirectKind::OutOfBand,
        }
    }
}

/// The first page of an interaction that has begun.
pub(super) fn first_page(begun: BegunInteraction, client: Option<(&Client, &AuthorizationRequest)>) -> Step {
    let interaction = begun.token.secret().clone();
    Step {
        next: page(interaction, begun.page, client),
        new_browser: begun.new_browser,
        new_session: None,
    }
}

/// The page that an interaction waits at. Without a client there is nothing to consent to, so it is the login form.
pub(super) fn page(
    interaction: Secret,
    page: Page,
    client: Option<(&Client, &AuthorizationRequest)>,
) -> Next {
    match (page, client) {
        (Page::Consent { user }, Some((client, request))) => Next::Consent(Box::new(ConsentView {
            interaction,
            client: ClientView::new(client, request),
            scopes: request.asked.clone().unwrap_or_default(),
            user,
        })),
        (Page::LogIn | Page::Consent { .. }, client) => Next::LogIn(LogInView {
            interaction,
            attempt: client.and_then(|(_, request)| request.attempt),
            client: client.map(|(client, request)| ClientView::new(client, request)),
        }),
    }
}

impl PageRefusal {
    /// The attempt that the page belongs to, as far as it is known.
    fn attempt(&self) -> Option<AttemptId> {
        match self {
            Self::Interaction(InteractionRefusal::OtherBrowser { attempt }) => *attempt,
            Self::Interaction(InteractionRefusal::AlreadyDecided { purpose, .. }) => purpose.attempt(),
            Self::Interaction(InteractionRefusal::Unknown | InteractionRefusal::OtherStage)
            | Self::ClientGone
            | Self::Unavailable(_) => None,
        }
    }
}

impl Services {
    /// Records that a page of a login could not be used.
    pub(super) fn page_refused(&self, caller: &Caller, page: &'static str, refusal: &PageRefusal) {
        let event = self.event(AuthenticationEvent::PageRefused, caller);
        let event = event.attempt(refusal.attempt()).detail("page", &page);
        event.refused(refusal).write();
    }

    /// The client of a request that was accepted a while ago.
    pub(super) async fn client_of(&self, request: &AuthorizationRequest) -> Result<Client, PageRefusal> {
        let id = request.client.clone();
        let found = self.actors.clients.ask(FindClient { id }).await;
        let client = found.map_err(Unavailable::from)?.map_err(Unavailable::from)?;
        client.ok_or(PageRefusal::ClientGone)
    }
}

/// Our own address that begins the same login again, for a browser that answered a page twice.
pub(super) fn begin_again(addresses: &Addresses, purpose: &LoginPurpose) -> String {
    match purpose {
        LoginPurpose::SignIn => addresses.path("/"),
        LoginPurpose::Authorize(request) => {
            format!("{}?{}", addresses.path("/authorize"), query(request))
        }
    }
}

/// The address of the page that an interaction waits at.
pub(super) fn page_address(addresses: &Addresses, interaction: &Secret) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("interaction", interaction.expose());
    format!("{}?{}", addresses.path("/consent"), query.finish())
}

fn query(request: &AuthorizationRequest) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("response_type", "code")
        .append_pair("client_id", request.client.as_str())
        .append_pair("redirect_uri", request.redirect_uri.as_str())
        .append_pair("code_challenge", request.challenge.as_str())
        .append_pair("code_challenge_method", "S256")
        .append_pair("resource", request.resource.as_str());
    if let Some(scopes) = &request.asked {
        query.append_pair("scope", &scopes.to_string());
    }
    if let Some(state) = &request.state {
        query.append_pair("state", state);
    }
    query.finish()
}
