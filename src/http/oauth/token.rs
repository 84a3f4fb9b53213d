//! `POST /token` (RFC 6749 section 3.2)

use actix_web::HttpResponse;
use actix_web::http::StatusCode;

use mxcp_actors::provider_broker::providers::oidc::identity_assertions::IdentityAssertionError;

use super::answer::{self, ErrorAnswer};
use super::client::ClientForm;
use crate::oauth::client_authentication::{ClientAuthenticationError, authenticate};
use crate::oauth::client_credentials::{self, ClientCredentialsError};
use crate::oauth::exchange::{self, ExchangeError};
use crate::oauth::identity_assertion::{self, IdentityAssertionGrantError};
use crate::oauth::parameters::InvalidParameters;
use crate::oauth::proof::{self, ProofError};
use crate::oauth::refresh::{self, RefreshError};
use crate::oauth::token_response::{TokenRequest, TokenResponse};

/// Why there are no tokens.
#[derive(Debug, thiserror::Error)]
enum TokenError {
    #[error(transparent)]
    Parameters(#[from] InvalidParameters),
    #[error("grant_type is not supported; the server's metadata lists what is accepted")]
    UnsupportedGrantType,
    #[error(transparent)]
    Client(#[from] ClientAuthenticationError),
    #[error(transparent)]
    Proof(#[from] ProofError),
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    #[error(transparent)]
    Refresh(#[from] RefreshError),
    #[error(transparent)]
    ClientCredentials(#[from] ClientCredentialsError),
    #[error(transparent)]
    IdentityAssertion(#[from] IdentityAssertionGrantError),
}

/// 200 with tokens.
pub(super) async fn post(client_form: ClientForm) -> HttpResponse {
    let services = client_form.services.clone();
    match tokens(client_form).await {
        Ok(response) => answer::json(StatusCode::OK, &response.into_json()),
        Err(error) => {
            let answer = ErrorAnswer::from(&error);
            services.counts().token_error(answer.code);
            if answer.status.is_client_error() {
                log::info!("no tokens: {error}");
            }
            answer.respond()
        }
    }
}

async fn tokens(client_form: ClientForm) -> Result<TokenResponse, TokenError> {
    let ClientForm {
        services,
        addresses,
        caller,
        header,
        form,
        proof,
    } = client_form;
    let grant_type = form.required("grant_type")?;
    let client = authenticate(&services, &caller, &addresses, header, &form).await?;
    let key = proof::at_token_endpoint(&services, &addresses, &client, &proof).await?;
    let request = TokenRequest {
        client: &client,
        form: &form,
        key,
    };
    Ok(match grant_type {
        "authorization_code" => exchange::exchange(&services, &caller, &addresses, request).await?,
        "refresh_token" => refresh::refresh(&services, &caller, &addresses, request).await?,
        "client_credentials" => client_credentials::issue(&services, &caller, &addresses, request).await?,
        "urn:ietf:params:oauth:grant-type:jwt-bearer" => {
            identity_assertion::issue(&services, &caller, &addresses, request).await?
        }
        _ => return Err(TokenError::UnsupportedGrantType),
    })
}

impl From<&TokenError> for ErrorAnswer {
    fn from(error: &TokenError) -> Self {
        match error {
            TokenError::Parameters(error) => error.into(),
            TokenError::UnsupportedGrantType => {
                Self::new(StatusCode::BAD_REQUEST, "unsupported_grant_type", error)
            }
            TokenError::Client(error) => error.into(),
            TokenError::Proof(ProofError::Problem(problem)) => {
                Self::new(StatusCode::BAD_REQUEST, "invalid_dpop_proof", problem)
            }
            TokenError::Proof(ProofError::Unavailable(error)) => answer::unavailable(error),
            TokenError::Exchange(error) => error.into(),
            TokenError::Refresh(error) => error.into(),
            TokenError::ClientCredentials(error) => error.into(),
            TokenError::IdentityAssertion(error) => error.into(),
        }
    }
}

impl From<&ExchangeError> for ErrorAnswer {
    fn from(error: &ExchangeError) -> Self {
        match error {
            ExchangeError::Parameters(error) => error.into(),
            ExchangeError::GrantType => Self::new(StatusCode::BAD_REQUEST, "unauthorized_client", error),
            ExchangeError::Verifier(_)
            | ExchangeError::Unknown
            | ExchangeError::Replayed
            | ExchangeError::Expired => Self::new(StatusCode::BAD_REQUEST, "invalid_grant", error),
            ExchangeError::Refused(refusal) => Self::new(StatusCode::BAD_REQUEST, refusal.code(), error),
            ExchangeError::Unavailable(error) => answer::unavailable(error),
        }
    }
}

impl From<&RefreshError> for ErrorAnswer {
    fn from(error: &RefreshError) -> Self {
        match error {
            RefreshError::Parameters(error) => error.into(),
            RefreshError::Scope(_) => Self::new(StatusCode::BAD_REQUEST, "invalid_scope", error),
            RefreshError::GrantType => Self::new(StatusCode::BAD_REQUEST, "unauthorized_client", error),
            RefreshError::Refused(refusal) => match refusal.code() {
                Some(code) => Self::new(StatusCode::BAD_REQUEST, code, error),
                None => Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "server_error",
                    &"an internal error",
                ),
            },
            RefreshError::Unavailable(error) => answer::unavailable(error),
        }
    }
}

impl From<&ClientCredentialsError> for ErrorAnswer {
    fn from(error: &ClientCredentialsError) -> Self {
        let code = match error {
            ClientCredentialsError::Parameters(error) => return error.into(),
            ClientCredentialsError::Unavailable(error) => return answer::unavailable(error),
            ClientCredentialsError::GrantType => "unauthorized_client",
            ClientCredentialsError::Scope(_) | ClientCredentialsError::NoScope { .. } => "invalid_scope",
            ClientCredentialsError::Resource(_) => "invalid_target",
        };
        Self::new(StatusCode::BAD_REQUEST, code, error)
    }
}

impl From<&IdentityAssertionGrantError> for ErrorAnswer {
    fn from(error: &IdentityAssertionGrantError) -> Self {
        use IdentityAssertionError as A;
        use IdentityAssertionGrantError as E;
        let code = match error {
            E::Parameters(error) => return error.into(),
            E::Unavailable(error) => return answer::unavailable(error),
            E::SwitchedOff => "unsupported_grant_type",
            E::GrantType => "unauthorized_client",
            E::Assertion(A::Problem(problem)) => problem.code(),
            E::Assertion(A::Untrusted | A::Signature(_) | A::UserNotAllowed | A::Unavailable(_))
            | E::Key
            | E::Used => "invalid_grant",
            E::Scope(_) | E::NoScope => "invalid_scope",
            E::Resource(_) => "invalid_target",
        };
        Self::new(StatusCode::BAD_REQUEST, code, error)
    }
}
