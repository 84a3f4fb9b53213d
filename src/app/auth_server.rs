//! `serve --auth-server`: an authorization server of which no more is known than its address, looked at before anybody's call
//! depends on it.

use std::time::Duration;

use mxcp_actors::domain::secret::Secret;
use mxcp_actors::provider_broker::provider::ProviderError;
use mxcp_actors::provider_broker::providers::oidc::access_tokens::{AccessTokenSettings, AccessTokens};
use mxcp_actors::provider_broker::providers::oidc::settings::OidcSettings;
use mxcp_actors::provider_broker::providers::oidc::{config_url_of, server_config_url_of};
use mxcp_actors::provider_broker::providers::token_endpoint::ClientCredentials;

use super::{StartError, verifier};
use crate::config::{AuthServer, VerifyingMethod};

/// What clients are told, and tokens must say.
pub(super) fn identifier(server: &AuthServer) -> String {
    server.issuer.as_str().trim_end_matches('/').to_owned()
}

/// How its tokens are checked, and how long an answer is believed. Its document stands where RFC 8414 has it, or else where
/// OpenID Connect does.
pub(super) fn discovered(server: &AuthServer) -> Result<(AccessTokenSettings, Duration), StartError> {
    let config_url = server_config_url_of(&server.issuer).ok_or(StartError::NoVerifier)?;
    // Nobody is asked in the name of a client that there is not.
    let (client_id, client_secret) = server
        .client
        .clone()
        .unwrap_or_else(|| (String::new(), Secret::new("")));
    let client = ClientCredentials {
        client_id,
        client_secret,
    };
    let issuer = OidcSettings {
        other_config_url: config_url_of(&server.issuer),
        ..verifier::server(&server.name, config_url, client, &server.claim_mappings)
    };
    let settings = AccessTokenSettings {
        issuer,
        methods: verifier::methods(&server.methods),
        audience: verifier::audience(server.audience.as_ref()),
        introspection: None,
        answer_lifetime: server.cache_ttl,
    };
    Ok((settings, server.cache_ttl))
}

/// Refuses a server whose tokens cannot be checked. One that does not answer just now is waited for by the calls.
pub(super) async fn look_at(server: &AuthServer, tokens: &AccessTokens) -> Result<(), StartError> {
    let issuer = &server.issuer;
    match tokens.prepare().await {
        Ok(()) => log::info!(
            "users log in at {issuer}; its access tokens are checked {}",
            way(server)
        ),
        Err(reason @ ProviderError::Unavailable { .. }) => {
            log::warn!("--auth-server {issuer}: {reason}; calls are answered 503 until it answers");
        }
        Err(reason) => {
            return Err(StartError::AuthServer {
                issuer: issuer.to_string(),
                reason,
                advice: advice(server),
            });
        }
    }
    Ok(())
}

fn way(server: &AuthServer) -> &'static str {
    match server.methods.as_slice() {
        [VerifyingMethod::Jwt] => "by the keys that it publishes",
        [VerifyingMethod::Introspection] => "by asking it about each",
        _ => "by the keys that it publishes, and by asking it about those that it did not sign",
    }
}

fn advice(server: &AuthServer) -> &'static str {
    if server.methods.contains(&VerifyingMethod::Introspection) {
        "give its address as its metadata has it (issuer); if it cannot be asked about tokens and signs them, leave \
         auth.introspection out"
    } else {
        "give its address as its metadata has it (issuer); if it signs no access tokens, set auth.introspection with a client_id \
         and a client_secret of its own, with which it is asked about them"
    }
}
