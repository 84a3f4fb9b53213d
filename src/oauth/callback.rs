//! The identity provider's callback: a user comes back from logging in there (RFC 6749 section 4.1.2, RFC 9207).

use mxcp_actors::domain::audit_event::AuthenticationEvent;
use mxcp_actors::domain::authorization_request::AuthorizationRequest;
use mxcp_actors::domain::login_attempt::AttemptId;
use mxcp_actors::domain::pending_login::{CallbackRefusal, LoginPurpose};
use mxcp_actors::domain::secret::Secret;
use mxcp_actors::provider_broker::errors::CompleteLoginError;
use mxcp_actors::provider_broker::messages::{CompleteLogin, CompletedLogin, ProviderAnswer};
use mxcp_actors::provider_broker::provider::ProviderError;

use super::approved::LoginFailure;
use super::authorization_response::{AuthorizationResponse, ResponseTarget};
use super::browser::{Cookies, Next, PageRefusal, Step};
use super::error_description::error_description;
use super::grant_code::{Arrival, grant_code};
use super::parameters::{InvalidParameters, Parameters};
use super::{Addresses, Caller, LoginKind, Services, Unavailable, upstream};

/// The longest code or state of a provider, in bytes.
const LONGEST_VALUE: usize = 4096;

/// Why the user sees an error page. Nothing of what the provider sent is on it.
#[derive(Debug, thiserror::Error)]
pub enum CallbackError {
    /// The address cannot be read.
    #[error(transparent)]
    Parameters(#[from] InvalidParameters),
    /// There is no state, or nobody began this login, or it was completed before (400).
    #[error(
        "Invalid state parameter: the login is unknown, was completed before or took too long; start again in your application"
    )]
    State {
        /// The callback address that the provider must have, for the operator.
        callback: String,
    },
    /// The login is another browser's or provider's (403).
    #[error(transparent)]
    Refused(CallbackRefusal),
    /// Signing in to our own page did not work.
    #[error("{0}")]
    SignIn(String),
    /// There is nobody to tell it to, or nothing more to tell.
    #[error(transparent)]
    Page(#[from] PageRefusal),
}

/// Completes a login and sends the browser back to where it began.
pub async fn callback(
    services: &Services,
    addresses: &Addresses,
    caller: &Caller,
    cookies: Cookies,
    query: &Parameters,
) -> Result<Step, CallbackError> {
    let message = read(services, addresses, cookies, query)?;
    let provider = message.provider.clone();
    let completed = services.actors.broker.ask(message).await;
    match completed.map_err(unavailable)? {
        Ok(completed) => arrive(services, addresses, caller, completed).await,
        Err(error) => {
            let event = services.event(AuthenticationEvent::LoginFailed, caller);
            let event = event.attempt(attempt_of(&error)).detail("provider", &provider);
            event.refused(&error).write();
            fail(services, addresses, error)
        }
    }
}

fn read(
    services: &Services,
    addresses: &Addresses,
    cookies: Cookies,
    query: &Parameters,
) -> Result<CompleteLogin, CallbackError> {
    let LoginKind::Provider { name, .. } = &services.settings.login else {
        return Err(state_error(services, addresses));
    };
    let state = query.optional_within("state", LONGEST_VALUE)?;
    let code = query.optional_within("code", LONGEST_VALUE)?;
    let answer = match (query.optional("error")?, code) {
        (None, Some(code)) => ProviderAnswer::Code {
            code: Secret::new(code),
            issuer: query.optional("iss")?.map(str::to_owned),
        },
        (error, _) => ProviderAnswer::Error {
            error: error.unwrap_or("invalid_request").to_owned(),
        },
    };
    Ok(CompleteLogin {
        provider: name.clone(),
        state: Secret::new(state.ok_or_else(|| state_error(services, addresses))?),
        browser: cookies.browser,
        session: cookies.session,
        answer,
    })
}

async fn arrive(
    services: &Services,
    addresses: &Addresses,
    caller: &Caller,
    completed: CompletedLogin,
) -> Result<Step, CallbackError> {
    let identity = &completed.user.identity;
    let event = services
        .event(AuthenticationEvent::LoginSucceeded, caller)
        .user(identity);
    let next = match completed.purpose {
        LoginPurpose::SignIn => {
            event.write();
            // Our own pages call nobody in the user's name.
            upstream::discard(services, &completed.user, completed.upstream_tokens).await;
            Next::Own(addresses.path("/"))
        }
        LoginPurpose::Authorize(request) => {
            event.request(&request).write();
            let client = match services.client_of(&request).await {
                Ok(client) => client,
                Err(refusal) => {
                    services.page_refused(caller, "callback", &refusal);
                    upstream::discard(services, &completed.user, completed.upstream_tokens).await;
                    return Err(refusal.into());
                }
            };
            let target = ResponseTarget::from(request.as_ref());
            let arrival = Arrival {
                client,
                request: *request,
                user: completed.user,
                upstream_tokens: Some(completed.upstream_tokens),
            };
            let response = grant_code(services, addresses, caller, arrival).await;
            Next::Client(
                response.unwrap_or_else(|error| LoginFailure::from(error).tell(&target, addresses.issuer())),
            )
        }
    };
    Ok(Step {
        next,
        new_browser: None,
        new_session: Some(completed.session),
    })
}

