//! From `auth.github` to logins at GitHub.

use std::rc::Rc;
use std::sync::Arc;

use mxcp_actors::domain::clock::Clock;
use mxcp_actors::domain::scope::ScopeSet;
use mxcp_actors::outbound::{OutboundClient, OutboundSettings};
use mxcp_actors::provider_broker::provider::OutsideProvider;
use mxcp_actors::provider_broker::providers::github::{GithubProvider, GithubSettings};

use super::{app, named_hosts};
use crate::app::StartError;
use crate::config;

/// Where GitHub itself is: on the public internet, whatever a name service says.
const GITHUB_HOSTS: [&str; 2] = ["github.com", "api.github.com"];

/// Logins at GitHub.
pub(super) fn github(
    settings: &config::Github,
    user_scopes: ScopeSet,
    clock: &Arc<dyn Clock>,
) -> Result<Rc<dyn OutsideProvider>, StartError> {
    let named = named_hosts(
        [&settings.auth_url, &settings.token_url, &settings.api_url],
        &GITHUB_HOSTS,
    );
    let http = OutboundClient::new(OutboundSettings::new(named))?;
    let settings = GithubSettings {
        app: app(
            &settings.client,
            &settings.auth_url,
            &settings.token_url,
            user_scopes,
        ),
        api_url: settings.api_url.clone(),
        allowed_orgs: settings.allowed_orgs.iter().cloned().collect(),
    };
    Ok(Rc::new(GithubProvider::new(settings, http, Arc::clone(clock))))
}
