//! Atlassian Cloud (Jira and Confluence), through OAuth 2.0 (3LO).
//!
//! What is special about Atlassian, as its documentation of 3LO apps has it: the authorization request names the audience
//! `api.atlassian.com`, the token endpoint reads JSON, refresh tokens come with the scope `offline_access` and are new after
//! each use, and the sites that the user opened to the app are a list of their own. A refresh token that is not good is
//! called `unauthorized_client`, a wrong client secret `access_denied`. There is nowhere to give a token back.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use url::Url;

use super::app::App;
use super::calls::Calls;
use super::token_endpoint::{ClientAuthentication, RequestFormat, TokenEndpoint};
use crate::domain::clock::Clock;
use crate::domain::secret::Secret;
use crate::domain::upstream_tokens::UpstreamTokens;
use crate::domain::user::{UserIdentity, UserKey, VerifiedEmail};
use crate::outbound::OutboundClient;
use crate::provider_broker::provider::{
    OutsideProvider, ProviderError, ProviderFuture, UpstreamGrant, UpstreamRequest, UpstreamSecrets,
};

/// The provider's name in the configuration and in user records.
pub const NAME: &str = "atlassian";
/// What tokens of 3LO apps are for, whatever address the interface has.
const AUDIENCE: &str = "api.atlassian.com";
/// Scopes that open no site.
const SCOPES_WITHOUT_SITES: [&str; 3] = ["read:me", "read:account", "offline_access"];
const JSON: &str = "application/json";

/// What the operator set.
#[derive(Clone, Debug)]
pub struct AtlassianSettings {
    /// This server's app.
    pub app: App,
    /// The root of the REST interfaces.
    pub api_url: Url,
    /// Hosts or cloud ids of sites, in lower case: who opened none of them is not let in. Empty lets everybody in.
    pub allowed_sites: BTreeSet<String>,
}

/// Logins at Atlassian.
pub struct AtlassianProvider {
    settings: AtlassianSettings,
    /// Vouches for its users: the place where they log in.
    issuer: String,
    calls: Calls,
    clock: Arc<dyn Clock>,
}

/// The parts of `GET /me` that everything depends on.
#[derive(Deserialize)]
struct User {
    account_id: String,
    account_status: Option<String>,
    email: Option<String>,
    name: Option<String>,
    nickname: Option<String>,
}

/// An element of `GET /oauth/token/accessible-resources`: a site that the user opened to this server's app.
#[derive(Deserialize, Serialize)]
struct Site {
    /// The cloud id, which stands in the addresses of the site's interfaces.
    id: String,
    url: Url,
    name: String,
    scopes: Vec<String>,
}

impl AtlassianProvider {
    /// A provider with these settings. Calls nobody.
    #[must_use]
    pub fn new(settings: AtlassianSettings, http: OutboundClient, clock: Arc<dyn Clock>) -> Self {
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
            format: RequestFormat::Json,
            scope_separators: &[' '],
            more_refusals: &["unauthorized_client"],
        }
    }

    fn api(&self, path: &[&str]) -> Result<Url, ProviderError> {
        self.calls.below(&self.settings.api_url, path)
    }

    async fn identity(&self, token: &Secret) -> Result<UserIdentity, ProviderError> {
        let answer = self.calls.read(self.api(&["me"])?, JSON, Some(token)).await?;
        let claims = self.calls.user(&answer)?;
        let user = User::deserialize(&Value::Object(claims.clone()));
        let user = user.map_err(|_| self.calls.invalid("its user has no account_id"))?;
        let sites = self.sites(token).await?;
        self.check(&sites)?;
        let key = UserKey {
            issuer: self.issuer.clone(),
            subject: user.account_id.clone(),
        };
        let email = user.verified_email();
        Ok(UserIdentity {
            username: user.username(email.as_ref()),
            name: user.name.filter(|name| !name.is_empty()),
            email,
            capabilities: self.settings.app.claim_mappings.capabilities(&claims),
            scopes: self.settings.app.user_scopes.clone(),
            profile: claims,
            context: Map::from_iter([("sites".to_owned(), json!(sites))]),
            ..UserIdentity::bare(key, NAME)
        })
    }

    /// The sites that the user opened to this server's app.
    async fn sites(&self, token: &Secret) -> Result<Vec<Site>, ProviderError> {
        let url = self.api(&["oauth", "token", "accessible-resources"])?;
        let answer = self.calls.read(url, JSON, Some(token)).await?;
        if answer.status != 200 {
            return Err(self.calls.invalid("it does not say which sites are accessible"));
        }
        serde_json::from_slice(&answer.body).map_err(|_| self.calls.invalid("it is no list of sites"))
    }

    fn check(&self, sites: &[Site]) -> Result<(), ProviderError> {
        let opens_sites = |scope: &String| !SCOPES_WITHOUT_SITES.contains(&scope.as_str());
        if sites.is_empty() && self.settings.app.scopes.iter().any(opens_sites) {
            log::warn!(
                "atlassian: No accessible resources found for a user who logs in: the app is installed on no site of \
                 theirs, or they opened none to it"
            );
        }
        let allowed = &self.settings.allowed_sites;
        match allowed.is_empty() || sites.iter().any(|site| site.is_among(allowed)) {
            true => Ok(()),
            false => Err(ProviderError::UserNotAllowed {
                reason: "none of the Atlassian sites that were opened is among auth.atlassian.allowed_sites",
            }),
        }
    }
}

impl User {
    /// An account is active once its address was confirmed; there is no claim of its own for that.
    fn verified_email(&self) -> Option<VerifiedEmail> {
        let is_active = self.account_status.as_deref() == Some("active");
        VerifiedEmail::from_claims(self.email.as_deref()?, is_active)
    }

    fn username(&self, email: Option<&VerifiedEmail>) -> Option<String> {
        let nickname = self.nickname.clone().filter(|nickname| !nickname.is_empty());
        let local_part = || Some(email?.as_str().rsplit_once('@')?.0.to_owned());
        nickname.or_else(local_part)
    }
}

impl Site {
    fn is_among(&self, allowed: &BTreeSet<String>) -> bool {
        let host = self.url.host_str().unwrap_or_default();
        allowed.contains(host) || allowed.contains(&self.id.to_ascii_lowercase())
    }
}

impl OutsideProvider for AtlassianProvider {
    fn name(&self) -> &str {
        NAME
    }

    fn callback_path(&self) -> &str {
        &self.settings.app.callback_path
    }

    fn authorization_url<'a>(&'a self, request: &'a UpstreamRequest<'a>) -> ProviderFuture<'a, String> {
        Box::pin(async {
            // Without a prompt the user is not asked again which sites to open.
            let own = [("audience", AUDIENCE), ("prompt", "consent")];
            self.settings.app.departure(NAME, request, &own)
        })
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
        Box::pin(self.identity(&grant.tokens.access_token))
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

    fn revoke<'a>(&'a self, _tokens: &'a UpstreamTokens) -> ProviderFuture<'a, ()> {
        Box::pin(async { Ok(()) })
    }
}
