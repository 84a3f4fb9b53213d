//! `grant_type=refresh_token`: a client exchanges its refresh token for the next pair (RFC 6749 section 6), as long as
//! its user still is one.

use mxcp_actors::domain::audit_event::AuthenticationEvent;
use mxcp_actors::domain::client::{Client, GrantType};
use mxcp_actors::domain::grant::{Grant, GrantEnd};
use mxcp_actors::domain::resource::LONGEST_RESOURCE;
use mxcp_actors::domain::scope::{InvalidScope, ScopeSet};
use mxcp_actors::domain::secret::Secret;
use mxcp_actors::domain::user::UserAccount;
use mxcp_actors::provider_broker::messages::VouchForUser;
use mxcp_actors::token_store::messages::RotateRefreshTokenError;
use mxcp_actors::token_store::{FindGrant, GrantReference, ReplaceUser, RevokeGrant, RotateRefreshToken};

use super::parameters::InvalidParameters;
use super::standing::EndedUpstream;
use super::token_response::{TokenRequest, TokenResponse};
use super::{Addresses, Caller, Services, Unavailable, standing, upstream};

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
    addresses: &Addresses,
    TokenRequest { client, form, key }: TokenRequest<'_>,
) -> Result<TokenResponse, RefreshError> {
    if !client.may_use(GrantType::RefreshToken) {
        return Err(RefreshError::GrantType);
    }
    let token = Secret::new(form.required("refresh_token")?);
    let allowed = scopes_now(services, caller, client, &token).await?;
    let rotated = services.actors.tokens.ask(RotateRefreshToken {
        token: token.clone(),
        client: client.id.clone(),
        scopes: form.optional("scope")?.map(ScopeSet::parse).transpose()?,
        allowed,
        resource: form
            .optional_within("resource", LONGEST_RESOURCE)?
            .map(str::to_owned),
        key,
        issuer: addresses.issuer().to_owned(),
    });
    match rotated.await.map_err(Unavailable::from)? {
        Ok(pair) => {
            let event = services.event(AuthenticationEvent::TokenRefreshed, caller);
            let event = event.client(&client.id).scopes(&pair.scopes);
            event.grant_of(token).await.write();
            Ok(TokenResponse::new(pair, services.clock.now()))
        }
        Err(RotateRefreshTokenError::Store(error)) => Err(Unavailable::from(error).into()),
        Err(RotateRefreshTokenError::Signing(error)) => Err(Unavailable::from(error).into()),
        Err(refusal) => {
            record_refusal(services, caller, client, token, &refusal).await;
            if let RotateRefreshTokenError::Reused { grant } = refusal {
                upstream::revoke(services, grant).await;
            }
            Err(RefreshError::Refused(refusal))
        }
    }
}

/// What client and user may have now. Lets the grant say what is known of its user, and ends it if nobody knows the user
/// any more, or the provider does not stand behind the login. What is wrong with the token is found out afterwards, where it is exchanged.
async fn scopes_now(
    services: &Services,
    caller: &Caller,
    client: &Client,
    token: &Secret,
) -> Result<ScopeSet, RefreshError> {
    let tokens = &services.actors.tokens;
    let found = tokens.ask(FindGrant(GrantReference::RefreshToken(token.clone())));
    let found = found
        .await
        .map_err(Unavailable::from)?
        .map_err(Unavailable::from)?;
    let is_due = |grant: &Grant| grant.client == client.id && grant.is_usable(services.clock.now());
    let Some(grant) = found.filter(is_due) else {
        return Ok(client.scopes.clone());
    };
    let identity = grant.user.identity.clone();
    let vouched = services.actors.broker.ask(VouchForUser { identity }).await;
    let Some(identity) = vouched.map_err(Unavailable::from)? else {
        return Err(end_login(services, caller, &grant).await?);
    };
    if let Err(EndedUpstream { is_first }) = standing::check(services, &grant).await {
        let refusal = RotateRefreshTokenError::GrantEnded(GrantEnd::UpstreamEnded);
        if is_first {
            record_end(services, caller, &grant, GrantEnd::UpstreamEnded, &refusal);
        }
        return Err(RefreshError::Refused(refusal));
    }
    let allowed = client.scopes.intersection(&identity.scopes);
    if identity != grant.user.identity {
        let user = UserAccount {
            identity,
            ..grant.user
        };
        let replaced = tokens.ask(ReplaceUser {
            grant: grant.id,
            user,
        });
        replaced
            .await
            .map_err(Unavailable::from)?
            .map_err(Unavailable::from)?;
    }
    Ok(allowed)
}

/// Ends the login of a user who is not one any more. One request among many writes the record.
async fn end_login(services: &Services, caller: &Caller, grant: &Grant) -> Result<RefreshError, Unavailable> {
    let reason = GrantEnd::UserRemoved;
    let ended = services.actors.tokens.ask(RevokeGrant {
        grant: grant.id,
        reason,
    });
    let refusal = RotateRefreshTokenError::GrantEnded(reason);
    if ended.await?? {
        log::warn!("the grant {} has ended: its user is not known any more", grant.id);
        record_end(services, caller, grant, reason, &refusal);
        upstream::revoke(services, grant.id).await;
    }
    Ok(RefreshError::Refused(refusal))
}

fn record_end(
    services: &Services,
    caller: &Caller,
    grant: &Grant,
    reason: GrantEnd,
    refusal: &RotateRefreshTokenError,
) {
    let event = services.event(AuthenticationEvent::TokenRevoked, caller);
    event
        .client(&grant.client)
        .user(&grant.user.identity)
        .of_grant(grant.id)
        .detail("reason", &reason.as_str())
        .refused(refusal)
        .write();
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
        | RotateRefreshTokenError::OtherKey
        | RotateRefreshTokenError::Expired
        | RotateRefreshTokenError::GrantEnded(_)
        | RotateRefreshTokenError::KeyRemoved
        | RotateRefreshTokenError::ScopeExceeded { .. }
        | RotateRefreshTokenError::NoScope
        | RotateRefreshTokenError::OtherResource(_)
        | RotateRefreshTokenError::Signing(_)
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
