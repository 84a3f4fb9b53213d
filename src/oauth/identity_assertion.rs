//! `grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer`: a client brings what an identity provider says of its user (ID-JAG,
//! draft-ietf-oauth-identity-assertion-authz-grant; the MCP extension for enterprise-managed authorization), and gets a token for
//! that user without a browser.

use mxcp_actors::domain::audit_event::AuthenticationEvent;
use mxcp_actors::domain::client::{Client, GrantType};
use mxcp_actors::domain::dpop::KeyThumbprint;
use mxcp_actors::domain::resource::{LONGEST_RESOURCE, WrongResource};
use mxcp_actors::domain::scope::{InvalidScope, ScopeSet};
use mxcp_actors::domain::secret::Secret;
use mxcp_actors::domain::user::UserIdentity;
use mxcp_actors::identity_assertions::CheckIdentityAssertion;
use mxcp_actors::provider_broker::providers::oidc::identity_assertions::{
    AssertedUser, IdentityAssertionError, PresentedIdentityAssertion,
};
use mxcp_actors::token_store::RememberUse;

use super::authorize::{LONGEST_SCOPES, shown_scopes};
use super::direct::DirectGrant;
use super::parameters::{InvalidParameters, Parameters};
use super::token_response::{TokenRequest, TokenResponse};
use super::{Addresses, Caller, Services, Unavailable, direct};

/// The longest assertion that is read, in bytes.
const LONGEST_ASSERTION: usize = 16 * 1024;

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum IdentityAssertionGrantError {
    /// The form cannot be read (`invalid_request`).
    #[error(transparent)]
    Parameters(#[from] InvalidParameters),
    /// The server trusts no identity provider (`unsupported_grant_type`).
    #[error("grant_type is not supported; the server's metadata lists what is accepted")]
    SwitchedOff,
    /// The operator does not let the client do this (`unauthorized_client`).
    #[error(
        "the client may not bring identity assertions; the server's configuration says which clients may"
    )]
    GrantType,
    /// The assertion is not good, or not for what was asked.
    #[error(transparent)]
    Assertion(IdentityAssertionError),
    /// It is bound to a key that the client has not proven to have (`invalid_grant`).
    #[error("assertion is bound to a key (cnf.jkt), and the request has no DPoP proof of that key")]
    Key,
    /// It was shown before (`invalid_grant`).
    #[error("assertion was used before; ask the identity provider for another one")]
    Used,
    /// `scope` cannot be read (`invalid_scope`).
    #[error(transparent)]
    Scope(#[from] InvalidScope),
    /// Nothing of what was asked for may be granted (`invalid_scope`).
    #[error("none of the requested scopes may be granted to this client for this user")]
    NoScope,
    /// Another resource was asked for (`invalid_target`).
    #[error(transparent)]
    Resource(#[from] WrongResource),
    /// The server could not do it, or the identity provider's keys cannot be had.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// What the request asks for, beside the assertion.
struct Asked {
    assertion: Secret,
    scopes: Option<ScopeSet>,
}

/// Issues an access token to an authenticated client. There is no refresh token: the client asks its identity provider again,
/// which so can end its access at any time.
pub async fn issue(
    services: &Services,
    caller: &Caller,
    addresses: &Addresses,
    request: TokenRequest<'_>,
) -> Result<TokenResponse, IdentityAssertionGrantError> {
    let granted = grant(services, addresses, &request).await;
    let (identity, scopes) = granted.inspect_err(|refusal| {
        if !matches!(refusal, IdentityAssertionGrantError::Unavailable(_)) {
            let event = services.event(AuthenticationEvent::RequestRefused, caller);
            event.client(&request.client.id).refused(refusal).write();
        }
    })?;
    let TokenRequest { client, key, .. } = request;
    let direct = DirectGrant {
        client,
        identity: &identity,
        scopes,
        key,
        grant_type: GrantType::JwtBearer,
    };
    Ok(direct::issue(services, caller, addresses, direct).await?)
}

/// Whose calls the client may make, and with which scopes. Uses the assertion up: nothing is refused after that.
async fn grant(
    services: &Services,
    addresses: &Addresses,
    request: &TokenRequest<'_>,
) -> Result<(UserIdentity, ScopeSet), IdentityAssertionGrantError> {
    let TokenRequest { client, form, key } = request;
    let checker = services.identity_assertions.as_ref();
    let checker = checker.ok_or(IdentityAssertionGrantError::SwitchedOff)?;
    if !client.may_use(GrantType::JwtBearer) {
        return Err(IdentityAssertionGrantError::GrantType);
    }
    let asked = read(addresses, form)?;
    let answer = checker.check(CheckIdentityAssertion(PresentedIdentityAssertion {
        assertion: asked.assertion.clone(),
        client: client.id.clone(),
        audience: addresses.issuer().to_owned(),
        resource: addresses.resource().clone(),
    }));
    let user = match answer.await.map_err(Unavailable::from)? {
        Ok(user) => user,
        Err(IdentityAssertionError::Unavailable(error)) => {
            log::error!("an identity assertion cannot be checked: {error}");
            return Err(Unavailable::down(&error).into());
        }
        Err(refusal) => return Err(IdentityAssertionGrantError::Assertion(refusal)),
    };
    check_key(&user, key.as_ref().map(|key| &key.thumbprint))?;
    let scopes = effective_scopes(services, client, &user, asked.scopes)?;
    let remembered = services.actors.tokens.ask(RememberUse(user.single_use));
    let is_first = remembered.await.map_err(Unavailable::from)?;
    match is_first.map_err(Unavailable::from)? {
        true => Ok((user.identity, scopes)),
        false => Err(IdentityAssertionGrantError::Used),
    }
}

/// Whether the client has proven to have the key of the assertion, if that has one. Another one may be proven where it has none: the
/// token is bound to it then.
fn check_key(user: &AssertedUser, proven: Option<&KeyThumbprint>) -> Result<(), IdentityAssertionGrantError> {
    match &user.bound_to {
        Some(key) if proven != Some(key) => Err(IdentityAssertionGrantError::Key),
        Some(_) | None => Ok(()),
    }
}

fn read(addresses: &Addresses, form: &Parameters) -> Result<Asked, IdentityAssertionGrantError> {
    if let Some(resource) = form.optional_within("resource", LONGEST_RESOURCE)? {
        addresses.resource().accept(resource)?;
    }
    form.optional_within("assertion", LONGEST_ASSERTION)?;
    let scopes = form
        .optional_within("scope", LONGEST_SCOPES)?
        .map(ScopeSet::parse)
        .transpose()?;
    Ok(Asked {
        assertion: Secret::new(form.required("assertion")?),
        scopes: scopes.filter(|scopes| !scopes.is_empty()),
    })
}

/// Never more than client, assertion, request and user allow.
fn effective_scopes(
    services: &Services,
    client: &Client,
    user: &AssertedUser,
    asked: Option<ScopeSet>,
) -> Result<ScopeSet, IdentityAssertionGrantError> {
    let asked = match (asked, &user.scopes) {
        (Some(asked), Some(asserted)) => Some(asked.intersection(asserted)),
        (asked, asserted) => asked.or_else(|| asserted.clone()),
    };
    let scopes = match &asked {
        // An intersection with nothing in it is not the absence of a wish.
        Some(asked) => asked.intersection(&client.scopes),
        None => shown_scopes(client, None, &services.settings),
    };
    let scopes = scopes.intersection(&user.identity.scopes);
    if scopes.is_empty() && asked.is_some() {
        return Err(IdentityAssertionGrantError::NoScope);
    }
    Ok(scopes)
}
