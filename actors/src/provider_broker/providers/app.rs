//! This server's app at a provider that speaks OAuth 2.0 without discovery: what every such provider's settings have.

use url::Url;

use super::authorization_request::AuthorizationRequest;
use super::token_endpoint::ClientCredentials;
use crate::domain::scope::ScopeSet;
use crate::provider_broker::claim_mappings::ClaimMappings;
use crate::provider_broker::provider::{ProviderError, UpstreamRequest};

/// What the operator set.
#[derive(Clone, Debug)]
pub struct App {
    /// Its client id and client secret.
    pub client: ClientCredentials,
    /// The scopes to ask for, in this order.
    pub scopes: Vec<String>,
    /// The path of this server that browsers come back to.
    pub callback_path: String,
    /// Where browsers log in.
    pub auth_url: Url,
    /// Where codes and refresh tokens are exchanged.
    pub token_url: Url,
    /// What the user's claims grant.
    pub claim_mappings: ClaimMappings,
    /// The scopes of this server that its users may have at most.
    pub user_scopes: ScopeSet,
}

impl App {
    /// The address that a browser is sent to, with the parameters that are this provider's own.
    pub(super) fn departure(
        &self,
        provider: &str,
        request: &UpstreamRequest<'_>,
        own: &[(&str, &str)],
    ) -> Result<String, ProviderError> {
        let to = AuthorizationRequest {
            provider,
            endpoint: &self.auth_url,
            client_id: &self.client.client_id,
            scopes: &self.scopes,
        };
        Ok(to.address(request, own)?.into())
    }
}
