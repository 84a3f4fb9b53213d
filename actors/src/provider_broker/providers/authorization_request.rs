//! The address that a browser is sent to (RFC 6749 section 4.1.1, with PKCE as RFC 7636 has it). Pure.

use oauth2::basic::BasicClient;
use oauth2::{AuthUrl, ClientId, CsrfToken, RedirectUrl, Scope};
use url::Url;

use crate::provider_broker::provider::{ProviderError, UpstreamRequest};

/// What an authorization request says of this server.
pub(super) struct AuthorizationRequest<'a> {
    /// The provider's name in the configuration.
    pub(super) provider: &'a str,
    /// The authorization endpoint.
    pub(super) endpoint: &'a Url,
    /// This server's client id.
    pub(super) client_id: &'a str,
    /// The scopes to ask for, in this order.
    pub(super) scopes: &'a [String],
}

impl AuthorizationRequest<'_> {
    /// The address, with `more` parameters behind those of the protocol.
    pub(super) fn address(
        &self,
        request: &UpstreamRequest<'_>,
        more: &[(&str, &str)],
    ) -> Result<Url, ProviderError> {
        let redirect_uri = RedirectUrl::new(request.redirect_uri.to_owned());
        let unwritable = "this server's callback address cannot be written";
        let redirect_uri =
            redirect_uri.map_err(|_| ProviderError::invalid_answer(self.provider, unwritable))?;
        let client = BasicClient::new(ClientId::new(self.client_id.to_owned()))
            .set_auth_uri(AuthUrl::from_url(self.endpoint.clone()))
            .set_redirect_uri(redirect_uri);
        let state = CsrfToken::new(request.state.expose().to_owned());
        let mut departure = client
            .authorize_url(|| state)
            .add_scopes(self.scopes.iter().cloned().map(Scope::new))
            .add_extra_param("code_challenge", request.challenge.as_str())
            .add_extra_param("code_challenge_method", "S256");
        for (name, value) in more {
            departure = departure.add_extra_param(*name, *value);
        }
        Ok(departure.url().0)
    }
}
