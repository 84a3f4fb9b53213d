//! From `auth.oidc`, `auth.google` and `auth.keycloak` to logins at a provider that speaks OpenID Connect.

use std::rc::Rc;
use std::sync::Arc;

use mxcp_actors::domain::clock::Clock;
use mxcp_actors::domain::scope::ScopeSet;
use mxcp_actors::outbound::{OutboundClient, OutboundSettings};
use mxcp_actors::provider_broker::claim_mappings::ClaimMappings;
use mxcp_actors::provider_broker::provider::OutsideProvider;
use mxcp_actors::provider_broker::providers::oidc::OidcProvider;
use mxcp_actors::provider_broker::providers::oidc::settings::{Dialect, OidcSettings};
use mxcp_actors::provider_broker::providers::token_endpoint::ClientCredentials;
use mxcp_actors::provider_broker::providers::{google as at_google, keycloak as at_keycloak};
use url::Url;

use super::{asked_for, credentials, named_hosts};
use crate::app::StartError;
use crate::config::{self, UpstreamClient};

/// Where Google itself is: on the public internet, whatever a name service says.
pub(in crate::app) const GOOGLE_HOSTS: [&str; 5] = [
    "accounts.google.com",
    "oauth2.googleapis.com",
    "openidconnect.googleapis.com",
    "www.googleapis.com",
    "googleapis.com",
];

/// The name of an OpenID provider in user records.
pub(super) fn name(settings: &config::Oidc) -> &str {
    settings.provider_name.as_deref().unwrap_or("oidc")
}

/// Logins at any OpenID provider.
pub(super) fn oidc(
    settings: &config::Oidc,
    user_scopes: ScopeSet,
    clock: &Arc<dyn Clock>,
) -> Result<Rc<dyn OutsideProvider>, StartError> {
    let login = settings.login.clone().ok_or(StartError::NoProvider("oidc"))?;
    let settings = OidcSettings {
        name: name(settings).to_owned(),
        config_url: settings.config_url.clone(),
        other_config_url: None,
        auth_url: None,
        token_url: None,
        userinfo_url: settings.userinfo_url.clone(),
        client: ClientCredentials {
            client_id: settings.client_id.clone(),
            client_secret: settings.client_secret.clone(),
        },
        scopes: asked_for(&settings.scope),
        callback_path: login.callback_path,
        audience: settings.audience.clone(),
        extra_authorize_params: login.extra_authorize_params.into_iter().collect(),
        claim_mappings: ClaimMappings(settings.claim_mappings.clone()),
        user_scopes,
        dialect: Dialect::default(),
    };
    provider(settings, &[], clock)
}

/// Logins at Google.
pub(super) fn google(
    settings: &config::Google,
    user_scopes: ScopeSet,
    clock: &Arc<dyn Clock>,
) -> Result<Rc<dyn OutsideProvider>, StartError> {
    let own = || Url::parse(at_google::CONFIG_URL).ok();
    let config_url = settings.config_url.clone().or_else(own);
    let config_url = config_url.ok_or(StartError::NoProvider(at_google::NAME))?;
    let known = OidcSettings {
        auth_url: settings.auth_url.clone(),
        token_url: settings.token_url.clone(),
        userinfo_url: settings.userinfo_url.clone(),
        ..common(at_google::NAME, &settings.client, config_url, user_scopes)
    };
    let known = at_google::google(known, &settings.allowed_domains);
    provider(known, &GOOGLE_HOSTS, clock)
}

/// Logins at a Keycloak realm.
pub(super) fn keycloak(
    settings: &config::Keycloak,
    user_scopes: ScopeSet,
    clock: &Arc<dyn Clock>,
) -> Result<Rc<dyn OutsideProvider>, StartError> {
    let config_url = at_keycloak::config_url(&settings.server_url, &settings.realm);
    let config_url = config_url.ok_or(StartError::NoProvider(at_keycloak::NAME))?;
    let known = OidcSettings {
        userinfo_url: settings.userinfo_url.clone(),
        ..common(at_keycloak::NAME, &settings.client, config_url, user_scopes)
    };
    provider(at_keycloak::keycloak(known), &[], clock)
}

fn common(name: &str, client: &UpstreamClient, config_url: Url, user_scopes: ScopeSet) -> OidcSettings {
    OidcSettings {
        scopes: asked_for(&client.scope),
        callback_path: client.callback_path.clone(),
        claim_mappings: ClaimMappings(client.claim_mappings.clone()),
        user_scopes,
        ..OidcSettings::discovered(name, config_url, credentials(client))
    }
}

/// Hosts that only the discovery document names are called on the public internet alone.
fn provider(
    settings: OidcSettings,
    public: &[&str],
    clock: &Arc<dyn Clock>,
) -> Result<Rc<dyn OutsideProvider>, StartError> {
    let optional = [&settings.auth_url, &settings.token_url, &settings.userinfo_url];
    let urls = optional.into_iter().flatten().chain([&settings.config_url]);
    let http = OutboundClient::new(OutboundSettings::new(named_hosts(urls, public)))?;
    Ok(Rc::new(OidcProvider::new(settings, http, Arc::clone(clock))))
}