fn fail(
    services: &Services,
    addresses: &Addresses,
    error: CompleteLoginError,
) -> Result<Step, CallbackError> {
    match error {
        // The same to the user, and the same hint helps: what is not swept yet is not to be told from what is.
        CompleteLoginError::Unknown
        | CompleteLoginError::Refused {
            refusal: CallbackRefusal::Expired,
            ..
        } => {
            let error = state_error(services, addresses);
            log::warn!("{error}{}", expected_callback(&error));
            Err(error)
        }
        CompleteLoginError::Refused { refusal, .. } => {
            log::warn!("{refusal}");
            Err(CallbackError::Refused(refusal))
        }
        CompleteLoginError::Denied { purpose, error } => {
            let description = format!("the identity provider refused the login: {error}");
            tell(addresses, *purpose, told_for(error), description)
        }
        CompleteLoginError::Provider { purpose, error } => {
            log::warn!("{error}");
            tell(addresses, *purpose, error.code(), provider_description(&error))
        }
        CompleteLoginError::Unseal(error) => Err(unavailable(Unavailable::broken(&error))),
        CompleteLoginError::Randomness(error) => Err(unavailable(error)),
        CompleteLoginError::Store(error) => Err(unavailable(error)),
    }
}

/// The attempt that the login belonged to, as far as it is known.
fn attempt_of(error: &CompleteLoginError) -> Option<AttemptId> {
    match error {
        CompleteLoginError::Refused { attempt, .. } => *attempt,
        CompleteLoginError::Denied { purpose, .. } | CompleteLoginError::Provider { purpose, .. } => {
            purpose.attempt()
        }
        CompleteLoginError::Unknown
        | CompleteLoginError::Unseal(_)
        | CompleteLoginError::Randomness(_)
        | CompleteLoginError::Store(_) => None,
    }
}

/// What a client is told for a provider's own error code: what is wrong between this server and the provider is not the
/// client's request, and what passes is no refusal.
fn told_for(error: &str) -> &'static str {
    match error {
        "temporarily_unavailable" => "temporarily_unavailable",
        "server_error"
        | "invalid_request"
        | "unauthorized_client"
        | "unsupported_response_type"
        | "invalid_scope" => "server_error",
        _ => "access_denied",
    }
}

/// Users who are not let in look for this sentence.
fn provider_description(error: &ProviderError) -> String {
    match error {
        ProviderError::UserNotAllowed { .. } => format!("User not authorized: {error}"),
        ProviderError::Unavailable { .. }
        | ProviderError::Refused { .. }
        | ProviderError::Misconfigured { .. }
        | ProviderError::InvalidAnswer { .. } => error.to_string(),
    }
}

fn tell(
    addresses: &Addresses,
    purpose: LoginPurpose,
    code: &'static str,
    description: String,
) -> Result<Step, CallbackError> {
    match purpose {
        LoginPurpose::SignIn => Err(CallbackError::SignIn(description)),
        LoginPurpose::Authorize(request) => {
            let response = response(addresses, &request, code, &description);
            Ok(Step::plain(Next::Client(response)))
        }
    }
}

fn response(
    addresses: &Addresses,
    request: &AuthorizationRequest,
    code: &'static str,
    description: &str,
) -> AuthorizationResponse {
    ResponseTarget::from(request).error(addresses.issuer(), code, error_description(&description))
}

fn state_error(services: &Services, addresses: &Addresses) -> CallbackError {
    let path = services.settings.callback_path().unwrap_or("/");
    CallbackError::State {
        callback: addresses.url(path),
    }
}

fn expected_callback(error: &CallbackError) -> String {
    match error {
        CallbackError::State { callback } => format!(" (the callback address is expected to be {callback})"),
        CallbackError::Parameters(_)
        | CallbackError::Refused(_)
        | CallbackError::SignIn(_)
        | CallbackError::Page(_) => String::new(),
    }
}

fn unavailable(error: impl Into<Unavailable>) -> CallbackError {
    CallbackError::Page(PageRefusal::Unavailable(error.into()))
}
