//! GitHub, and GitHub Enterprise Server under addresses of its own.
//!
//! What is special about GitHub, as its documentation on OAuth apps and GitHub Apps has it: the token endpoint answers
//! errors with status 200, scopes have commas between them, every call needs `User-Agent`, and a user's address is in a
//! list of its own. The tokens of OAuth apps do not expire; those of GitHub Apps may, and their refresh tokens are new
//! after each use.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use oauth2::basic::BasicClient;
use oauth2::{AuthUrl, ClientId, CsrfToken, RedirectUrl, Scope};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::Url;
use url::form_urlencoded::Serializer;
use zeroize::Zeroizing;

use crate::domain::clock::Clock;
use crate::domain::scope::ScopeSet;
use crate::domain::secret::Secret;
use crate::domain::upstream_tokens::UpstreamTokens;
use crate::domain::user::{UserIdentity, UserKey, VerifiedEmail};
use crate::outbound::{OutboundClient, OutboundMethod, OutboundRequest, OutboundResponse};
use crate::provider_broker::claim_mappings::ClaimMappings;
use crate::provider_broker::provider::{
    OutsideProvider, ProviderError, ProviderFuture, UpstreamGrant, UpstreamRequest, UpstreamSecrets,
};
use crate::provider_broker::token_answer::{self, TokenAnswer};

/// The provider's name in the configuration and in user records.
pub const NAME: &str = "github";
/// The media type of the REST interface.
const API_MEDIA_TYPE: &str = "application/vnd.github+json";
const FORM: &str = "application/x-www-form-urlencoded";

/// What the operator set.
#[derive(Clone, Debug)]
pub struct GithubSettings {
    /// The client id of this server's app.
    pub client_id: String,
    /// Its client secret.
    pub client_secret: Secret,
    /// The scopes to ask for, in this order.
    pub scopes: Vec<String>,
    /// The path of this server that browsers come back to.
    pub callback_path: String,
    /// Where browsers log in.
    pub auth_url: Url,
    /// Where codes and refresh tokens are exchanged.
    pub token_url: Url,
    /// The root of the REST interface.
    pub api_url: Url,
    /// What the user's claims grant.
    pub claim_mappings: ClaimMappings,
    /// The scopes of this server that its users may have at most.
    pub user_scopes: ScopeSet,
}

/// Logins at GitHub.
pub struct GithubProvider {
    settings: GithubSettings,
    /// Vouches for its users: the place where they log in.
    issuer: String,
    http: OutboundClient,
    clock: Arc<dyn Clock>,
}

/// Whose answer a failure is about.
#[derive(Clone, Copy)]
enum Call {
    Token,
    Api,
}

/// The parts of `GET /user` that everything depends on.
#[derive(Deserialize)]
struct User {
    id: u64,
    login: String,
    name: Option<String>,
}

/// An element of `GET /user/emails`.
#[derive(Deserialize)]
struct Address {
    email: String,
    primary: bool,
    verified: bool,
}

impl GithubProvider {
    /// A provider with these settings. Calls nobody.
    #[must_use]
    pub fn new(settings: GithubSettings, http: OutboundClient, clock: Arc<dyn Clock>) -> Self {
        Self {
            issuer: settings.auth_url.origin().ascii_serialization(),
            settings,
            http,
            clock,
        }
    }

    fn departure(&self, request: &UpstreamRequest<'_>) -> Result<String, ProviderError> {
        let redirect_uri = RedirectUrl::new(request.redirect_uri.to_owned());
        let redirect_uri =
            redirect_uri.map_err(|_| invalid("this server's callback address cannot be written"))?;
        let client = BasicClient::new(ClientId::new(self.settings.client_id.clone()))
            .set_auth_uri(AuthUrl::from_url(self.settings.auth_url.clone()))
            .set_redirect_uri(redirect_uri);
        let state = CsrfToken::new(request.state.expose().to_owned());
        let scopes = self.settings.scopes.iter().cloned().map(Scope::new);
        let (url, _) = client
            .authorize_url(|| state)
            .add_scopes(scopes)
            .add_extra_param("code_challenge", request.challenge.as_str())
            .add_extra_param("code_challenge_method", "S256")
            .url();
        Ok(url.into())
    }

