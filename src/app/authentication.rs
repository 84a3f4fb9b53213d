//! From the configuration to who may call: the settings of the actors and of the authorization server's use cases.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use actix_web::web::Data;
use mxcp_actors::audit_logger::audit_log::AuditLog;
use mxcp_actors::audit_logger::messages::RecordEvent;
use mxcp_actors::client_registry::{ClientRegistrySettings, ConfiguredClients};
use mxcp_actors::domain::audit_event::AuditRecord;
use mxcp_actors::domain::client::{Client, ClientConfiguration, ClientId};
use mxcp_actors::domain::clock::{Clock, Timestamp};
use mxcp_actors::domain::key_ring::KeyRing;
use mxcp_actors::domain::password::PasswordHash;
use mxcp_actors::domain::randomness::Randomness;
use mxcp_actors::domain::scope::ScopeSet;
use mxcp_actors::domain::service_account::{ServiceAccount, ServiceAccounts};
use mxcp_actors::domain::user::VerifiedEmail;
use mxcp_actors::provider_broker::settings::LocalUser;
use mxcp_actors::store::diesel::StoreLimits;
use mxcp_actors::store::open::{self, OpenStore, OpenStoreError, StoreSettings};
use mxcp_actors::system::{Actors, ActorsSettings};
use mxcp_actors::token_store::TokenStoreSettings;

use super::scopes::grantable;
use super::user_mapping::user_mapping;
use super::{StartError, provider, trusted_issuers, verifier};
use crate::config::{self, Config, GrantType, Persistence, Provider};
use crate::mcp::server::Audit;
use crate::oauth::{AuditSink, LoginKind, Parts, ResourceParts, ResourceServer, Services, Settings, Tokens};

/// Opens the store that the configuration names, with the keys that belong to it.
///
/// # Errors
///
/// Among others, if SQL could read the store: its file, and the key file beside it, must not lie where tools read data.
pub fn open_store(
    auth: &config::Auth,
    readable: &Path,
    clock: &dyn Clock,
    randomness: &dyn Randomness,
) -> Result<OpenStore, StartError> {
    let settings = match &auth.persistence {
        Persistence::Memory => StoreSettings::Memory,
        Persistence::Sqlite { path, keys } => {
            if resolved(path).starts_with(resolved(readable)) {
                return Err(StartError::ReadableStore {
                    store: path.clone(),
                    folder: readable.to_owned(),
                });
            }
            StoreSettings::Sqlite {
                path: path.clone(),
                keys: keys.clone(),
            }
        }
        Persistence::Postgresql { url, keys } => StoreSettings::Postgresql {
            url: url.clone(),
            keys: keys.clone(),
        },
    };
    let opened = open::open(&settings, StoreLimits::default(), clock, randomness);
    opened.map_err(|source| StartError::Store {
        setting: deciding(&source, &auth.persistence),
        source,
    })
}

/// The setting that decides about what was met.
fn deciding(met: &OpenStoreError, persistence: &Persistence) -> &'static str {
    const KEY: &str = "auth.persistence.auth_encryption_key";
    let (place, key) = match persistence {
        Persistence::Memory => return "auth.persistence",
        Persistence::Sqlite { path: _, keys } => {
            let path = "auth.persistence.path";
            (path, if keys.current.is_some() { KEY } else { path })
        }
        Persistence::Postgresql { .. } => ("auth.persistence.url", KEY),
    };
    match met {
        OpenStoreError::KeyMissing | OpenStoreError::InvalidKey { .. } | OpenStoreError::WrongKey { .. } => {
            key
        }
        OpenStoreError::Database(_)
        | OpenStoreError::KeyFileMissing { .. }
        | OpenStoreError::KeyFile(_)
        | OpenStoreError::Store(_) => place,
        OpenStoreError::Randomness(_) | OpenStoreError::Derivation(_) => "auth.persistence",
    }
}

