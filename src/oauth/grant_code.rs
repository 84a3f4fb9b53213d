//! A user has logged in and agreed: the grant is opened and its code goes back to the client.

use mxcp_actors::auth_code_store::SaveCode;
use mxcp_actors::domain::audit_event::AuthenticationEvent;
use mxcp_actors::domain::authorization_code::CodeBinding;
use mxcp_actors::domain::authorization_request::AuthorizationRequest;
use mxcp_actors::domain::client::Client;
use mxcp_actors::domain::grant::GrantId;
use mxcp_actors::domain::scope::{ScopeRequest, ScopeSet};
use mxcp_actors::domain::upstream_tokens::UpstreamTokens;
use mxcp_actors::domain::user::UserAccount;
use mxcp_actors::provider_broker::messages::RememberConsent;
use mxcp_actors::token_store::OpenGrant;
use mxcp_actors::token_store::messages::OpenGrantError;

use super::authorization_response::{AuthorizationResponse, ResponseTarget};
use super::error_description::error_description;
use super::{Addresses, Caller, Services, Unavailable, upstream};

/// A login that has come to its end.
pub(super) struct Arrival {
    pub(super) client: Client,
    pub(super) request: AuthorizationRequest,
    pub(super) user: UserAccount,
    /// `None` for local users.
    pub(super) upstream_tokens: Option<UpstreamTokens>,
}

/// Why a user who is known gets nothing.
const NO_SCOPE: &str = "User not authorized: none of the requested scopes may be granted";

/// Opens the grant and makes the response to the client, which is an error if the user may have none of the scopes.
pub(super) async fn grant_code(
    services: &Services,
    addresses: &Addresses,
    caller: &Caller,
    arrival: Arrival,
) -> Result<AuthorizationResponse, Unavailable> {
    let event = services.event(AuthenticationEvent::CodeIssued, caller);
    let event = event.request(&arrival.request).user(&arrival.user.identity);
    let response = respond(services, addresses, arrival).await;
    match &response {
        Ok((_, Some(grant))) => event.of_grant(*grant).write(),
        Ok((_, None)) => event.denied(&NO_SCOPE).write(),
        Err(error) => event.refused(error).write(),
    }
    response.map(|(response, _)| response)
}

/// The response, and the grant if there is one.
async fn respond(
    services: &Services,
    addresses: &Addresses,
    arrival: Arrival,
) -> Result<(AuthorizationResponse, Option<GrantId>), Unavailable> {
    let target = ResponseTarget::from(&arrival.request);
    let scopes = effective_scopes(services, &arrival);
    let asked = arrival.request.asked.as_ref();
    if scopes.is_empty() && asked.is_some_and(|asked| !asked.is_empty()) {
        let description = error_description(&NO_SCOPE);
        if let Some(tokens) = arrival.upstream_tokens {
            upstream::discard(services, &arrival.user, tokens).await;
        }
        let response = target.error(addresses.issuer(), "access_denied", description);
        return Ok((response, None));
    }
    remember(services, &arrival).await;
    let Arrival {
        client,
        request,
        user,
        upstream_tokens,
    } = arrival;
    let new_grant = OpenGrant {
        client: client.id.clone(),
        user,
        scopes: scopes.clone(),
        resource: request.resource.clone(),
        upstream_tokens,
    };
    let grant = open_grant(services, new_grant).await?;
    let binding = CodeBinding {
        grant,
        client: client.id,
        redirect_uri: request.redirect_uri,
        challenge: request.challenge,
        resource: request.resource,
        scopes,
        bound_to: request.bound_to,
    };
    let saved = services.actors.codes.ask(SaveCode { binding });
    let response = target.code(addresses.issuer(), saved.await??);
    Ok((response, Some(grant)))
}

/// Opens a grant. The provider's tokens that no grant holds in the end are given back.
async fn open_grant(services: &Services, new_grant: OpenGrant) -> Result<GrantId, Unavailable> {
    let (user, upstream_tokens) = (new_grant.user.clone(), new_grant.upstream_tokens.clone());
    let opened = match services.actors.tokens.ask(new_grant).await {
        Ok(opened) => opened.map_err(|error| match error {
            OpenGrantError::Randomness(error) => Unavailable::from(error),
            OpenGrantError::Seal(error) => Unavailable::from(error),
            OpenGrantError::Store(error) => Unavailable::from(error),
        }),
        Err(error) => Err(Unavailable::from(error)),
    };
    if let (Err(_), Some(tokens)) = (&opened, upstream_tokens) {
        upstream::discard(services, &user, tokens).await;
    }
    opened
}

/// Never more than client, request and user allow.
fn effective_scopes(services: &Services, arrival: &Arrival) -> ScopeSet {
    ScopeRequest {
        client: &arrival.client.scopes,
        asked: arrival.request.asked.as_ref(),
        user: &arrival.user.identity.scopes,
        default: &services.settings.default_scopes,
    }
    .effective()
}

/// Forgetting a consent costs a click, so a failure is no reason to end the login.
async fn remember(services: &Services, arrival: &Arrival) {
    if !services.settings.remember_consents {
        return;
    }
    let remembered = services.actors.broker.ask(RememberConsent {
        user: arrival.user.identity.key.clone(),
        client: Box::new(arrival.client.clone()),
        redirect_uri: arrival.request.redirect_uri.clone(),
        scopes: arrival.request.asked.clone().unwrap_or_default(),
    });
    let failure = match remembered.await {
        Ok(Ok(())) => return,
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    };
    log::warn!("a consent is not remembered: {failure}");
}
