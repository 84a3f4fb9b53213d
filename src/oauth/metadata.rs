//! Discovery: the metadata of the authorization server (RFC 8414) and of the protected resource (RFC 9728).
//!
//! The documents say what the server does and nothing that it does not do: clients choose their way by them.

use mxcp_actors::domain::audit_event::AuthenticationEvent;
use mxcp_actors::domain::client::{
    ASSERTION_ALGORITHMS, AuthenticationMethod, GrantType, IDENTITY_ASSERTION_PROFILE,
};
use mxcp_actors::domain::dpop::PROOF_ALGORITHMS;
use mxcp_actors::domain::resource::ResourceIndicator;
use mxcp_actors::domain::scope::ScopeSet;
use mxcp_actors::jose::SignatureAlgorithm;
use serde::Serialize;

use super::proof::proof_algorithms;
use super::published_keys::KEYS_PATH;
use super::settings::{LoginKind, Settings};
use super::{Caller, ResourceServer};
use crate::config::BaseUrl;

/// The two documents as JSON text, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetadataDocuments {
    /// RFC 8414 section 2.
    pub authorization_server: String,
    /// RFC 9728 section 2.
    pub protected_resource: String,
}

type Algorithms = [&'static str; ASSERTION_ALGORITHMS.len()];

#[derive(Serialize)]
struct AuthorizationServer<'a> {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    registration_endpoint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    jwks_uri: Option<String>,
    revocation_endpoint: String,
    introspection_endpoint: String,
    scopes_supported: Vec<&'a str>,
    response_types_supported: [&'static str; 1],
    response_modes_supported: [&'static str; 1],
    grant_types_supported: Vec<&'static str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    authorization_grant_profiles_supported: &'a [&'static str],
    token_endpoint_auth_methods_supported: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_endpoint_auth_signing_alg_values_supported: Option<Algorithms>,
    revocation_endpoint_auth_methods_supported: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revocation_endpoint_auth_signing_alg_values_supported: Option<Algorithms>,
    introspection_endpoint_auth_methods_supported: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    introspection_endpoint_auth_signing_alg_values_supported: Option<Algorithms>,
    code_challenge_methods_supported: [&'static str; 1],
    dpop_signing_alg_values_supported: [&'static str; PROOF_ALGORITHMS.len()],
    authorization_response_iss_parameter_supported: bool,
    client_id_metadata_document_supported: bool,
    service_documentation: String,
}

#[derive(Serialize)]
struct ProtectedResource<'a> {
    resource: &'a str,
    authorization_servers: [String; 1],
    scopes_supported: Vec<&'a str>,
    bearer_methods_supported: [&'static str; 1],
    dpop_signing_alg_values_supported: [&'static str; PROOF_ALGORITHMS.len()],
    resource_name: &'a str,
}

/// Builds both documents for one public URL.
pub(super) fn documents(
    base_url: &BaseUrl,
    resource: &ResourceIndicator,
    settings: &Settings,
) -> MetadataDocuments {
    let useful = settings.challenge_scopes().union(&settings.endpoint_scopes);
    MetadataDocuments {
        authorization_server: text(&authorization_server(base_url, settings)),
        protected_resource: text(&ProtectedResource {
            resource: resource.as_str(),
            authorization_servers: [match &settings.login {
                LoginKind::Elsewhere { issuer } => issuer.clone(),
                LoginKind::Password | LoginKind::Provider { .. } => base_url.to_string(),
            }],
            scopes_supported: sorted(&useful),
            bearer_methods_supported: ["header"],
            dpop_signing_alg_values_supported: proof_algorithms(),
            resource_name: &settings.server_name,
        }),
    }
}

fn authorization_server<'a>(base_url: &BaseUrl, settings: &'a Settings) -> AuthorizationServer<'a> {
    let with_secret = names(&settings.authentication_methods, |method| {
        method != AuthenticationMethod::None
    });
    let all = names(&settings.authentication_methods, |_| true);
    let takes_assertions = settings
        .authentication_methods
        .contains(&AuthenticationMethod::PrivateKeyJwt);
    let algorithms = takes_assertions.then(|| ASSERTION_ALGORITHMS.map(SignatureAlgorithm::name));
    AuthorizationServer {
        issuer: base_url.to_string(),
        authorization_endpoint: base_url.join("/authorize"),
        token_endpoint: base_url.join("/token"),
        registration_endpoint: base_url.join("/register"),
        jwks_uri: settings.signs_access_tokens().then(|| base_url.join(KEYS_PATH)),
        revocation_endpoint: base_url.join("/revoke"),
        introspection_endpoint: base_url.join("/introspect"),
        scopes_supported: sorted(&settings.scopes_supported),
        response_types_supported: ["code"],
        response_modes_supported: ["query"],
        grant_types_supported: grant_types(settings),
        authorization_grant_profiles_supported: &settings.grant_profiles,
        token_endpoint_auth_methods_supported: all.clone(),
        token_endpoint_auth_signing_alg_values_supported: algorithms,
        revocation_endpoint_auth_methods_supported: all,
        revocation_endpoint_auth_signing_alg_values_supported: algorithms,
        introspection_endpoint_auth_methods_supported: with_secret,
        introspection_endpoint_auth_signing_alg_values_supported: algorithms,
        code_challenge_methods_supported: ["S256"],
        dpop_signing_alg_values_supported: proof_algorithms(),
        authorization_response_iss_parameter_supported: true,
        client_id_metadata_document_supported: settings.metadata_documents,
        service_documentation: base_url.join("/"),
    }
}

/// Records that somebody looks where to log in, if that network was not seen doing so lately.
pub fn note_reading(services: &ResourceServer, caller: &Caller, document: &'static str) {
    if services.notes_discovery(caller) {
        let event = services.event(AuthenticationEvent::MetadataRead, caller);
        event.detail("document", &document).write();
    }
}

/// What no client of this server may use is not spoken of.
fn grant_types(settings: &Settings) -> Vec<&'static str> {
    let is_used = |grant_type: &GrantType| match grant_type {
        GrantType::AuthorizationCode | GrantType::RefreshToken => true,
        GrantType::ClientCredentials => !settings.service_accounts.is_empty(),
        GrantType::JwtBearer => settings.grant_profiles.contains(&IDENTITY_ASSERTION_PROFILE),
    };
    let used = GrantType::ALL.into_iter().filter(is_used);
    used.map(GrantType::as_str).collect()
}

fn names(
    methods: &[AuthenticationMethod],
    is_meant: impl Fn(AuthenticationMethod) -> bool,
) -> Vec<&'static str> {
    let meant = methods.iter().copied().filter(|method| is_meant(*method));
    meant.map(AuthenticationMethod::as_str).collect()
}

fn sorted(scopes: &ScopeSet) -> Vec<&str> {
    scopes.iter().collect()
}

/// Texts and booleans always become JSON; should they ever not, an empty document is what clients report best.
fn text(document: &impl Serialize) -> String {
    serde_json::to_string(document).unwrap_or_else(|_| "{}".to_owned())
}
