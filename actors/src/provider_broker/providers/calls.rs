//! How a provider is called, whatever it is asked: which answers are of no use is the same for all of them.
//!
//! Must not live here: what an answer means, which depends on the question.

use std::sync::Arc;

use serde_json::{Map, Value};
use url::Url;

use crate::domain::secret::Secret;
use crate::outbound::{OutboundClient, OutboundMethod, OutboundRequest, OutboundResponse};
use crate::provider_broker::health::ProviderHealth;
use crate::provider_broker::provider::ProviderError;

/// Calls of one provider.
pub(super) struct Calls {
    provider: String,
    http: OutboundClient,
    health: Option<Arc<ProviderHealth>>,
}

impl Calls {
    pub(super) fn new(provider: impl Into<String>, http: OutboundClient) -> Self {
        Self {
            provider: provider.into(),
            http,
            health: None,
        }
    }

    /// The same where nobody else takes note of how questions end.
    pub(super) fn watched_by(self, health: &Arc<ProviderHealth>) -> Self {
        Self {
            health: Some(Arc::clone(health)),
            ..self
        }
    }

    /// Takes note of how a question ended that the provider was asked, if that is to be done here.
    pub(super) fn note<T>(&self, outcome: Result<T, ProviderError>) -> Result<T, ProviderError> {
        match &self.health {
            Some(health) => health.note(outcome),
            None => outcome,
        }
    }

    /// The provider's name in the configuration.
    pub(super) fn provider(&self) -> &str {
        &self.provider
    }

    /// The answer, unless it is of no use whatever was asked: a redirect, a server that is overloaded or broken, silence.
    pub(super) async fn send(&self, request: OutboundRequest) -> Result<OutboundResponse, ProviderError> {
        let answer = self.http.send(request).await;
        let answer = answer.map_err(|error| self.unavailable(error.reason()))?;
        match answer.status {
            300..400 => Err(self.invalid("it redirects instead of answering")),
            403 | 429 if answer.is_rate_limited => Err(self.unavailable("it is asked too often")),
            500.. => Err(self.unavailable("it has an internal error")),
            _ => Ok(answer),
        }
    }

    /// Reads at an address, in a user's name if there is a token.
    pub(super) async fn read(
        &self,
        url: Url,
        accept: &'static str,
        token: Option<&Secret>,
    ) -> Result<OutboundResponse, ProviderError> {
        let request = OutboundRequest {
            method: OutboundMethod::Get,
            url,
            accept,
            authorization: token.map(|token| Secret::new(format!("Bearer {}", token.expose()))),
            body: None,
        };
        self.send(request).await
    }

    /// An address below the root of an interface, which the setting `api_url` names.
    pub(super) fn below(&self, api_url: &Url, path: &[&str]) -> Result<Url, ProviderError> {
        let mut url = api_url.clone();
        url.path_segments_mut()
            .map_err(|()| self.invalid("api_url cannot have a path"))?
            .pop_if_empty()
            .extend(path);
        Ok(url)
    }

    /// The user that an answer to a call with the user's token describes.
    pub(super) fn user(&self, answer: &OutboundResponse) -> Result<Map<String, Value>, ProviderError> {
        match answer.status {
            200 => serde_json::from_slice(&answer.body).map_err(|_| self.invalid("it is no user")),
            401 => Err(ProviderError::refused(&self.provider, "invalid_token")),
            403 | 404 => Err(ProviderError::refused(&self.provider, "insufficient_scope")),
            _ => Err(self.invalid("it does not say who the user is")),
        }
    }

    pub(super) fn unavailable(&self, reason: &'static str) -> ProviderError {
        ProviderError::unavailable(&self.provider, reason)
    }

    pub(super) fn invalid(&self, reason: &'static str) -> ProviderError {
        ProviderError::invalid_answer(&self.provider, reason)
    }
}
