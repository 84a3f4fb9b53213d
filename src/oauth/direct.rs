//! Access tokens without a code: what the grant types have in common whose client brings its right along.

use mxcp_actors::domain::audit_event::AuthenticationEvent;
use mxcp_actors::domain::client::{Client, GrantType};
use mxcp_actors::domain::scope::ScopeSet;
use mxcp_actors::domain::user::UserIdentity;
use mxcp_actors::token_store::IssueAccessToken;
use mxcp_actors::token_store::messages::{IssueAccessTokenError, ProvenKey};

use super::token_response::TokenResponse;
use super::{Addresses, Caller, Services, Unavailable};

/// What is to be issued. That the client may have it was decided before.
pub(super) struct DirectGrant<'a> {
    /// The client.
    pub(super) client: &'a Client,
    /// Whose calls the token makes.
    pub(super) identity: &'a UserIdentity,
    /// What the token may do.
    pub(super) scopes: ScopeSet,
    /// The key that it is bound to, if there is one.
    pub(super) key: Option<ProvenKey>,
    /// How the client came by it, for the record.
    pub(super) grant_type: GrantType,
}

/// Issues the token, and records it.
pub(super) async fn issue(
    services: &Services,
    caller: &Caller,
    addresses: &Addresses,
    direct: DirectGrant<'_>,
) -> Result<TokenResponse, Unavailable> {
    let issued = services.actors.tokens.ask(IssueAccessToken {
        client: direct.client.id.clone(),
        identity: direct.identity.clone(),
        scopes: direct.scopes,
        resource: addresses.resource().clone(),
        issuer: addresses.issuer().to_owned(),
        bound_to: direct.key.map(|key| key.thumbprint),
    });
    let (grant, pair) = issued.await?.map_err(|error| match error {
        IssueAccessTokenError::Randomness(error) => Unavailable::from(error),
        IssueAccessTokenError::Signing(error) => Unavailable::from(error),
        IssueAccessTokenError::Store(error) => Unavailable::from(error),
    })?;
    services
        .event(AuthenticationEvent::TokenIssued, caller)
        .client(&direct.client.id)
        .user(direct.identity)
        .scopes(&pair.scopes)
        .of_grant(grant)
        .detail("grant_type", &direct.grant_type.as_str())
        .write();
    Ok(TokenResponse::new(pair, services.clock.now()))
}
