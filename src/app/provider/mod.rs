//! From the configuration to the place where users log in. To add a provider: its file in the core crate, a line in each
//! `match` here, and a file like [`github`].

mod atlassian;
mod github;
pub(super) mod openid;
mod salesforce;

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::sync::Arc;

use mxcp_actors::domain::clock::Clock;
use mxcp_actors::domain::scope::ScopeSet;
use mxcp_actors::provider_broker::claim_mappings::ClaimMappings;
use mxcp_actors::provider_broker::providers::app::App;
use mxcp_actors::provider_broker::providers::token_endpoint::ClientCredentials;
use mxcp_actors::provider_broker::settings::{LocalProviderSettings, ThrottleSettings};
use mxcp_actors::system::LoginSettings;
use url::Url;

use super::StartError;
use super::authentication::local_user;
use super::scopes::grantable;
use crate::config::{Config, Provider, UpstreamClient, scope_names};
use crate::oauth::LoginKind;

/// Where users log in, for the actors.
pub(super) fn login(config: &Config, clock: &Arc<dyn Clock>) -> Result<LoginSettings, StartError> {
    let scopes = grantable(&config.auth)?;
    let outside = match &config.auth.provider {
        Provider::Local(settings) => {
            let issuer = format!("urn:mxcp-actor:{}:local", config.project.name);
            let users = settings.users.iter().map(|user| local_user(user, &scopes));
            let users = users.collect::<Result<Vec<_>, _>>()?;
            let guesses = NonZeroU32::new(config.transport.http.rate_limits.login);
            return Ok(LoginSettings::Local(LocalProviderSettings {
                throttle: ThrottleSettings::with_guesses_per_minute(guesses.unwrap_or(NonZeroU32::MIN)),
                ..LocalProviderSettings::new(issuer, users)
            }));
        }
        Provider::Github(settings) => github::github(settings, scopes, clock)?,
        Provider::Atlassian(settings) => atlassian::atlassian(settings, scopes, clock)?,
        Provider::Salesforce(settings) => salesforce::salesforce(settings, scopes, clock)?,
        Provider::Google(settings) => openid::google(settings, scopes, clock)?,
        Provider::Keycloak(settings) => openid::keycloak(settings, scopes, clock)?,
        Provider::Oidc(settings) => openid::oidc(settings, scopes, clock)?,
        Provider::None => return Err(StartError::NoProvider(config.auth.provider.name())),
    };
    Ok(LoginSettings::Outside(outside))
}

/// Where users log in, for the pages.
pub(super) fn login_kind(provider: &Provider) -> Result<LoginKind, StartError> {
    let missing = || StartError::NoProvider(provider.name());
    let (name, scope) = match provider {
        Provider::Local(_) => return Ok(LoginKind::Password),
        Provider::Github(settings) => (provider.name(), &settings.client.scope),
        Provider::Atlassian(settings) => (provider.name(), &settings.client.scope),
        Provider::Salesforce(settings) => (provider.name(), &settings.client.scope),
        Provider::Google(settings) => (provider.name(), &settings.client.scope),
        Provider::Keycloak(settings) => (provider.name(), &settings.client.scope),
        Provider::Oidc(settings) => (openid::name(settings), &settings.scope),
        Provider::None => return Err(missing()),
    };
    Ok(LoginKind::Provider {
        name: name.to_owned(),
        callback_path: provider.callback_path().ok_or_else(missing)?.to_owned(),
        scopes: ScopeSet::parse(&asked_for(scope).join(" "))?,
    })
}

/// This server's app at a provider without discovery.
fn app(client: &UpstreamClient, auth_url: &Url, token_url: &Url, user_scopes: ScopeSet) -> App {
    App {
        client: credentials(client),
        scopes: asked_for(&client.scope),
        callback_path: client.callback_path.clone(),
        auth_url: auth_url.clone(),
        token_url: token_url.clone(),
        claim_mappings: ClaimMappings(client.claim_mappings.clone()),
        user_scopes,
    }
}

/// This server, as the provider knows it.
fn credentials(client: &UpstreamClient) -> ClientCredentials {
    ClientCredentials {
        client_id: client.client_id.clone(),
        client_secret: client.client_secret.clone(),
    }
}

/// The scopes to ask the provider for, in the order in which they are written.
fn asked_for(scope: &str) -> Vec<String> {
    scope_names(scope).map(str::to_owned).collect()
}

/// The hosts that the operator chose, which may be on a private network; not those that everybody gets.
pub(super) fn named_hosts<'a>(urls: impl IntoIterator<Item = &'a Url>, public: &[&str]) -> BTreeSet<String> {
    let hosts = urls.into_iter().filter_map(Url::host_str);
    hosts
        .filter(|host| !public.contains(host))
        .map(str::to_owned)
        .collect()
}
