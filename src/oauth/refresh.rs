//! `grant_type=refresh_token`: a client exchanges its refresh token for the next pair (RFC 6749 section 6).

use mxcp_actors::domain::audit_event::AuthenticationEvent;
use mxcp_actors::domain::client::{Client, GrantType};
use mxcp_actors::domain::resource::LONGEST_RESOURCE;
use mxcp_actors::domain::scope::{InvalidScope, ScopeSet};
use mxcp_actors::domain::secret::Secret;
use mxcp_actors::token_store::RotateRefreshToken;
use mxcp_actors::token_store::messages::RotateRefreshTokenError;

use super::parameters::{InvalidParameters, Parameters};
use super::token_response::TokenResponse;
use super::{Caller, Services, Unavailable, upstream};

/// Why there is no next pair.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// The form cannot be read (`invalid_request`).
    #[error(transparent)]
    Parameters(#[from] InvalidParameters),
    /// `scope` cannot be read (`invalid_scope`).
    #[error(transparent)]
    Scope(#[from] InvalidScope),
    /// The client is not registered for this (`unauthorized_client`).
    #[error("the client is not registered for the grant type refresh_token")]
    GrantType,
    /// The token is not good, or not for what was asked; [`RotateRefreshTokenError::code`] says which.
    #[error(transparent)]
    Refused(RotateRefreshTokenError),
    /// The server could not do it; nothing was rotated.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Exchanges the refresh token of an authenticated client.
pub async fn refresh(
    services: &Services,
    caller: &Caller,
    client: &Client,
    form: &Parameters,
) -> Result<TokenResponse, RefreshError> {
    if !client.may_use(GrantType::RefreshToken) {
        return Err(RefreshError::GrantType);
    }
    let token = Secret::new(form.required("refresh_token")?);
    let rotated = services.actors.tokens.ask(RotateRefreshToken {
        token: token.clone(),
        client: client.id.clone(),
        scopes: form.optional("scope")?.map(ScopeSet::parse).transpose()?,
        resource: form
            .optional_within("resource", LONGEST_RESOURCE)?
            .map(str::to_owned),
    });
    match rotated.await.map_err(Unavailable::from)? {
        Ok(pair) => {
            let event = services.event(AuthenticationEvent::TokenRefreshed, caller);
            let event = event.client(&client.id).scopes(&pair.scopes);
            event.grant_of(token).await.write();
            Ok(TokenResponse::new(pair, services.clock.now()))
        }
        Err(RotateRefreshTokenError::Store(error)) => Err(Unavailable::from(error).into()),
        Err(refusal) => {
            record_refusal(services, caller, client, token, &refusal).await;
            if let RotateRefreshTokenError::Reused { grant } = refusal {
                upstream::revoke(services, grant).await;
            }
            Err(RefreshError::Refused(refusal))
        }
    }
}

async fn record_refusal(
    services: &Services,
    caller: &Caller,
    client: &Client,
    token: Secret,
    refusal: &RotateRefreshTokenError,
) {
    let event = match refusal {
        RotateRefreshTokenError::Reused { grant } => {
            log::warn!(
                "the client {} presented a refresh token after its successor was used; the grant {grant} has ended",
                client.id
            );
            AuthenticationEvent::RefreshTokenReused
        }
        RotateRefreshTokenError::Unknown
        | RotateRefreshTokenError::OtherClient
        | RotateRefreshTokenError::Expired
        | RotateRefreshTokenError::GrantEnded(_)
        | RotateRefreshTokenError::KeyRemoved
        | RotateRefreshTokenError::ScopeExceeded { .. }
        | RotateRefreshTokenError::OtherResource(_)
        | RotateRefreshTokenError::Store(_) => AuthenticationEvent::RequestRefused,
    };
    let entry = services.event(event, caller).client(&client.id).refused(refusal);
    let entry = match refusal {
        // Nothing is known of it, and guessing must not cost a second question to the store.
        RotateRefreshTokenError::Unknown => entry,
        _ => entry.grant_of(token).await,
    };
    entry.write();
}
