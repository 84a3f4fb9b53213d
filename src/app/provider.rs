//! From the configuration to the place where users log in. To add a provider: its file in the core crate, a line in each
//! `match` here, and a function like [`github`].

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use mxcp_actors::domain::clock::Clock;
use mxcp_actors::domain::scope::ScopeSet;
use mxcp_actors::outbound::{OutboundClient, OutboundSettings};
use mxcp_actors::provider_broker::claim_mappings::ClaimMappings;
use mxcp_actors::provider_broker::provider::OutsideProvider;
use mxcp_actors::provider_broker::providers::github::{GithubProvider, GithubSettings};
use mxcp_actors::provider_broker::providers::token_endpoint::ClientCredentials;
use mxcp_actors::provider_broker::settings::LocalProviderSettings;
use mxcp_actors::system::LoginSettings;
use url::Url;

use super::StartError;
use super::authentication::local_user;
use super::scopes::grantable;
use crate::config::{self, Config, Provider, UpstreamClient};
use crate::oauth::LoginKind;

/// Where GitHub itself is: on the public internet, whatever a name service says.
const GITHUB_HOSTS: [&str; 2] = ["github.com", "api.github.com"];

/// Where users log in, for the actors.
pub(super) fn login(config: &Config, clock: &Arc<dyn Clock>) -> Result<LoginSettings, StartError> {
    let scopes = grantable(&config.auth)?;
    match &config.auth.provider {
        Provider::Local(settings) => {
            let issuer = format!("urn:mxcp-actor:{}:local", config.project.name);
            let users = settings.users.iter().map(|user| local_user(user, &scopes));
            let users = users.collect::<Result<Vec<_>, _>>()?;
            Ok(LoginSettings::Local(LocalProviderSettings::new(issuer, users)))
        }
        Provider::Github(settings) => Ok(LoginSettings::Outside(github(settings, scopes, clock)?)),
        Provider::None
        | Provider::Atlassian(_)
        | Provider::Salesforce(_)
        | Provider::Google(_)
        | Provider::Keycloak(_)
        | Provider::Oidc(_) => Err(StartError::NoProvider(config.auth.provider.name())),
    }
}

/// Where users log in, for the pages.
pub(super) fn login_kind(provider: &Provider) -> Result<LoginKind, StartError> {
    let client = match provider {
        Provider::Local(_) => return Ok(LoginKind::Password),
        Provider::Github(settings) => &settings.client,
        Provider::None
        | Provider::Atlassian(_)
        | Provider::Salesforce(_)
        | Provider::Google(_)
        | Provider::Keycloak(_)
        | Provider::Oidc(_) => return Err(StartError::NoProvider(provider.name())),
    };
    Ok(LoginKind::Provider {
        name: provider.name().to_owned(),
        callback_path: client.callback_path.clone(),
        scopes: ScopeSet::parse(&asked_for(client).join(" "))?,
    })
}

fn github(
    settings: &config::Github,
    user_scopes: ScopeSet,
    clock: &Arc<dyn Clock>,
) -> Result<Rc<dyn OutsideProvider>, StartError> {
    let client = &settings.client;
    let named = named_hosts(
        [&settings.auth_url, &settings.token_url, &settings.api_url],
        &GITHUB_HOSTS,
    );
    let http = OutboundClient::new(OutboundSettings::new(named))?;
    let settings = GithubSettings {
        client: ClientCredentials {
            client_id: client.client_id.clone(),
            client_secret: client.client_secret.clone(),
        },
        scopes: asked_for(client),
        callback_path: client.callback_path.clone(),
        auth_url: settings.auth_url.clone(),
        token_url: settings.token_url.clone(),
        api_url: settings.api_url.clone(),
        claim_mappings: ClaimMappings(client.claim_mappings.clone()),
        user_scopes,
    };
    Ok(Rc::new(GithubProvider::new(settings, http, Arc::clone(clock))))
}

/// The scopes to ask the provider for, in the order in which they are written.
fn asked_for(client: &UpstreamClient) -> Vec<String> {
    let names = client.scope.split(|c: char| c == ',' || c.is_whitespace());
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// The hosts that the operator chose, which may be on a private network; not those that everybody gets.
fn named_hosts<'a>(urls: impl IntoIterator<Item = &'a Url>, public: &[&str]) -> BTreeSet<String> {
    let hosts = urls.into_iter().filter_map(Url::host_str);
    hosts
        .filter(|host| !public.contains(host))
        .map(str::to_owned)
        .collect()
}