    /// Asks the token endpoint, as this server's app.
    async fn ask_for_tokens(&self, fields: &[(&str, &str)]) -> Result<UpstreamTokens, ProviderError> {
        let mut form = Serializer::new(String::new());
        form.append_pair("client_id", &self.settings.client_id);
        form.append_pair("client_secret", self.settings.client_secret.expose());
        form.extend_pairs(fields);
        let request = OutboundRequest {
            method: OutboundMethod::Post,
            url: self.settings.token_url.clone(),
            accept: "application/json",
            authorization: None,
            body: Some((FORM, Secret::new(form.finish()))),
        };
        let answer = self.send(request, Call::Token).await?;
        match token_answer::read(&answer.body, self.clock.now(), &[',', ' ']) {
            TokenAnswer::Granted(tokens) => Ok(tokens),
            TokenAnswer::Refused(code) => Err(refusal(code)),
            TokenAnswer::Unreadable(reason) => Err(invalid(reason)),
        }
    }

    /// Reads from the REST interface in the user's name.
    async fn read(&self, path: &[&str], token: &Secret) -> Result<OutboundResponse, ProviderError> {
        let request = OutboundRequest {
            method: OutboundMethod::Get,
            url: self.api(path)?,
            accept: API_MEDIA_TYPE,
            authorization: Some(Secret::new(format!("Bearer {}", token.expose()))),
            body: None,
        };
        self.send(request, Call::Api).await
    }

    /// The answer, unless it is of no use whatever was asked.
    async fn send(&self, request: OutboundRequest, call: Call) -> Result<OutboundResponse, ProviderError> {
        let answer = self.http.send(request).await;
        let answer = answer.map_err(|error| unavailable(error.reason()))?;
        match answer.status {
            300..400 => Err(invalid("it redirects instead of answering")),
            403 | 429 if answer.is_rate_limited => Err(unavailable("it is asked too often")),
            500.. => Err(unavailable("it has an internal error")),
            404 if matches!(call, Call::Token) => Err(invalid("there is no token endpoint at token_url")),
            _ => Ok(answer),
        }
    }

    fn api(&self, path: &[&str]) -> Result<Url, ProviderError> {
        let mut url = self.settings.api_url.clone();
        url.path_segments_mut()
            .map_err(|()| invalid("api_url cannot have a path"))?
            .pop_if_empty()
            .extend(path);
        Ok(url)
    }

    async fn identity(&self, token: &Secret) -> Result<UserIdentity, ProviderError> {
        let answer = self.read(&["user"], token).await?;
        let claims: Map<String, Value> = match answer.status {
            200 => serde_json::from_slice(&answer.body).map_err(|_| invalid("it is no user"))?,
            401 => return Err(refused("invalid_token")),
            403 | 404 => return Err(refused("insufficient_scope")),
            _ => return Err(invalid("it does not say who the user is")),
        };
        let user = User::deserialize(&Value::Object(claims.clone()));
        let user = user.map_err(|_| invalid("its user has no id or no login"))?;
        let key = UserKey {
            issuer: self.issuer.clone(),
            subject: user.id.to_string(),
        };
        Ok(UserIdentity {
            username: Some(user.login),
            name: user.name.filter(|name| !name.is_empty()),
            email: self.email(token).await?,
            capabilities: self.settings.claim_mappings.capabilities(&claims),
            scopes: self.settings.user_scopes.clone(),
            profile: claims,
            ..UserIdentity::bare(key, NAME)
        })
    }

    /// The primary address, if it is verified. An app that may not read addresses learns none; that is no failure.
    async fn email(&self, token: &Secret) -> Result<Option<VerifiedEmail>, ProviderError> {
        let answer = self.read(&["user", "emails"], token).await?;
        if answer.status != 200 {
            log::debug!(
                "GitHub does not show this user's addresses: status {}",
                answer.status
            );
            return Ok(None);
        }
        let addresses: Vec<Address> =
            serde_json::from_slice(&answer.body).map_err(|_| invalid("it is no list of addresses"))?;
        let primary = addresses.iter().find(|address| address.primary);
        Ok(primary.and_then(|address| VerifiedEmail::from_claims(&address.email, address.verified)))
    }

