//! From `auth.atlassian` to logins at Atlassian.

use std::rc::Rc;
use std::sync::Arc;

use mxcp_actors::domain::clock::Clock;
use mxcp_actors::domain::scope::ScopeSet;
use mxcp_actors::outbound::{OutboundClient, OutboundSettings};
use mxcp_actors::provider_broker::provider::OutsideProvider;
use mxcp_actors::provider_broker::providers::atlassian::{AtlassianProvider, AtlassianSettings};

use super::{app, named_hosts};
use crate::app::StartError;
use crate::config;

/// Where Atlassian itself is: on the public internet, whatever a name service says.
const ATLASSIAN_HOSTS: [&str; 2] = ["auth.atlassian.com", "api.atlassian.com"];

/// Logins at Atlassian.
pub(super) fn atlassian(
    settings: &config::Atlassian,
    user_scopes: ScopeSet,
    clock: &Arc<dyn Clock>,
) -> Result<Rc<dyn OutsideProvider>, StartError> {
    let named = named_hosts(
        [&settings.auth_url, &settings.token_url, &settings.api_url],
        &ATLASSIAN_HOSTS,
    );
    let http = OutboundClient::new(OutboundSettings::new(named))?;
    let settings = AtlassianSettings {
        app: app(
            &settings.client,
            &settings.auth_url,
            &settings.token_url,
            user_scopes,
        ),
        api_url: settings.api_url.clone(),
        allowed_sites: settings.allowed_sites.iter().cloned().collect(),
    };
    Ok(Rc::new(AtlassianProvider::new(settings, http, Arc::clone(clock))))
}