/// The path without symbolic links, as far as it is there.
fn resolved(path: &Path) -> PathBuf {
    if let Ok(resolved) = path.canonicalize() {
        return resolved;
    }
    match (path.parent(), path.file_name()) {
        (Some(folder), Some(name)) => resolved(folder).join(name),
        _ => path.to_owned(),
    }
}

/// What the actors are started with.
pub fn actors_settings(
    config: &Config,
    keys: &KeyRing,
    clock: &Arc<dyn Clock>,
) -> Result<ActorsSettings, StartError> {
    let auth = &config.auth;
    let registration_scopes = scopes(&auth.registration_scopes)?;
    let session = &auth.session;
    let defaults = TokenStoreSettings::default();
    let tokens = TokenStoreSettings {
        access_token_format: auth.tokens.format,
        access_token_lifetime: session.access_token_ttl,
        refresh_token_lifetime: session.refresh_idle_ttl,
        grant_lifetime: Some(session.refresh_absolute_ttl),
        refresh_reuse_window: session.refresh_reuse_window,
        // A client must not be forgotten while one of its grants lives.
        used_client_lifetime: defaults.used_client_lifetime.max(session.refresh_idle_ttl),
        ..defaults
    };
    let mut clients = ClientRegistrySettings::with_scopes(registration_scopes);
    clients.documents.clone_from(&auth.client_metadata_documents);
    let documents = auth.client_metadata_documents.as_ref();
    clients.metadata.allows_loopback_keys = documents.is_some_and(|policy| policy.allows_loopback);
    let mut settings = ActorsSettings::new(clients, provider::login(config, clock)?);
    settings.tokens = tokens;
    settings.broker.user_mapping = user_mapping(auth)?;
    settings.configured_clients = configured_clients(&auth.clients, keys, clock.now())?;
    Ok(settings)
}

pub(super) fn local_user(user: &config::LocalUser, scopes: &ScopeSet) -> Result<LocalUser, StartError> {
    let invalid = |reason: String| StartError::LocalUser {
        username: user.username.clone(),
        reason,
    };
    let hash =
        PasswordHash::parse(user.password_hash.expose()).map_err(|error| invalid(error.to_string()))?;
    let email = user.email.as_deref().map(|email| {
        VerifiedEmail::from_claims(email, true)
            .ok_or_else(|| invalid(format!("{email:?} is no e-mail address")))
    });
    Ok(LocalUser {
        username: user.username.clone(),
        password_hash: hash,
        name: user.name.clone(),
        email: email.transpose()?,
        role: user.role.clone(),
        permissions: user.permissions.iter().cloned().collect(),
        groups: user.groups.iter().cloned().collect(),
        scopes: scopes.clone(),
    })
}

fn configured_clients(
    clients: &[config::Client],
    keys: &KeyRing,
    now: Timestamp,
) -> Result<ConfiguredClients, StartError> {
    let clients = clients.iter().map(|client| {
        let grant_types = client.grant_types.iter().map(|grant| match grant {
            GrantType::AuthorizationCode => "authorization_code".to_owned(),
            GrantType::RefreshToken => "refresh_token".to_owned(),
            GrantType::ClientCredentials => "client_credentials".to_owned(),
            GrantType::JwtBearer => "urn:ietf:params:oauth:grant-type:jwt-bearer".to_owned(),
        });
        let configuration = ClientConfiguration {
            id: client.id.clone(),
            secret: client.secret.clone(),
            keys: client.keys.clone(),
            name: client.name.clone(),
            redirect_uris: client.redirect_uris.clone(),
            grant_types: grant_types.collect(),
            scopes: client.scopes.clone(),
        };
        let built = Client::from_configuration(&configuration, keys, now);
        let client = built.map_err(|reason| StartError::Client {
            id: client.id.clone(),
            reason,
        })?;
        Ok((client.id.clone(), client))
    });
    clients.collect()
}