    async fn give_back(&self, token: &Secret) -> Result<(), ProviderError> {
        let (id, secret) = (&self.settings.client_id, &self.settings.client_secret);
        let credentials = Zeroizing::new(format!("{id}:{}", secret.expose()));
        let basic = Zeroizing::new(STANDARD.encode(credentials.as_bytes()));
        let request = OutboundRequest {
            method: OutboundMethod::Delete,
            url: self.api(&["applications", id, "token"])?,
            accept: API_MEDIA_TYPE,
            authorization: Some(Secret::new(format!("Basic {}", basic.as_str()))),
            body: Some((
                "application/json",
                Secret::new(json!({ "access_token": token.expose() }).to_string()),
            )),
        };
        match self.send(request, Call::Api).await?.status {
            // GitHub calls a token that it does not know, or not any more, invalid.
            200..300 | 404 | 422 => Ok(()),
            401 | 403 => Err(misconfigured("incorrect_client_credentials")),
            _ => Err(invalid("it does not say whether the token is revoked")),
        }
    }
}

impl OutsideProvider for GithubProvider {
    fn name(&self) -> &str {
        NAME
    }

    /// GitHub does not name itself in callbacks. Its callback path is no other provider's, which does the same.
    fn issuer(&self) -> Option<&str> {
        None
    }

    fn callback_path(&self) -> &str {
        &self.settings.callback_path
    }

    fn authorization_url<'a>(&'a self, request: &'a UpstreamRequest<'a>) -> ProviderFuture<'a, String> {
        Box::pin(async { self.departure(request) })
    }

    fn exchange_code<'a>(
        &'a self,
        code: &'a Secret,
        secrets: &'a UpstreamSecrets,
    ) -> ProviderFuture<'a, UpstreamGrant> {
        Box::pin(async {
            let fields = [
                ("grant_type", "authorization_code"),
                ("code", code.expose()),
                ("redirect_uri", &secrets.redirect_uri),
                ("code_verifier", secrets.verifier.secret().expose()),
            ];
            Ok(UpstreamGrant {
                tokens: self.ask_for_tokens(&fields).await?,
                id_token: None,
            })
        })
    }

    fn read_user<'a>(
        &'a self,
        grant: &'a UpstreamGrant,
        _secrets: &'a UpstreamSecrets,
    ) -> ProviderFuture<'a, UserIdentity> {
        Box::pin(self.identity(&grant.tokens.access_token))
    }

    fn refresh<'a>(&'a self, refresh_token: &'a Secret) -> ProviderFuture<'a, UpstreamTokens> {
        Box::pin(async {
            let fields = [
                ("grant_type", "refresh_token"),
                ("refresh_token", refresh_token.expose()),
            ];
            self.ask_for_tokens(&fields).await
        })
    }

    fn revoke<'a>(&'a self, tokens: &'a UpstreamTokens) -> ProviderFuture<'a, ()> {
        Box::pin(self.give_back(&tokens.access_token))
    }
}

/// Only what says that this code or token is not good is a refusal; everything else is about this server or this
/// moment, and nobody's login ends because of it.
fn refusal(code: String) -> ProviderError {
    match code.as_str() {
        "bad_verification_code"
        | "bad_refresh_token"
        | "invalid_grant"
        | "access_denied"
        | "unverified_user_email" => refused(&code),
        "server_error" | "temporarily_unavailable" | "slow_down" => unavailable("it says so"),
        _ => ProviderError::Misconfigured {
            provider: NAME.to_owned(),
            code,
        },
    }
}

fn refused(code: &str) -> ProviderError {
    ProviderError::Refused {
        provider: NAME.to_owned(),
        code: code.to_owned(),
    }
}

fn misconfigured(code: &str) -> ProviderError {
    ProviderError::Misconfigured {
        provider: NAME.to_owned(),
        code: code.to_owned(),
    }
}

fn unavailable(reason: &'static str) -> ProviderError {
    ProviderError::Unavailable {
        provider: NAME.to_owned(),
        reason,
    }
}

fn invalid(reason: &'static str) -> ProviderError {
    ProviderError::InvalidAnswer {
        provider: NAME.to_owned(),
        reason,
    }
}
