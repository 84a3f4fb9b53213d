//! From `auth.identity_assertions` to what checks the assertions of trusted identity providers.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use mxcp_actors::domain::clock::Clock;
use mxcp_actors::domain::scope::ScopeSet;
use mxcp_actors::domain::secret::Secret;
use mxcp_actors::handle::Handle;
use mxcp_actors::identity_assertions::actor::IdentityAssertionChecker;
use mxcp_actors::outbound::{OutboundClient, OutboundSettings};
use mxcp_actors::provider_broker::claim_mappings::ClaimMappings;
use mxcp_actors::provider_broker::providers::oidc::identity_assertions::IdentityAssertions;
use mxcp_actors::provider_broker::providers::oidc::settings::OidcSettings;
use mxcp_actors::provider_broker::providers::token_endpoint::ClientCredentials;

use super::StartError;
use super::scopes::grantable;
use super::user_mapping::user_mapping;
use crate::config::{Auth, TrustedIssuer};

/// The longest time of one call to a provider: a client waits for its token.
const CALL_TIME: Duration = Duration::from_secs(5);
/// The longest time of one check: the discovery document, and the keys twice.
const CHECK_TIME: Duration = Duration::from_secs(20);

/// Starts what checks assertions, on the current thread; nothing if nobody is trusted.
pub(super) fn launch(
    auth: &Auth,
    clock: &Arc<dyn Clock>,
) -> Result<Option<Handle<IdentityAssertionChecker>>, StartError> {
    if auth.trusted_issuers.is_empty() {
        return Ok(None);
    }
    let user_scopes = grantable(auth)?;
    // The operator named these hosts, which may be on a private network; no others may.
    let hosts = auth.trusted_issuers.iter();
    let hosts = hosts.filter_map(|issuer| issuer.config_url.host_str().map(str::to_owned));
    let http = OutboundClient::new(OutboundSettings {
        time_limit: CALL_TIME,
        ..OutboundSettings::new(hosts.collect::<BTreeSet<_>>())
    })?;
    let providers = auth.trusted_issuers.iter();
    let providers = providers.map(|issuer| provider(issuer, &user_scopes)).collect();
    let assertions = IdentityAssertions::new(providers, &http, clock);
    Ok(Some(IdentityAssertionChecker::launch(
        assertions,
        user_mapping(auth)?,
        CHECK_TIME,
    )))
}

/// The provider, as far as its keys are read. This server is not its client.
fn provider(issuer: &TrustedIssuer, user_scopes: &ScopeSet) -> OidcSettings {
    let nobody = ClientCredentials {
        client_id: String::new(),
        client_secret: Secret::new(""),
    };
    let name = issuer.provider_name.as_deref().unwrap_or("oidc");
    OidcSettings {
        claim_mappings: ClaimMappings(issuer.claim_mappings.clone()),
        user_scopes: user_scopes.clone(),
        ..OidcSettings::discovered(name, issuer.config_url.clone(), nobody)
    }
}
