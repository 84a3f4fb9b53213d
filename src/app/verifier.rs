//! From `auth.mode: verifier` and `auth.mode: introspection` to a resource that another server's tokens open.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use mxcp_actors::domain::clock::Clock;
use mxcp_actors::foreign_tokens::actor::ForeignTokens;
use mxcp_actors::foreign_tokens::{ForeignTokenSettings, ForeignTokensHandle};
use mxcp_actors::outbound::{OutboundClient, OutboundSettings};
use mxcp_actors::provider_broker::claim_mappings::ClaimMappings;
use mxcp_actors::provider_broker::providers::oidc::access_claims::Audience;
use mxcp_actors::provider_broker::providers::oidc::access_tokens::{
    AccessTokenSettings, AccessTokens, Method,
};
use mxcp_actors::provider_broker::providers::oidc::issuer_of;
use mxcp_actors::provider_broker::providers::oidc::settings::OidcSettings;
use mxcp_actors::provider_broker::providers::token_endpoint::ClientCredentials;
use url::Url;

use super::user_mapping::user_mapping;
use super::{StartError, auth_server};
use crate::config::{self, AuthMode, Config, Provider, VerifyingMethod};

/// The longest time of one call to the authorization server: somebody waits for a tool.
const CALL_TIME: Duration = Duration::from_secs(5);
/// The longest time of one check: the discovery document, the keys twice, or the introspection.
const CHECK_TIME: Duration = Duration::from_secs(20);

/// Whose tokens are accepted, if not this server's own.
pub(super) fn issuer(config: &Config) -> Option<String> {
    let auth = &config.auth;
    if let Some(server) = &auth.auth_server {
        return Some(auth_server::identifier(server));
    }
    match (auth.mode, &auth.provider, &auth.introspection) {
        (AuthMode::Verifier, Provider::Oidc(oidc), _) => issuer_of(&oidc.config_url),
        (AuthMode::Introspection, _, Some(introspection)) => Some(introspection.issuer.clone()),
        _ => None,
    }
}

/// Refuses a method that could not tell whom tokens are for.
pub(super) fn refuse_unknown_audience(config: &Config) -> Result<(), StartError> {
    let auth = &config.auth;
    if let Some(server) = &auth.auth_server {
        let is_known = server.audience.is_some() || config.public_url.fixed().is_some();
        return if is_known {
            Ok(())
        } else {
            Err(StartError::NoAudienceAtServer)
        };
    }
    let (setting, audience) = match (auth.mode, &auth.provider, &auth.introspection) {
        (AuthMode::Issuer, ..) => return Ok(()),
        (AuthMode::Verifier, Provider::Oidc(oidc), _) => ("auth.oidc.audience", &oidc.audience),
        (AuthMode::Introspection, _, Some(introspection)) => {
            ("auth.introspection.audience", &introspection.audience)
        }
        (AuthMode::Verifier | AuthMode::Introspection, ..) => return Err(StartError::NoVerifier),
    };
    if audience.is_none() && config.public_url.fixed().is_none() {
        return Err(StartError::NoAudience { setting });
    }
    Ok(())
}

/// Starts what checks tokens, on the current thread.
pub(super) async fn launch(
    config: &Config,
    clock: &Arc<dyn Clock>,
) -> Result<ForeignTokensHandle, StartError> {
    let auth = &config.auth;
    let server = auth.auth_server.as_ref();
    let (settings, cache_ttl) = match (server, auth.mode, &auth.provider, &auth.introspection) {
        (Some(server), ..) => auth_server::discovered(server)?,
        (None, AuthMode::Verifier, Provider::Oidc(oidc), _) => verified(oidc)?,
        (None, AuthMode::Introspection, _, Some(introspection)) => introspected(introspection)?,
        (None, ..) => return Err(StartError::NoVerifier),
    };
    let known = [
        Some(&settings.issuer.config_url),
        settings.introspection.as_ref().map(|(_, url)| url),
    ];
    let hosts = known
        .into_iter()
        .flatten()
        .filter_map(Url::host_str)
        .map(str::to_owned);
    let http = OutboundClient::new(OutboundSettings {
        time_limit: CALL_TIME,
        ..OutboundSettings::new(hosts.collect::<BTreeSet<_>>())
    })?;
    let tokens = AccessTokens::new(settings, http, Arc::clone(clock));
    if let Some(server) = server {
        auth_server::look_at(server, &tokens).await?;
    }
    let settings = ForeignTokenSettings {
        cache_ttl,
        deadline: CHECK_TIME,
        user_mapping: user_mapping(&config.auth)?,
    };
    Ok(ForeignTokens::launch(tokens, settings, Arc::clone(clock)))
}

fn verified(oidc: &config::Oidc) -> Result<(AccessTokenSettings, Duration), StartError> {
    let verifying = oidc.verifying.as_ref().ok_or(StartError::NoVerifier)?;
    let client = ClientCredentials {
        client_id: oidc.client_id.clone(),
        client_secret: oidc.client_secret.clone(),
    };
    let name = oidc.provider_name.as_deref().unwrap_or("oidc");
    let settings = AccessTokenSettings {
        issuer: server(name, oidc.config_url.clone(), client, &oidc.claim_mappings),
        methods: methods(&verifying.methods),
        audience: audience(oidc.audience.as_ref()),
        introspection: None,
        answer_lifetime: verifying.cache_ttl,
    };
    Ok((settings, verifying.cache_ttl))
}

fn introspected(
    introspection: &config::Introspection,
) -> Result<(AccessTokenSettings, Duration), StartError> {
    let client = ClientCredentials {
        client_id: introspection.client_id.clone(),
        client_secret: introspection.client_secret.clone(),
    };
    // No discovery document is read: where to ask is known.
    let issuer = Url::parse(&introspection.issuer).map_err(|_| StartError::NoVerifier)?;
    let settings = AccessTokenSettings {
        issuer: server("introspection", issuer, client, &introspection.claim_mappings),
        methods: vec![Method::Introspection],
        audience: audience(introspection.audience.as_ref()),
        introspection: Some((introspection.issuer.clone(), introspection.endpoint.clone())),
        answer_lifetime: introspection.cache_ttl,
    };
    Ok((settings, introspection.cache_ttl))
}

pub(super) fn methods(configured: &[VerifyingMethod]) -> Vec<Method> {
    let methods = configured.iter().map(|method| match method {
        VerifyingMethod::Jwt => Method::Jwt,
        VerifyingMethod::Introspection => Method::Introspection,
    });
    methods.collect()
}

pub(super) fn audience(configured: Option<&String>) -> Audience {
    configured.map_or(Audience::Resource, |name| Audience::Named(name.clone()))
}

/// The other server, as far as tokens are checked there.
pub(super) fn server(
    name: &str,
    config_url: Url,
    client: ClientCredentials,
    claim_mappings: &config::ClaimMappings,
) -> OidcSettings {
    OidcSettings {
        claim_mappings: ClaimMappings(claim_mappings.clone()),
        ..OidcSettings::discovered(name, config_url, client)
    }
}
