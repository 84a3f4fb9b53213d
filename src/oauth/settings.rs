//! What the operator set, as far as logins, clients and tokens are concerned.

use mxcp_actors::domain::client::AuthenticationMethod;
use mxcp_actors::domain::scope::ScopeSet;
use mxcp_actors::domain::service_account::ServiceAccounts;
use mxcp_actors::token_store::AccessTokenFormat;

use crate::config::{PublicUrl, RateLimits, TrustedProxies};

/// What the operator set.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The name that users and clients see: the project's.
    pub server_name: String,
    /// How the server's public URL is found.
    pub public_url: PublicUrl,
    /// The proxies that say where a request comes from (`X-Forwarded-For`); `None` believes nobody.
    pub trusted_proxies: Option<TrustedProxies>,
    /// Who knows the users.
    pub login: LoginKind,
    /// What a request without `scope` means where no call needs any.
    pub default_scopes: ScopeSet,
    /// What every call needs.
    pub required_scopes: ScopeSet,
    /// What single tools, resources and prompts need besides.
    pub endpoint_scopes: ScopeSet,
    /// Every scope that means something here, for the metadata of the authorization server.
    pub scopes_supported: ScopeSet,
    /// How clients may authenticate; what the registry accepts from clients that register.
    pub authentication_methods: Vec<AuthenticationMethod>,
    /// Who may call in the name of no user.
    pub service_accounts: ServiceAccounts,
    /// What clients may bring from elsewhere, by the names that metadata has for it. Follows from [`super::Parts`].
    pub grant_profiles: Vec<&'static str>,
    /// Whether a client's identifier may be the address of its metadata document.
    pub metadata_documents: bool,
    /// Whether a user who agreed to a client need not agree again when one of our own pages asks.
    pub remember_consents: bool,
    /// Whether programs on this machine may ask about tokens without authenticating.
    pub open_introspection: bool,
    /// In which form access tokens are issued.
    pub access_token_format: AccessTokenFormat,
    /// How often one network may knock.
    pub rate_limits: RateLimits,
}

/// Where users prove who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoginKind {
    /// Here, with a name and a password.
    Password,
    /// At an identity provider.
    Provider {
        /// Its name in the configuration, for example `github`.
        name: String,
        /// The path that it sends browsers back to.
        callback_path: String,
        /// What it is asked for, so that users see it before they agree.
        scopes: ScopeSet,
    },
    /// At the authorization server that issues the tokens, whose identifier this is.
    Elsewhere {
        /// The issuer.
        issuer: String,
    },
}

impl Settings {
    /// The scopes that a client is told to ask for: what every call needs, or else what it gets by default.
    pub fn challenge_scopes(&self) -> &ScopeSet {
        if self.required_scopes.is_empty() {
            &self.default_scopes
        } else {
            &self.required_scopes
        }
    }

    /// Whether others can verify access tokens.
    pub fn signs_access_tokens(&self) -> bool {
        self.access_token_format != AccessTokenFormat::Opaque
    }

    /// The path of the identity provider's callback, if logins leave this server.
    pub fn callback_path(&self) -> Option<&str> {
        match &self.login {
            LoginKind::Password | LoginKind::Elsewhere { .. } => None,
            LoginKind::Provider { callback_path, .. } => Some(callback_path),
        }
    }
}

#[cfg(test)]
impl Settings {
    /// A server on `http://localhost:8000` with local users.
    pub(crate) fn for_tests() -> Self {
        let http = crate::config::Http {
            host: "localhost".to_owned(),
            port: 8000,
            scheme: None,
            base_url: None,
            trusted_proxies: None,
            allowed_hosts: Vec::new(),
            stateless: false,
            rate_limits: RateLimits::default(),
            max_connections: 10,
            request_timeout: std::time::Duration::from_secs(1),
            tls: None,
        };
        Self {
            server_name: "notes".to_owned(),
            public_url: PublicUrl::new(&http, []),
            trusted_proxies: None,
            login: LoginKind::Password,
            default_scopes: ScopeSet::parse("mxcp:access").unwrap_or_default(),
            required_scopes: ScopeSet::empty(),
            endpoint_scopes: ScopeSet::empty(),
            scopes_supported: ScopeSet::parse("mxcp:access").unwrap_or_default(),
            authentication_methods: vec![AuthenticationMethod::None],
            service_accounts: ServiceAccounts::new("notes"),
            grant_profiles: Vec::new(),
            metadata_documents: false,
            remember_consents: true,
            open_introspection: false,
            access_token_format: AccessTokenFormat::Opaque,
            rate_limits: RateLimits::default(),
        }
    }
}
