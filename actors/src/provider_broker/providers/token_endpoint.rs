//! Asking a provider's token endpoint as this server's client (RFC 6749 sections 2.3.1, 4.1.3 and 6): the form, who asks,
//! and what a refusal means.
//!
//! How an answer is read is in `token_answer.rs`.

use url::Url;
use url::form_urlencoded::Serializer;

use super::calls::Calls;
use crate::domain::clock::Timestamp;
use crate::domain::secret::Secret;
use crate::outbound::{OutboundMethod, OutboundRequest, OutboundResponse};
use crate::provider_broker::provider::{ProviderError, UpstreamGrant, UpstreamSecrets};
use crate::provider_broker::token_answer::{self, TokenAnswer};

const FORM: &str = "application/x-www-form-urlencoded";

/// This server, as the provider knows it.
#[derive(Clone, Debug)]
pub struct ClientCredentials {
    /// The client id that the provider issued.
    pub client_id: String,
    /// Its client secret.
    pub client_secret: Secret,
}

/// A token endpoint, and what is special about it.
pub(super) struct TokenEndpoint<'a> {
    pub(super) calls: &'a Calls,
    pub(super) url: &'a Url,
    pub(super) client: &'a ClientCredentials,
    /// What stands between scopes in its answers.
    pub(super) scope_separators: &'a [char],
    /// The error codes that say that a code or a token is not good, besides the registered ones.
    pub(super) more_refusals: &'a [&'a str],
}

impl TokenEndpoint<'_> {
    /// Exchanges the code of a callback. `more` are parameters of this provider.
    pub(super) async fn exchange_code(
        &self,
        code: &Secret,
        secrets: &UpstreamSecrets,
        more: &[(&str, &str)],
        now: Timestamp,
    ) -> Result<UpstreamGrant, ProviderError> {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code.expose()),
            ("redirect_uri", &secrets.redirect_uri),
            ("code_verifier", secrets.verifier.secret().expose()),
        ];
        self.ask(&[&fields, more].concat(), now).await
    }

    /// Exchanges a refresh token.
    pub(super) async fn refresh(
        &self,
        refresh_token: &Secret,
        more: &[(&str, &str)],
        now: Timestamp,
    ) -> Result<UpstreamGrant, ProviderError> {
        let fields = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token.expose()),
        ];
        self.ask(&[&fields, more].concat(), now).await
    }

    async fn ask(&self, fields: &[(&str, &str)], now: Timestamp) -> Result<UpstreamGrant, ProviderError> {
        let answer = self.post(fields).await?;
        if answer.status == 404 {
            return Err(self.calls.invalid("there is no token endpoint at its address"));
        }
        match token_answer::read(&answer.body, now, self.scope_separators) {
            TokenAnswer::Granted(grant) => Ok(grant),
            TokenAnswer::Refused(code) => Err(self.refusal(code)),
            TokenAnswer::Unreadable(reason) => Err(self.calls.invalid(reason)),
        }
    }

    /// Sends a form in this server's name.
    async fn post(&self, fields: &[(&str, &str)]) -> Result<OutboundResponse, ProviderError> {
        let mut form = Serializer::new(String::new());
        form.append_pair("client_id", &self.client.client_id);
        form.append_pair("client_secret", self.client.client_secret.expose());
        form.extend_pairs(fields);
        let request = OutboundRequest {
            method: OutboundMethod::Post,
            url: self.url.clone(),
            accept: "application/json",
            authorization: None,
            body: Some((FORM, Secret::new(form.finish()))),
        };
        self.calls.send(request).await
    }

    /// Only what says that this code or token is not good is a refusal; everything else is about this server or this
    /// moment, and nobody's login ends because of it.
    fn refusal(&self, code: String) -> ProviderError {
        let provider = self.calls.provider();
        match code.as_str() {
            "invalid_grant" | "access_denied" => ProviderError::refused(provider, code),
            "server_error" | "temporarily_unavailable" | "slow_down" => self.calls.unavailable("it says so"),
            known if self.more_refusals.contains(&known) => ProviderError::refused(provider, code),
            _ => ProviderError::misconfigured(provider, code),
        }
    }
}
