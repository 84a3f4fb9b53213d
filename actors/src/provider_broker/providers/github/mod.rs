//! GitHub, and GitHub Enterprise Server under addresses of its own.
//!
//! What is special about GitHub, as its documentation on OAuth apps and GitHub Apps has it: the token endpoint answers
//! errors with status 200, scopes have commas between them, every call needs `User-Agent`, and a user's address is in a
//! list of its own. The tokens of OAuth apps do not expire; those of GitHub Apps may, and their refresh tokens are new
//! after each use. Where a user is a member is read in `memberships`.

mod memberships;

use std::collections::BTreeSet;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;
use zeroize::Zeroizing;

pub use memberships::ORGANISATION_SCOPES;

use super::app::App;
use super::calls::Calls;
use super::token_endpoint::{ClientAuthentication, ClientCredentials, RequestFormat, TokenEndpoint};
use crate::domain::clock::Clock;
use crate::domain::secret::Secret;
use crate::domain::upstream_tokens::UpstreamTokens;
use crate::domain::user::{UserIdentity, UserKey, VerifiedEmail};
use crate::outbound::{OutboundClient, OutboundMethod, OutboundRequest, OutboundResponse};
use crate::provider_broker::provider::{
    OutsideProvider, ProviderError, ProviderFuture, UpstreamGrant, UpstreamRequest, UpstreamSecrets,
};

/// The provider's name in the configuration and in user records.
pub const NAME: &str = "github";
/// The media type of the REST interface.
const API_MEDIA_TYPE: &str = "application/vnd.github+json";
/// The error codes that are GitHub's own words for a code or a token that is not good.
const REFUSALS: [&str; 4] = [
    "bad_verification_code",
    "bad_refresh_token",
    "unverified_user_email",
    "access_denied",
];

/// What the operator set.
#[derive(Clone, Debug)]
pub struct GithubSettings {
    /// This server's app.
    pub app: App,
    /// The root of the REST interface.
    pub api_url: Url,
    /// Organisations, in lower case: who is a member of none of them is not let in. Empty lets everybody in.
    pub allowed_orgs: BTreeSet<String>,
}

/// Logins at GitHub.
pub struct GithubProvider {
    settings: GithubSettings,
    /// Vouches for its users: the place where they log in.
    issuer: String,
    calls: Calls,
    clock: Arc<dyn Clock>,
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
            issuer: settings.app.auth_url.origin().ascii_serialization(),
            settings,
            calls: Calls::new(NAME, http),
            clock,
        }
    }

    fn tokens(&self) -> TokenEndpoint<'_> {
        TokenEndpoint {
            calls: &self.calls,
            url: &self.settings.app.token_url,
            client: &self.settings.app.client,
            authentication: ClientAuthentication::Post,
            format: RequestFormat::Form,
            scope_separators: &[',', ' '],
            more_refusals: &REFUSALS,
        }
    }

    /// Reads from the REST interface in the user's name.
    async fn read(&self, path: &[&str], token: &Secret) -> Result<OutboundResponse, ProviderError> {
        let url = self.api(path)?;
        self.calls.read(url, API_MEDIA_TYPE, Some(token)).await
    }

    fn api(&self, path: &[&str]) -> Result<Url, ProviderError> {
        self.calls.below(&self.settings.api_url, path)
    }

    async fn identity(&self, tokens: &UpstreamTokens) -> Result<UserIdentity, ProviderError> {
        let token = &tokens.access_token;
        let claims = self.calls.user(&self.read(&["user"], token).await?)?;
        let user = User::deserialize(&Value::Object(claims.clone()));
        let user = user.map_err(|_| self.calls.invalid("its user has no id or no login"))?;
        let key = UserKey {
            issuer: self.issuer.clone(),
            subject: user.id.to_string(),
        };
        let groups = self.groups(tokens).await?;
        Ok(UserIdentity {
            username: Some(user.login),
            name: user.name.filter(|name| !name.is_empty()),
            email: self.email(token).await?,
            groups,
            capabilities: self.settings.app.claim_mappings.capabilities(&claims),
            scopes: self.settings.app.user_scopes.clone(),
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
        let addresses: Vec<Address> = serde_json::from_slice(&answer.body)
            .map_err(|_| self.calls.invalid("it is no list of addresses"))?;
        let primary = addresses.iter().find(|address| address.primary);
        Ok(primary.and_then(|address| VerifiedEmail::from_claims(&address.email, address.verified)))
    }

    async fn give_back(&self, token: &Secret) -> Result<(), ProviderError> {
        let ClientCredentials {
            client_id: id,
            client_secret: secret,
        } = &self.settings.app.client;
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
        match self.calls.send(request).await?.status {
            // GitHub calls a token that it does not know, or not any more, invalid.
            200..300 | 404 | 422 => Ok(()),
            401 | 403 => Err(ProviderError::misconfigured(NAME, "incorrect_client_credentials")),
            _ => Err(self.calls.invalid("it does not say whether the token is revoked")),
        }
    }
}

impl OutsideProvider for GithubProvider {
    fn name(&self) -> &str {
        NAME
    }

    fn callback_path(&self) -> &str {
        &self.settings.app.callback_path
    }

    fn authorization_url<'a>(&'a self, request: &'a UpstreamRequest<'a>) -> ProviderFuture<'a, String> {
        Box::pin(async { self.settings.app.departure(NAME, request, &[]) })
    }

    fn exchange_code<'a>(
        &'a self,
        code: &'a Secret,
        secrets: &'a UpstreamSecrets,
    ) -> ProviderFuture<'a, UpstreamGrant> {
        Box::pin(async {
            let now = self.clock.now();
            self.tokens().exchange_code(code, secrets, &[], now).await
        })
    }

    fn read_user<'a>(
        &'a self,
        grant: &'a UpstreamGrant,
        _secrets: &'a UpstreamSecrets,
    ) -> ProviderFuture<'a, UserIdentity> {
        Box::pin(self.identity(&grant.tokens))
    }

    fn refresh<'a>(
        &'a self,
        refresh_token: &'a Secret,
        _user: &'a UserKey,
    ) -> ProviderFuture<'a, UpstreamTokens> {
        Box::pin(async {
            let now = self.clock.now();
            let grant = self.tokens().refresh(refresh_token, &[], now).await?;
            Ok(grant.tokens)
        })
    }

    fn revoke<'a>(&'a self, tokens: &'a UpstreamTokens) -> ProviderFuture<'a, ()> {
        Box::pin(self.give_back(&tokens.access_token))
    }
}
