//! `/authorize`: a browser brings a client's request (RFC 6749 section 4.1.1, RFC 7636, RFC 8707).
//!
//! What is wrong with the client or its redirect URI is told to the user and to nobody else; only when both are known
//! to belong together are the other errors told to the client.

use mxcp_actors::client_registry::ResolveClient;
use mxcp_actors::client_registry::documents::DocumentRefusal;
use mxcp_actors::client_registry::messages::ResolveClientError;
use mxcp_actors::domain::audit_event::AuthenticationEvent;
use mxcp_actors::domain::authorization_request::{AuthorizationRequest, LONGEST_STATE};
use mxcp_actors::domain::client::{Client, ClientId, GrantType, LONGEST_CLIENT_ID, RedirectRefusal};
use mxcp_actors::domain::dpop::{InvalidThumbprint, KeyThumbprint};
use mxcp_actors::domain::login_attempt::AttemptId;
use mxcp_actors::domain::pkce::{CodeChallenge, InvalidChallenge};
use mxcp_actors::domain::redirect_uri::{LONGEST_REDIRECT_URI, RedirectUri};
use mxcp_actors::domain::resource::{LONGEST_RESOURCE, WrongResource};
use mxcp_actors::domain::scope::{InvalidScope, ScopeRequest, ScopeSet};
use mxcp_actors::provider_broker::ApprovedRequest;
use mxcp_actors::provider_broker::messages::{BeginAuthorization, RecallConsent};
use url::Url;

use super::approved::{self, LoginFailure};
use super::authorization_response::ResponseTarget;
use super::browser::{self, Cookies, Next, Step};
use super::error_description::error_description;
use super::parameters::{InvalidParameters, Parameters};
use super::{Addresses, Caller, Services, Settings, Unavailable};

/// The longest `scope`, in bytes.
pub(super) const LONGEST_SCOPES: usize = 4096;

/// A browser at the authorization endpoint.
#[derive(Clone, Debug)]
pub struct Visit {
    /// What it brought.
    pub cookies: Cookies,
    /// Whether one of our own pages sent it. Only then may a remembered consent stand for the user's: anybody can make
    /// a link (RFC 9700 section 4.4).
    pub is_from_own_page: bool,
}

/// Why the user sees an error page instead of going back to a client (RFC 6749 section 4.1.2.1).
#[derive(Debug, thiserror::Error)]
pub enum AuthorizeError {
    /// The request cannot be read, or not the part that says where to answer.
    #[error(transparent)]
    Parameters(#[from] InvalidParameters),
    /// The request names no client.
    #[error("Invalid client_id: it is missing")]
    NoClient,
    /// Nobody has this identifier, or not any more.
    #[error(
        "Invalid client_id: no application with this identifier is registered here, or its registration has lapsed"
    )]
    UnknownClient,
    /// The identifier is the URL of a document that cannot be relied on.
    #[error("Invalid client_id: the document that describes this application cannot be used: {0}")]
    Document(DocumentRefusal),
    /// The request may not be answered where it wants.
    #[error(transparent)]
    Redirect(#[from] RedirectRefusal),
    /// Answering there would send the code to ourselves.
    #[error(
        "Invalid redirect_uri: it is this server's own callback, where no application can receive a code"
    )]
    OwnCallback,
    /// The server could not find out.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// What is wrong with a request, for its client.
