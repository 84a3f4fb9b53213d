//! What the actors are started with.

use std::num::NonZeroU32;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use crate::auth_code_store::AuthCodeStoreSettings;
use crate::client_registry::{ClientRegistrySettings, ConfiguredClients};
use crate::domain::clock::Clock;
use crate::domain::key_ring::KeyRing;
use crate::domain::randomness::Randomness;
use crate::provider_broker::provider::OutsideProvider;
use crate::provider_broker::settings::{LocalProviderSettings, ProviderBrokerSettings};
use crate::replica_bus::ReplicaBus;
use crate::session_registry::SessionRegistrySettings;
use crate::sql_executor::actor::SqlExecutorSettings;
use crate::sql_executor::engine::generation::Generation;
use crate::store::Store;
use crate::token_store::TokenStoreSettings;

/// What the operator can set, by actor.
pub struct ActorsSettings {
    /// For the registry of clients.
    pub clients: ClientRegistrySettings,
    /// The clients of the configuration.
    pub configured_clients: ConfiguredClients,
    /// For the store of authorization codes.
    pub codes: AuthCodeStoreSettings,
    /// For the store of tokens.
    pub tokens: TokenStoreSettings,
    /// For the registry of sessions.
    pub sessions: SessionRegistrySettings,
    /// For the broker.
    pub broker: ProviderBrokerSettings,
    /// Where users log in.
    pub login: LoginSettings,
    /// The database and how it is asked, if one is served.
    pub sql: Option<(Arc<Generation>, SqlExecutorSettings)>,
    /// Calls to the store that run at once, per actor; a store with a pool of connections has no use for more.
    pub store_calls_at_once: NonZeroU32,
    /// How long a caller waits for an actor, a provider's own time aside, and how long stopping waits for calls that are under
    /// way.
    pub deadline: Duration,
    /// How often what is over is swept.
    pub sweep_interval: Duration,
}

impl ActorsSettings {
    /// The defaults, without configured clients and without a database.
    #[must_use]
    pub fn new(clients: ClientRegistrySettings, login: LoginSettings) -> Self {
        Self {
            clients,
            configured_clients: ConfiguredClients::new(),
            codes: AuthCodeStoreSettings::default(),
            tokens: TokenStoreSettings::default(),
            sessions: SessionRegistrySettings::default(),
            broker: ProviderBrokerSettings::default(),
            login,
            sql: None,
            store_calls_at_once: NonZeroU32::MIN.saturating_add(7),
            deadline: Duration::from_secs(10),
            sweep_interval: Duration::from_mins(1),
        }
    }
}

/// Where users log in.
pub enum LoginSettings {
    /// At this server, with a password.
    Local(LocalProviderSettings),
    /// At an outside provider. It stays on the thread that starts the actors.
    Outside(Rc<dyn OutsideProvider>),
}

/// What the actors live in.
#[derive(Clone)]
pub struct Surroundings {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// What secrets are digested, derived and sealed with.
    pub keys: Arc<KeyRing>,
    /// Says what time it is.
    pub clock: Arc<dyn Clock>,
    /// Where identifiers and secrets come from.
    pub randomness: Arc<dyn Randomness>,
    /// How other replicas are told.
    pub bus: ReplicaBus,
}
