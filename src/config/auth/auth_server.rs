//! `serve --auth-server`: the server where users log in, in the place of whatever the configuration says about logins.
//!
//! What the configuration says about asking an authorization server still counts: this server's client there, the audience, what
//! claims grant.

use std::time::Duration;

use mxcp_actors::provider_broker::providers::oidc::issuer_of;
use url::Url;

use super::introspection::DEFAULT_CACHE;
use super::{Auth, AuthMode, ClaimMappings, Provider, VerifyingMethod};
use crate::config::Secret;
use crate::config::values::{IN_THE_CLEAR, carries_in_the_clear};
use crate::yaml::{KeyPath, Location, Problems};

const FLAG: &str = "--auth-server";

/// An authorization server that is found by its discovery document (RFC 8414).
#[derive(Clone, Debug)]
pub struct AuthServer {
    /// Its identifier.
    pub issuer: Url,
    /// The name that user records carry as the provider.
    pub name: String,
    /// How its tokens are checked, in this order.
    pub methods: Vec<VerifyingMethod>,
    /// This server's client there, with its secret; only who has one may ask.
    pub client: Option<(String, Secret)>,
    /// The audience that tokens must have, if it is not the address of this resource.
    pub audience: Option<String>,
    /// How long an answer is believed.
    pub cache_ttl: Duration,
    /// What the user's claims grant.
    pub claim_mappings: ClaimMappings,
}

impl AuthServer {
    /// Asked about tokens if the configuration has a client for that, else verified by the keys that the server publishes.
    fn new(issuer: &Url, auth: &Auth) -> Self {
        let unknown = Self {
            issuer: issuer.clone(),
            name: "oidc".to_owned(),
            methods: vec![VerifyingMethod::Jwt],
            client: None,
            audience: None,
            cache_ttl: DEFAULT_CACHE,
            claim_mappings: ClaimMappings::default(),
        };
        match (auth.mode, &auth.provider, &auth.introspection) {
            (AuthMode::Verifier, Provider::Oidc(oidc), _) => Self {
                name: oidc.provider_name.clone().unwrap_or(unknown.name),
                methods: oidc
                    .verifying
                    .as_ref()
                    .map_or(unknown.methods, |how| how.methods.clone()),
                client: Some((oidc.client_id.clone(), oidc.client_secret.clone())),
                audience: oidc.audience.clone(),
                cache_ttl: oidc.verifying.as_ref().map_or(DEFAULT_CACHE, |how| how.cache_ttl),
                claim_mappings: oidc.claim_mappings.clone(),
                ..unknown
            },
            (_, _, Some(introspection)) => Self {
                name: "introspection".to_owned(),
                methods: vec![VerifyingMethod::Introspection],
                client: Some((
                    introspection.client_id.clone(),
                    introspection.client_secret.clone(),
                )),
                audience: introspection.audience.clone(),
                cache_ttl: introspection.cache_ttl,
                claim_mappings: introspection.claim_mappings.clone(),
                ..unknown
            },
            (_, _, None) => unknown,
        }
    }

    /// The mode that comes to the same.
    fn mode(&self) -> AuthMode {
        match self.methods.as_slice() {
            [VerifyingMethod::Introspection] => AuthMode::Introspection,
            _ => AuthMode::Verifier,
        }
    }
}

/// The settings with the logins of the server at `issuer`. What they replace is said, as a forgotten flag would be hard to find.
pub(super) fn replace_logins(auth: Auth, issuer: &Url, problems: &mut Problems) -> Auth {
    let in_the_clear = carries_in_the_clear(issuer).then(|| format!("{issuer} {IN_THE_CLEAR}"));
    for warning in in_the_clear.into_iter().chain(replaced(&auth, issuer)) {
        problems.warning(Location::whole(FLAG), KeyPath::root(), warning);
    }
    let server = AuthServer::new(issuer, &auth);
    Auth {
        mode: server.mode(),
        provider: Provider::None,
        introspection: None,
        auth_server: Some(server),
        ..auth
    }
}

/// What the operator may not have meant: logins that are not used, and a secret that was made for another server.
fn replaced(auth: &Auth, issuer: &Url) -> Vec<String> {
    let provider = auth.provider.name();
    let here = (auth.mode == AuthMode::Issuer && !auth.provider.is_none()).then(|| {
        format!(
            "users log in at {issuer}, so auth.provider: {provider} and everything else about logins at this server is not used"
        )
    });
    let (block, configured) = match (auth.mode, &auth.provider, &auth.introspection) {
        (AuthMode::Verifier, Provider::Oidc(oidc), _) => ("oidc", issuer_of(&oidc.config_url)),
        (_, _, Some(introspection)) => ("introspection", Some(introspection.issuer.clone())),
        (_, _, None) => ("", None),
    };
    let is_other =
        |configured: &String| configured.trim_end_matches('/') != issuer.as_str().trim_end_matches('/');
    let elsewhere = configured.filter(is_other).map(|configured| {
        format!(
            "{issuer} is asked in the place of {configured}, with the client_id and the client_secret of auth.{block}"
        )
    });
    here.into_iter().chain(elsewhere).collect()
}