#[derive(Debug, thiserror::Error)]
enum RequestRefusal {
    #[error(transparent)]
    Parameters(#[from] InvalidParameters),
    #[error("response_type is not supported; accepted is code")]
    ResponseType,
    #[error("response_mode is not supported; accepted is query")]
    ResponseMode,
    #[error("request objects are not supported; send the parameters themselves")]
    RequestObject,
    #[error("request_uri is not supported; send the parameters themselves")]
    RequestUri,
    #[error("the client is not registered for the grant type authorization_code")]
    GrantType,
    #[error(transparent)]
    Challenge(#[from] InvalidChallenge),
    #[error("dpop_jkt: {0}")]
    Thumbprint(#[from] InvalidThumbprint),
    #[error(transparent)]
    Resource(#[from] WrongResource),
    #[error(transparent)]
    Scope(#[from] InvalidScope),
    #[error("none of the requested scopes may be granted to this client; it may have: {allowed}")]
    NoScope { allowed: ScopeSet },
}

impl RequestRefusal {
    /// The error code of RFC 6749 section 4.1.2.1, RFC 8707 section 2 and OpenID Connect Core section 3.1.2.6.
    const fn code(&self) -> &'static str {
        match self {
            Self::Parameters(_) | Self::ResponseMode | Self::Challenge(_) | Self::Thumbprint(_) => {
                "invalid_request"
            }
            Self::ResponseType => "unsupported_response_type",
            Self::RequestObject => "request_not_supported",
            Self::RequestUri => "request_uri_not_supported",
            Self::GrantType => "unauthorized_client",
            Self::Resource(_) => "invalid_target",
            Self::Scope(_) | Self::NoScope { .. } => "invalid_scope",
        }
    }
}

/// Who asks, and where the answer goes: the part of a request that must be right before anything is answered with a
/// redirect.
struct Requester {
    client: Client,
    redirect_uri: RedirectUri,
    state: Option<String>,
}

/// Decides what the browser gets for this request.
pub async fn authorize(
    services: &Services,
    addresses: &Addresses,
    caller: &Caller,
    visit: Visit,
    parameters: &Parameters,
) -> Result<Step, AuthorizeError> {
    let attempt = AttemptId::generate(services.randomness.as_ref()).map_err(Unavailable::from)?;
    let requester = match find_requester(services, addresses, caller, parameters).await {
        Ok(requester) => requester,
        Err(error) => {
            record_refusal(services, caller, attempt, parameters, &error);
            return Err(error);
        }
    };
    let target = ResponseTarget::new(requester.redirect_uri.clone(), requester.state.clone());
    let asked = match read(services, addresses, &requester.client, parameters) {
        Ok(asked) => asked,
        Err(refusal) => {
            let client = &requester.client.id;
            log::info!("an authorization request of the client {client} is refused: {refusal}");
            record_refusal(services, caller, attempt, parameters, &refusal);
            let response = target.error(addresses.issuer(), refusal.code(), error_description(&refusal));
            return Ok(Step::plain(Next::Client(response)));
        }
    };
    let request = AuthorizationRequest {
        client: requester.client.id.clone(),
        redirect_uri: requester.redirect_uri,
        challenge: asked.challenge,
        resource: addresses.resource().clone(),
        asked: Some(asked.scopes),
        state: requester.state,
        attempt: Some(attempt),
        bound_to: asked.bound_to,
    };
    record_request(services, caller, &requester.client, &request);
    let step = go_on(services, addresses, caller, visit, requester.client, request).await;
    Ok(step.unwrap_or_else(|failure| Step::plain(Next::Client(failure.tell(&target, addresses.issuer())))))
}

/// A request that is not answered with a page for its user. The identifier of the client is recorded as far as it is one.
fn record_refusal(
    services: &Services,
    caller: &Caller,
    attempt: AttemptId,
    parameters: &Parameters,
    reason: &dyn std::fmt::Display,
) {
    let event = services.event(AuthenticationEvent::AuthorizationRefused, caller);
    let client = parameters.optional_within("client_id", LONGEST_CLIENT_ID);
    let client = client.ok().flatten().map(ClientId::parse);
    let event = match client {
        Some(Ok(client)) => event.client(&client),
        Some(Err(_)) | None => event,
    };
    event.attempt(Some(attempt)).refused(reason).write();
}

fn record_request(services: &Services, caller: &Caller, client: &Client, request: &AuthorizationRequest) {
    let event = services.event(AuthenticationEvent::AuthorizationRequested, caller);
    let event = event
        .request(request)
        .detail("redirect_uri", &request.redirect_uri);
    let event = match &client.name {
        Some(name) => event.detail("client_name", name),
        None => event,
    };
    match &request.asked {
        Some(scopes) => event.scopes(scopes).write(),
        None => event.write(),
    }
}

async fn find_requester(
    services: &Services,
    addresses: &Addresses,
    caller: &Caller,
    parameters: &Parameters,
) -> Result<Requester, AuthorizeError> {
    let id = parameters.optional_within("client_id", LONGEST_CLIENT_ID)?;
    let id = ClientId::parse(id.ok_or(AuthorizeError::NoClient)?);
    let id = id.map_err(|_| AuthorizeError::UnknownClient)?;
    let requested = parameters.optional_within("redirect_uri", LONGEST_REDIRECT_URI)?;
    let state = parameters.optional_within("state", LONGEST_STATE)?;
    let client = resolve(services, caller, id, requested).await?;
    let redirect_uri = client.choose_redirect_uri(requested)?;
    if is_own_callback(services, addresses, &redirect_uri) {
        return Err(AuthorizeError::OwnCallback);
    }
    Ok(Requester {
        client,
        redirect_uri,
        state: state.map(str::to_owned),
    })
}

/// The client with this identifier, whose document may have to be read first.
async fn resolve(
    services: &Services,
    caller: &Caller,
    id: ClientId,
    redirect_uri: Option<&str>,
) -> Result<Client, AuthorizeError> {
    let resolved = services.actors.clients.ask(ResolveClient {
        id,
        redirect_uri: redirect_uri.map(str::to_owned),
        network: caller.network,
    });
    match resolved.await.map_err(Unavailable::from)? {
        Ok(client) => Ok(client),
        Err(ResolveClientError::Unknown) => Err(AuthorizeError::UnknownClient),
        Err(ResolveClientError::Store(error)) => Err(Unavailable::from(error).into()),
        Err(ResolveClientError::Document(refusal)) => Err(AuthorizeError::Document(refusal)),
    }
}

fn is_own_callback(services: &Services, addresses: &Addresses, redirect_uri: &RedirectUri) -> bool {
    let (Some(callback_path), Ok(url)) = (
        services.settings.callback_path(),
        Url::parse(redirect_uri.as_str()),
    ) else {
        return false;
    };
    url.origin().ascii_serialization() == addresses.base_url().origin()
        && url.path() == addresses.path(callback_path)
}

/// What the request asks for, beside who asks.
struct Asked {
    challenge: CodeChallenge,
    scopes: ScopeSet,
    bound_to: Option<KeyThumbprint>,
}

fn read(
    services: &Services,
    addresses: &Addresses,
    client: &Client,
    parameters: &Parameters,
) -> Result<Asked, RequestRefusal> {
    if parameters.optional("request")?.is_some() {
        return Err(RequestRefusal::RequestObject);
    }
    if parameters.optional("request_uri")?.is_some() {
        return Err(RequestRefusal::RequestUri);
    }
    if parameters.required("response_type")? != "code" {
        return Err(RequestRefusal::ResponseType);
    }
    if parameters
        .optional("response_mode")?
        .is_some_and(|mode| mode != "query")
    {
        return Err(RequestRefusal::ResponseMode);
    }
    if !client.may_use(GrantType::AuthorizationCode) {
        return Err(RequestRefusal::GrantType);
    }
    let challenge = CodeChallenge::from_request(
        parameters.optional("code_challenge")?,
        parameters.optional("code_challenge_method")?,
    )?;
    if let Some(resource) = parameters.optional_within("resource", LONGEST_RESOURCE)? {
        addresses.resource().accept(resource)?;
    }
    let asked = parameters
        .optional_within("scope", LONGEST_SCOPES)?
        .map(ScopeSet::parse)
        .transpose()?;
    let scopes = shown_scopes(client, asked.as_ref(), &services.settings);
    if scopes.is_empty() && asked.is_some_and(|asked| !asked.is_empty()) {
        return Err(RequestRefusal::NoScope {
            allowed: client.scopes.clone(),
        });
    }
    let bound_to = parameters
        .optional("dpop_jkt")?
        .map(KeyThumbprint::parse)
        .transpose()?;
    Ok(Asked {
        challenge,
        scopes,
        bound_to,
    })
}

/// What the consent page shows and a grant has at most, of a user or of a service account: what was asked, as far as the client may have it. A request
/// without `scope` means what every call needs, or else the default set, as far as the client registered for it; for a client
/// that did for none of that, it means all that it registered for.
pub(super) fn shown_scopes(client: &Client, asked: Option<&ScopeSet>, settings: &Settings) -> ScopeSet {
    let registered = client.registered_scopes();
    let meant = [&settings.required_scopes, &settings.default_scopes];
    let meant = meant.map(|scopes| scopes.intersection(&registered));
    let default = meant.iter().find(|scopes| !scopes.is_empty());
    ScopeRequest {
        client: &client.scopes,
        asked,
        user: &client.scopes,
        default: default.unwrap_or(&registered),
    }
    .effective()
}

async fn go_on(
    services: &Services,
    addresses: &Addresses,
    caller: &Caller,
    visit: Visit,
    client: Client,
    request: AuthorizationRequest,
) -> Result<Step, LoginFailure> {
    if let Some(approved) = recall(services, &visit, &client, &request).await? {
        return approved::go_on(services, addresses, caller, visit.cookies, client, approved).await;
    }
    let begun = services.actors.broker.ask(BeginAuthorization {
        request: request.clone(),
        browser: visit.cookies.browser,
        session: visit.cookies.session,
    });
    Ok(browser::first_page(begun.await??, Some((&client, &request))))
}

/// The request as approved, if its user agreed to all of it before and this visit is not somebody else's doing.
async fn recall(
    services: &Services,
    visit: &Visit,
    client: &Client,
    request: &AuthorizationRequest,
) -> Result<Option<ApprovedRequest>, LoginFailure> {
    let session = match &visit.cookies.session {
        Some(session) if services.settings.remember_consents && visit.is_from_own_page => session.clone(),
        Some(_) | None => return Ok(None),
    };
    let recalled = services.actors.broker.ask(RecallConsent {
        request: request.clone(),
        client: Box::new(client.clone()),
        session,
        default_scopes: services.settings.default_scopes.clone(),
    });
    Ok(recalled.await??)
}
