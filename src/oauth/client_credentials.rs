//! `grant_type=client_credentials`: a client asks for a token in its own name, for no user (RFC 6749 section 4.4). The
//! operator says which clients may, and who each of them is then: its service account.

use std::collections::BTreeMap;

use mxcp_actors::domain::audit_event::AuthenticationEvent;
use mxcp_actors::domain::client::{Client, GrantType};
use mxcp_actors::domain::resource::{LONGEST_RESOURCE, WrongResource};
use mxcp_actors::domain::scope::{InvalidScope, ScopeSet};
use mxcp_actors::domain::user::UserIdentity;
use mxcp_actors::token_store::RetainUsers;

use super::authorize::{LONGEST_SCOPES, shown_scopes};
use super::direct::DirectGrant;
use super::parameters::{InvalidParameters, Parameters};
use super::token_response::{TokenRequest, TokenResponse};
use super::{Addresses, Caller, Services, Unavailable, direct};

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum ClientCredentialsError {
    /// The form cannot be read (`invalid_request`).
    #[error(transparent)]
    Parameters(#[from] InvalidParameters),
    /// The operator gave the client no service account (`unauthorized_client`).
    #[error(
        "the client may not use the grant type client_credentials; the server's configuration says which clients may"
    )]
    GrantType,
    /// `scope` cannot be read (`invalid_scope`).
    #[error(transparent)]
    Scope(#[from] InvalidScope),
    /// Nothing of what was asked for may be granted (`invalid_scope`).
    #[error("none of the requested scopes may be granted; accepted are {allowed}")]
    NoScope {
        /// What the client may have.
        allowed: ScopeSet,
    },
    /// Another resource was asked for (`invalid_target`).
    #[error(transparent)]
    Resource(#[from] WrongResource),
    /// The server could not do it.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Issues an access token to an authenticated client. There is no refresh token (RFC 6749 section 4.4.3).
pub async fn issue(
    services: &Services,
    caller: &Caller,
    addresses: &Addresses,
    request: TokenRequest<'_>,
) -> Result<TokenResponse, ClientCredentialsError> {
    let TokenRequest { client, form, key } = request;
    let asked = read(services, addresses, client, form);
    let (identity, scopes) = asked.inspect_err(|refusal| {
        let event = services.event(AuthenticationEvent::RequestRefused, caller);
        event.client(&client.id).refused(refusal).write();
    })?;
    let direct = DirectGrant {
        client,
        identity,
        scopes,
        key,
        grant_type: GrantType::ClientCredentials,
    };
    Ok(direct::issue(services, caller, addresses, direct).await?)
}

/// Who calls, and what it may do: never more than the operator gave to the client.
fn read<'a>(
    services: &'a Services,
    addresses: &Addresses,
    client: &Client,
    form: &Parameters,
) -> Result<(&'a UserIdentity, ScopeSet), ClientCredentialsError> {
    let identity = services.settings.service_accounts.of(&client.id);
    let identity = identity.ok_or(ClientCredentialsError::GrantType)?;
    if let Some(resource) = form.optional_within("resource", LONGEST_RESOURCE)? {
        addresses.resource().accept(resource)?;
    }
    let asked = form
        .optional_within("scope", LONGEST_SCOPES)?
        .map(ScopeSet::parse)
        .transpose()?;
    let scopes = shown_scopes(client, asked.as_ref(), &services.settings);
    if scopes.is_empty() && asked.is_some_and(|asked| !asked.is_empty()) {
        return Err(ClientCredentialsError::NoScope {
            allowed: client.scopes.clone(),
        });
    }
    Ok((identity, scopes))
}

/// At start: ends what service accounts hold that the configuration does not have any more, or describes in other words. To
/// be awaited before the first request is answered.
pub async fn retain_service_accounts(services: &Services) -> Result<(), Unavailable> {
    let accounts = &services.settings.service_accounts;
    let identities = accounts.identities().cloned();
    let ended = services.actors.tokens.ask(RetainUsers {
        issuer: accounts.issuer().to_owned(),
        users: identities
            .map(|identity| (identity.key.clone(), identity))
            .collect(),
    });
    let mut counts = BTreeMap::new();
    for grant in ended.await?? {
        *counts.entry(grant.user.identity.key.subject).or_insert(0_u32) += 1;
    }
    for (account, count) in counts {
        log::warn!(
            "{count} tokens of {account} have ended: the configuration does not describe it as it did"
        );
    }
    Ok(())
}
