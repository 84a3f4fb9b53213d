//! From `auth.salesforce` to logins at Salesforce.

use std::rc::Rc;
use std::sync::Arc;

use mxcp_actors::domain::clock::Clock;
use mxcp_actors::domain::scope::ScopeSet;
use mxcp_actors::outbound::{OutboundClient, OutboundSettings};
use mxcp_actors::provider_broker::provider::OutsideProvider;
use mxcp_actors::provider_broker::providers::salesforce::{SalesforceProvider, SalesforceSettings};

use super::{app, named_hosts};
use crate::app::StartError;
use crate::config;

/// Where Salesforce itself is: on the public internet, whatever a name service says.
const SALESFORCE_HOSTS: [&str; 2] = ["login.salesforce.com", "test.salesforce.com"];

/// Logins at Salesforce.
pub(super) fn salesforce(
    settings: &config::Salesforce,
    user_scopes: ScopeSet,
    clock: &Arc<dyn Clock>,
) -> Result<Rc<dyn OutsideProvider>, StartError> {
    let named = named_hosts(
        [&settings.auth_url, &settings.token_url, &settings.userinfo_url],
        &SALESFORCE_HOSTS,
    );
    let http = OutboundClient::new(OutboundSettings::new(named))?;
    let settings = SalesforceSettings {
        app: app(
            &settings.client,
            &settings.auth_url,
            &settings.token_url,
            user_scopes,
        ),
        userinfo_url: settings.userinfo_url.clone(),
        revoke_url: settings.revoke_url.clone(),
        allowed_organisations: settings.allowed_orgs.iter().cloned().collect(),
    };
    Ok(Rc::new(SalesforceProvider::new(
        settings,
        http,
        Arc::clone(clock),
    )))
}
