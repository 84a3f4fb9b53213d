//! From `auth.identity_assertions` to what checks the assertions of trusted identity providers.

use std::sync::Arc;
use std::time::Duration;

use mxcp_actors::domain::clock::Clock;
use mxcp_actors::domain::scope::ScopeSet;
use mxcp_actors::domain::secret::Secret;
use mxcp_actors::identity_assertions::IdentityAssertionsHandle;
use mxcp_actors::identity_assertions::actor::IdentityAssertionChecker;
use mxcp_actors::outbound::{OutboundClient, OutboundSettings};
use mxcp_actors::provider_broker::claim_mappings::ClaimMappings;
use mxcp_actors::provider_broker::providers::oidc::identity_assertions::{
    IdentityAssertions, KeySource, TrustedIssuerSettings,
};
use mxcp_actors::provider_broker::providers::oidc::settings::OidcSettings;
use mxcp_actors::provider_broker::providers::token_endpoint::ClientCredentials;
use mxcp_actors::provider_broker::providers::{google as at_google, keycloak as at_keycloak};
use url::Url;

use super::StartError;
use super::provider::named_hosts;
use super::provider::openid::GOOGLE_HOSTS;
use super::scopes::grantable;
use super::user_mapping::user_mapping;
use crate::config::{Auth, IssuerDialect, IssuerKeys, TrustedIssuer};

/// The longest time of one call to a provider: a client waits for its token.
const CALL_TIME: Duration = Duration::from_secs(5);
/// The longest time of one check: the discovery document, and the keys twice.
const CHECK_TIME: Duration = Duration::from_secs(20);

/// Starts what checks assertions, on the current thread; nothing if nobody is trusted.
pub(super) fn launch(
    auth: &Auth,
    clock: &Arc<dyn Clock>,
) -> Result<Option<IdentityAssertionsHandle>, StartError> {
    if auth.trusted_issuers.is_empty() {
        return Ok(None);
    }
    let user_scopes = grantable(auth)?;
    // The operator named these hosts, which may be on a private network; no others may.
    let named = auth
        .trusted_issuers
        .iter()
        .map(|issuer| known_address(&issuer.keys));
    let http = OutboundClient::new(OutboundSettings {
        time_limit: CALL_TIME,
        ..OutboundSettings::new(named_hosts(named, &GOOGLE_HOSTS))
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

/// The address that the operator gave, or that follows from what the operator gave.
fn known_address(keys: &IssuerKeys) -> &Url {
    match keys {
        IssuerKeys::Discovery(url) | IssuerKeys::Published { jwks_uri: url, .. } => url,
    }
}

/// The provider, as far as its keys are read. This server is not its client.
fn provider(issuer: &TrustedIssuer, user_scopes: &ScopeSet) -> TrustedIssuerSettings {
    let nobody = ClientCredentials {
        client_id: String::new(),
        client_secret: Secret::new(""),
    };
    let own_name = match &issuer.dialect {
        IssuerDialect::Oidc => "oidc",
        IssuerDialect::Google { .. } => at_google::NAME,
        IssuerDialect::Keycloak => at_keycloak::NAME,
    };
    let name = issuer.provider_name.as_deref().unwrap_or(own_name);
    let known = OidcSettings {
        claim_mappings: ClaimMappings(issuer.claim_mappings.clone()),
        user_scopes: user_scopes.clone(),
        ..OidcSettings::discovered(name, known_address(&issuer.keys).clone(), nobody)
    };
    TrustedIssuerSettings {
        provider: match &issuer.dialect {
            IssuerDialect::Oidc => known,
            IssuerDialect::Google { allowed_domains } => at_google::google(known, allowed_domains),
            IssuerDialect::Keycloak => at_keycloak::keycloak(known),
        },
        keys: match issuer.keys.clone() {
            IssuerKeys::Discovery(_) => KeySource::Discovery,
            IssuerKeys::Published { issuer, jwks_uri } => KeySource::Published { issuer, jwks_uri },
        },
    }
}
