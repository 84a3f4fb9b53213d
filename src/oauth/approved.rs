//! After a user has approved a request: on to the client with a code, or on to the identity provider first.

use mxcp_actors::domain::audit_event::AuthenticationEvent;
use mxcp_actors::domain::client::Client;
use mxcp_actors::error::CallError;
use mxcp_actors::provider_broker::ApprovedRequest;
use mxcp_actors::provider_broker::errors::BeginError;
use mxcp_actors::provider_broker::messages::BeginLogin;
use mxcp_actors::provider_broker::provider::ProviderError;
use mxcp_actors::store::StoreError;

use super::authorization_response::{AuthorizationResponse, ResponseTarget};
use super::browser::{Cookies, Next, Step};
use super::error_description::error_description;
use super::grant_code::{Arrival, grant_code};
use super::settings::LoginKind;
use super::{Addresses, Caller, Services, Unavailable};

/// Why a login with a valid request goes no further. The client is told.
#[derive(Debug, thiserror::Error)]
pub(super) enum LoginFailure {
    /// The identity provider did not do what it must.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The server cannot go on.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl LoginFailure {
    /// The error code of RFC 6749 section 4.1.2.1.
    fn code(&self) -> &'static str {
        match self {
            Self::Provider(error) => error.code(),
            Self::Unavailable(error) if error.retry_after().is_some() => "temporarily_unavailable",
            Self::Unavailable(_) => "server_error",
        }
    }

    /// What the client is told. The reason of a failure of our own is for the log.
    pub(super) fn tell(&self, target: &ResponseTarget, issuer: &str) -> AuthorizationResponse {
        let description = match self {
            Self::Provider(error) => {
                log::warn!("{error}");
                error_description(error)
            }
            Self::Unavailable(error) => {
                log::error!("a login cannot go on: {error}");
                error_description(&"the server cannot answer now; try again later")
            }
        };
        target.error(issuer, self.code(), description)
    }
}

/// Goes on with an approved request.
pub(super) async fn go_on(
    services: &Services,
    addresses: &Addresses,
    caller: &Caller,
    cookies: Cookies,
    client: Client,
    approved: ApprovedRequest,
) -> Result<Step, LoginFailure> {
    if let LoginKind::Provider { name, .. } = &services.settings.login {
        let event = services.event(AuthenticationEvent::LoginStarted, caller);
        let event = event.request(approved.request()).detail("provider", name);
        let departed = depart(services, addresses, cookies, approved).await;
        match &departed {
            Ok(_) => event.write(),
            Err(failure) => event.refused(failure).write(),
        }
        return departed;
    }
    let (request, user) = approved.into_parts();
    let user = user.ok_or_else(|| Unavailable::broken(&"a request was approved by nobody"))?;
    let arrival = Arrival {
        client,
        request,
        user,
        upstream_tokens: None,
    };
    let response = grant_code(services, addresses, caller, arrival).await?;
    Ok(Step::plain(Next::Client(response)))
}

/// Sends the browser to the identity provider.
async fn depart(
    services: &Services,
    addresses: &Addresses,
    cookies: Cookies,
    approved: ApprovedRequest,
) -> Result<Step, LoginFailure> {
    let begin = BeginLogin {
        approved,
        browser: cookies.browser,
        public_url: addresses.issuer().to_owned(),
    };
    let departure = services.actors.broker.ask(begin).await??;
    Ok(Step {
        next: Next::Provider(departure.url),
        new_browser: departure.new_browser,
        new_session: None,
    })
}

impl From<BeginError> for LoginFailure {
    fn from(error: BeginError) -> Self {
        match error {
            BeginError::Provider(error) => Self::Provider(error),
            BeginError::NoOutsideProvider => Self::Unavailable(Unavailable::broken(&error)),
            BeginError::Randomness(error) => Self::Unavailable(error.into()),
            BeginError::Seal(error) => Self::Unavailable(error.into()),
            BeginError::Store(error) => Self::Unavailable(error.into()),
        }
    }
}

impl From<CallError> for LoginFailure {
    fn from(error: CallError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl From<StoreError> for LoginFailure {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(error.into())
    }
}