/// Who may call in the name of no user.
fn service_accounts(config: &Config) -> Result<ServiceAccounts, StartError> {
    let mut accounts = ServiceAccounts::new(&config.project.name);
    for client in &config.auth.clients {
        let Some(account) = &client.service_account else {
            continue;
        };
        let id = ClientId::parse(&client.id).map_err(|reason| StartError::Client {
            id: client.id.clone(),
            reason: reason.into(),
        })?;
        let account = ServiceAccount {
            name: Some(client.name.clone()),
            scopes: scopes(&client.scopes)?,
            role: account.role.clone(),
            permissions: account.permissions.iter().cloned().collect(),
            groups: account.groups.iter().cloned().collect(),
        };
        accounts.add(id, account);
    }
    Ok(accounts)
}

/// The use cases of the authorization server.
pub fn services(
    config: &Config,
    actors: Actors,
    endpoint_scopes: &ScopeSet,
    audit: &Audit,
) -> Result<Data<Services>, StartError> {
    let services = Services::new(Parts {
        actors,
        clock: Arc::clone(&audit.clock),
        randomness: Arc::clone(&audit.randomness),
        audit: Arc::new(Sink::new(audit)),
        identity_assertions: trusted_issuers::launch(&config.auth, &audit.clock)?,
        settings: settings(
            config,
            provider::login_kind(&config.auth.provider)?,
            endpoint_scopes,
        )?,
    })?;
    Ok(Data::new(services))
}

/// The resource that the tokens of another server open.
pub async fn foreign_resource(
    config: &Config,
    endpoint_scopes: &ScopeSet,
    audit: &Audit,
) -> Result<Arc<ResourceServer>, StartError> {
    let issuer = verifier::issuer(config).ok_or(StartError::NoVerifier)?;
    let resource_server = ResourceServer::new(ResourceParts {
        tokens: Tokens::Foreign(verifier::launch(config, &audit.clock).await?),
        clock: Arc::clone(&audit.clock),
        randomness: Arc::clone(&audit.randomness),
        audit: Arc::new(Sink::new(audit)),
        settings: settings(config, LoginKind::Elsewhere { issuer }, endpoint_scopes)?,
    })?;
    Ok(Arc::new(resource_server))
}

fn settings(config: &Config, login: LoginKind, endpoint_scopes: &ScopeSet) -> Result<Settings, StartError> {
    let auth = &config.auth;
    let registration_scopes = scopes(&auth.registration_scopes)?;
    let methods = ClientRegistrySettings::with_scopes(registration_scopes.clone())
        .metadata
        .authentication_methods;
    let open_introspection = matches!(&auth.provider, Provider::Local(local) if local.open_introspection);
    let required_scopes = scopes(&auth.required_scopes)?;
    Ok(Settings {
        server_name: config.project.name.clone(),
        public_url: config.public_url.clone(),
        trusted_proxies: config.transport.http.trusted_proxies.clone(),
        login,
        default_scopes: registration_scopes,
        scopes_supported: grantable(auth)?.union(&required_scopes).union(endpoint_scopes),
        required_scopes,
        endpoint_scopes: endpoint_scopes.clone(),
        authentication_methods: methods,
        service_accounts: service_accounts(config)?,
        grant_profiles: Vec::new(),
        metadata_documents: auth.client_metadata_documents.is_some(),
        remember_consents: auth.remember_consents,
        open_introspection,
        access_token_format: auth.tokens.format,
        rate_limits: config.transport.http.rate_limits,
    })
}

fn scopes<'a>(names: impl IntoIterator<Item = &'a String>) -> Result<ScopeSet, StartError> {
    let names: Vec<&str> = names.into_iter().map(String::as_str).collect();
    Ok(ScopeSet::parse(&names.join(" "))?)
}

/// Authentication events go where calls go.
struct Sink {
    log: AuditLog,
    instance: String,
}

impl Sink {
    fn new(audit: &Audit) -> Self {
        Self {
            log: audit.log.clone(),
            instance: audit.instance.clone(),
        }
    }
}

impl AuditSink for Sink {
    fn record(&self, mut record: AuditRecord) {
        record.instance_id = Some(self.instance.clone());
        if let Err(error) = self.log.record(RecordEvent::plain(record)) {
            log::error!("audit log: an authentication event found no place: {error}");
        }
    }
}
