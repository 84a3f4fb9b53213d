//! Asking a provider's token endpoint, and its revocation endpoint, as this server's client (RFC 6749 sections 2.3.1, 4.1.3
//! and 6, RFC 7009): the form, who asks, and what a refusal means.
//!
//! How an answer is read is in `token_answer.rs`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use url::Url;
use url::form_urlencoded::{Serializer, byte_serialize};
use zeroize::Zeroizing;

use super::calls::Calls;
use crate::domain::clock::Timestamp;
use crate::domain::secret::Secret;
use crate::outbound::{OutboundMethod, OutboundRequest, OutboundResponse};
use crate::provider_broker::provider::{ProviderError, UpstreamGrant, UpstreamSecrets};
use crate::provider_broker::token_answer::{self, TokenAnswer};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// This server, as the provider knows it.
#[derive(Clone, Debug)]
pub struct ClientCredentials {
    /// The client id that the provider issued.
    pub client_id: String,
    /// Its client secret.
    pub client_secret: Secret,
}

/// How this server shows its client secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ClientAuthentication {
    /// `client_secret_basic`: in the header, both parts encoded as a form has them.
    Basic,
    /// `client_secret_post`: in the form.
    Post,
}

/// In what form parameters are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum RequestFormat {
    /// As RFC 6749 has it.
    #[default]
    Form,
    /// As the members of an object.
    Json,
}

/// A token endpoint, and what is special about it.
pub(super) struct TokenEndpoint<'a> {
    pub(super) calls: &'a Calls,
    pub(super) url: &'a Url,
    pub(super) client: &'a ClientCredentials,
    pub(super) authentication: ClientAuthentication,
    pub(super) format: RequestFormat,
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

    /// Tells the revocation endpoint, whose address stands in the place of the token endpoint's, that a token is not needed any
    /// more. One that is not known there has ended, too.
    pub(super) async fn revoke(&self, token: &Secret, kind: &str) -> Result<(), ProviderError> {
        let answer = self
            .post(&[("token", token.expose()), ("token_type_hint", kind)])
            .await?;
        if (200..300).contains(&answer.status) {
            return Ok(());
        }
        match token_answer::error_code(&answer.body).as_deref() {
            Some("invalid_token" | "unsupported_token_type") => Ok(()),
            Some(code) => Err(self.refusal(code.to_owned())),
            None => Err(self.calls.invalid("it does not say whether the token is revoked")),
        }
    }

    /// Asks the introspection endpoint, whose address stands in the place of the token endpoint's, what a token is worth.
    pub(super) async fn introspect(&self, token: &Secret) -> Result<Map<String, Value>, ProviderError> {
        let answer = self
            .post(&[("token", token.expose()), ("token_type_hint", "access_token")])
            .await?;
        if answer.status == 200 {
            let members = serde_json::from_slice(&answer.body);
            return members.map_err(|_| self.calls.invalid("it does not say what a token is worth"));
        }
        match token_answer::error_code(&answer.body) {
            Some(code) => Err(ProviderError::misconfigured(self.calls.provider(), code)),
            None => Err(self.calls.invalid("it does not say what a token is worth")),
        }
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

    /// Sends parameters in this server's name.
    async fn post(&self, fields: &[(&str, &str)]) -> Result<OutboundResponse, ProviderError> {
        let mut parameters = Vec::with_capacity(fields.len() + 2);
        let authorization = match self.authentication {
            ClientAuthentication::Basic => Some(self.client.basic()),
            ClientAuthentication::Post => {
                parameters.push(("client_id", self.client.client_id.as_str()));
                parameters.push(("client_secret", self.client.client_secret.expose()));
                None
            }
        };
        parameters.extend_from_slice(fields);
        let request = OutboundRequest {
            method: OutboundMethod::Post,
            url: self.url.clone(),
            accept: "application/json",
            authorization,
            body: Some(self.format.write(&parameters)),
        };
        self.calls.send(request).await
    }

    /// Only what says that this code or token is not good is a refusal; everything else is about this server or this
    /// moment, and nobody's login ends because of it.
    fn refusal(&self, code: String) -> ProviderError {
        let provider = self.calls.provider();
        match code.as_str() {
            "invalid_grant" => ProviderError::refused(provider, code),
            "server_error" | "temporarily_unavailable" | "slow_down" | "rate_limit_exceeded" => {
                self.calls.unavailable("it says so")
            }
            known if self.more_refusals.contains(&known) => ProviderError::refused(provider, code),
            _ => ProviderError::misconfigured(provider, code),
        }
    }
}

impl RequestFormat {
    /// The media type, and the body.
    fn write(self, parameters: &[(&str, &str)]) -> (&'static str, Secret) {
        match self {
            Self::Form => {
                let mut form = Serializer::new(String::new());
                (FORM, Secret::new(form.extend_pairs(parameters).finish()))
            }
            Self::Json => {
                let members: Map<String, Value> = parameters
                    .iter()
                    .map(|(name, value)| ((*name).to_owned(), Value::from(*value)))
                    .collect();
                (JSON, Secret::new(Value::Object(members).to_string()))
            }
        }
    }
}

impl ClientCredentials {
    /// RFC 6749 section 2.3.1: each part is encoded as in a form before they are put together.
    fn basic(&self) -> Secret {
        let encode = |text: &str| Zeroizing::new(byte_serialize(text.as_bytes()).collect::<String>());
        let (id, secret) = (encode(&self.client_id), encode(self.client_secret.expose()));
        let pair = Zeroizing::new(format!("{}:{}", *id, *secret));
        let encoded = Zeroizing::new(STANDARD.encode(pair.as_bytes()));
        Secret::new(format!("Basic {}", *encoded))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_and_secret_are_encoded_before_they_are_put_together() {
        let client = ClientCredentials {
            client_id: "app:1".to_owned(),
            client_secret: Secret::new("50% of /a b+"),
        };
        let header = client.basic();
        let encoded = header.expose().strip_prefix("Basic ").unwrap();
        let pair = STANDARD.decode(encoded).unwrap();
        assert_eq!(pair, b"app%3A1:50%25+of+%2Fa+b%2B");
    }
}
