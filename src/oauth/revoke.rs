//! `POST /revoke`: a client gives a token back (RFC 7009).

use mxcp_actors::domain::audit_event::AuthenticationEvent;
use mxcp_actors::domain::client::Client;
use mxcp_actors::domain::secret::Secret;
use mxcp_actors::token_store::RevokeToken;
use mxcp_actors::token_store::messages::Revocation;

use super::parameters::{InvalidParameters, Parameters};
use super::{Caller, Services, Unavailable, upstream};

/// Why nothing was revoked although something was asked. That a token is unknown is no error (RFC 7009 section 2.2).
#[derive(Debug, thiserror::Error)]
pub enum RevokeError {
    /// The form cannot be read (`invalid_request`).
    #[error(transparent)]
    Parameters(#[from] InvalidParameters),
    /// The token is another client's (`invalid_grant`; RFC 7009 section 2.1).
    #[error("the token was issued to another client")]
    NotOfClient,
    /// The server could not do it (503).
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Revokes a token of an authenticated client. `token_type_hint` is not needed: a token shows its kind.
pub async fn revoke(
    services: &Services,
    caller: &Caller,
    client: &Client,
    form: &Parameters,
) -> Result<(), RevokeError> {
    let revoked = services.actors.tokens.ask(RevokeToken {
        token: Secret::new(form.required("token")?),
        client: client.id.clone(),
    });
    let revoked = revoked.await.map_err(Unavailable::from)?;
    let event = services
        .event(AuthenticationEvent::TokenRevoked, caller)
        .client(&client.id);
    match revoked.map_err(Unavailable::from)? {
        Revocation::Nothing => {}
        Revocation::NotOfClient => {
            let refusal = RevokeError::NotOfClient;
            services
                .event(AuthenticationEvent::RequestRefused, caller)
                .client(&client.id)
                .refused(&refusal)
                .write();
            return Err(refusal);
        }
        Revocation::AccessToken(grant) => event
            .detail("revoked", &"access_token")
            .grant(grant)
            .await
            .write(),
        Revocation::Grant(grant) => {
            let event = event.detail("revoked", &"refresh_token").grant(grant).await;
            event.write();
            upstream::revoke(services, grant).await;
        }
    }
    Ok(())
}
