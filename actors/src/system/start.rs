//! How the actors are started: the store's keys are checked first, since nothing can be right with a wrong key.

use std::num::NonZeroU32;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, Addr};
use url::Url;

use super::settings::{ActorsSettings, LoginSettings, Surroundings};
use super::sweeper::Sweeper;
use super::{Actors, Pools, RunningActors, StartError};
use crate::auth_code_store::actor::AuthCodeStore;
use crate::auth_code_store::{AuthCodeStoreSettings, CodeRules};
use crate::blocking::{BlockingPool, BlockingSettings};
use crate::client_registry::actor::ClientRegistry;
use crate::client_registry::documents::{DocumentSource, OutboundDocuments};
use crate::client_registry::key_sets::{self, OutboundKeySets};
use crate::client_registry::servers::ClientServers;
use crate::client_registry::{ClientRegistrySettings, ClientRules, ConfiguredClients, StoredClients};
use crate::domain::client::{ClientCredential, ClientKeys};
use crate::domain::clock::Clock;
use crate::handle::{Handle, HandleSettings};
use crate::provider_broker::actor::{Logins, ProviderBroker};
use crate::provider_broker::health::ProviderHealth;
use crate::provider_broker::outside_login::OutsideLogins;
use crate::provider_broker::password_login::PasswordLogins;
use crate::provider_broker::provider::OutsideProvider;
use crate::provider_broker::providers::local::LocalProvider;
use crate::provider_broker::releases::Releases;
use crate::provider_broker::rules::{BrokerRules, BrokerStore, LoginPlace};
use crate::provider_broker::settings::{LocalProviderSettings, ProviderBrokerSettings};
use crate::provider_broker::throttle::LoginThrottle;
use crate::session_registry::SessionRegistrySettings;
use crate::session_registry::actor::{RunningSessionRegistry, SessionRegistry};
use crate::session_registry::rules::SessionRules;
use crate::sql_executor::actor::SqlExecutor;
use crate::store::Store;
use crate::token_store::actor::TokenStore;
use crate::token_store::verified_tokens::VerifiedTokens;
use crate::token_store::{SigningKeys, TokenRules, TokenStoreHandle, TokenStoreSettings};

/// Calls under way at the registry and at the store of codes: a login makes a handful, and 256 logins at once is more
/// than a server of this kind sees.
const FEW: u32 = 256;
/// At the broker: pages and logins of as many users, and logins that wait for their provider for seconds.
const SOME: u32 = 512;
/// At the store of tokens and at the registry of sessions: every first call with a token or in a session in each second.
const MANY: u32 = 1_024;
/// How much longer a caller waits for the broker where it asks an outside provider: logging in takes three calls to it, and
/// each has a time limit of ten seconds.
const PROVIDER_TIME: Duration = Duration::from_secs(30);
/// How much longer a caller waits for the registry where it reads from a client's server: its keys are read twice at most, and
/// a document once.
const READING_TIME: Duration = key_sets::TIME_LIMIT.saturating_mul(2);
/// What a caller that finds no place is told to wait: about as long as a full queue takes to drain.
const RETRY_AFTER: Duration = Duration::from_secs(1);

impl RunningActors {
    /// Starts every actor on the current thread's arbiter, in dependency order.
    ///
    /// # Errors
    ///
    /// See [`StartError`]. Nothing is left running then.
    pub async fn start(settings: ActorsSettings, surroundings: Surroundings) -> Result<Self, StartError> {
        let starter = Starter {
            store_calls_at_once: settings.store_calls_at_once,
            deadline: settings.deadline,
            surroundings,
        };
        let clients_pool = starter.store_pool("clients", FEW);
        let codes_pool = starter.store_pool("codes", FEW);
        let tokens_pool = starter.store_pool("tokens", MANY);
        let broker_pool = starter.store_pool("broker", SOME);
        starter.check_keys(&tokens_pool).await?;
        let servers = starter.client_servers(&settings.clients, &settings.configured_clients)?;
        let place = starter.login_place(settings.login, &broker_pool).await?;
        let provider_time = match place {
            Place::Here(_) => Duration::ZERO,
            Place::Outside(_) => PROVIDER_TIME,
        };
        let broker_settings = HandleSettings {
            deadline: settings.deadline + provider_time,
            ..starter.handle_settings("provider_broker", SOME)
        };
        let sessions = starter.sessions(settings.sessions);
        let sql = settings.sql.as_ref();
        let sql = sql.map(|(generation, settings)| SqlExecutor::launch(generation, *settings));
        let sql = sql.transpose()?;
        // From here on nothing fails.
        let tokens = starter.tokens(settings.tokens, &tokens_pool);
        let (broker, passwords, outside) = starter.broker(settings.broker, place, &broker_pool, &tokens);
        let (provider, releases) = outside.unzip();
        let actors = Actors {
            clients: starter.clients(
                settings.clients,
                settings.configured_clients,
                &clients_pool,
                servers,
            ),
            codes: starter.codes(settings.codes, &codes_pool),
            tokens,
            broker: Handle::new(broker.start(), broker_settings),
            sessions: sessions.handle.clone(),
            provider,
            releases,
            sql: sql.as_ref().map(|running| running.executors.handle()),
        };
        Ok(Self {
            sweeper: Sweeper::start(actors.clone(), settings.sweep_interval),
            actors,
            pools: Pools {
                clients: clients_pool,
                codes: codes_pool,
                tokens: tokens_pool,
                broker: broker_pool,
                passwords,
            },
            sessions,
            sql,
            patience: settings.deadline,
        })
    }
}

/// Where users log in, ready to be used.
enum Place {
    Here(PasswordLogins),
    Outside(Rc<dyn OutsideProvider>),
}

/// The broker, where passwords are checked if users have any, and how the provider is and what goes back to it if there is one.
type BrokerParts = (
    ProviderBroker,
    Option<BlockingPool>,
    Option<(Arc<ProviderHealth>, Releases)>,
);

struct Starter {
    store_calls_at_once: NonZeroU32,
    deadline: Duration,
    surroundings: Surroundings,
}

impl Starter {
    /// A pool that has a place for every call that a handle of this capacity admits.
    fn store_pool(&self, name: &'static str, capacity: u32) -> BlockingPool {
        BlockingPool::new(BlockingSettings {
            name,
            running: self.store_calls_at_once,
            waiting: capacity.saturating_sub(self.store_calls_at_once.get()),
            retry_after: RETRY_AFTER,
        })
    }

    fn handle_settings(&self, name: &'static str, capacity: u32) -> HandleSettings {
        HandleSettings {
            name,
            capacity: usize::try_from(capacity).unwrap_or(usize::MAX),
            deadline: self.deadline,
            retry_after: RETRY_AFTER,
        }
    }

    fn handle<A: Actor>(&self, name: &'static str, address: Addr<A>, capacity: u32) -> Handle<A> {
        Handle::new(address, self.handle_settings(name, capacity))
    }

    fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.surroundings.store)
    }

    /// Whatever the store was filled with can be read, and it is noted with which key it is filled from now on.
    async fn check_keys(&self, pool: &BlockingPool) -> Result<(), StartError> {
        let surroundings = self.surroundings.clone();
        let check = move || {
            let Surroundings {
                store, keys, clock, ..
            } = surroundings;
            let missing = keys.missing(&store.known_keys()?);
            if !missing.is_empty() {
                return Err(StartError::KeysMissing { missing });
            }
            Ok(store.record_key(keys.current_id(), clock.now())?)
        };
        pool.run(check).await?
    }

    /// What reads the keys of clients, and their documents if any are read.
    fn client_servers(
        &self,
        settings: &ClientRegistrySettings,
        configured: &ConfiguredClients,
    ) -> Result<ClientServers, StartError> {
        let policy = settings.documents.as_ref();
        let documents: Option<Box<dyn DocumentSource>> = match policy {
            Some(policy) => Some(Box::new(OutboundDocuments::new(policy)?)),
            None => None,
        };
        let addresses = configured.values().filter_map(|client| match &client.credential {
            ClientCredential::Keys(ClientKeys::Address(address)) => Url::parse(address).ok(),
            ClientCredential::Keys(ClientKeys::Inline(_))
            | ClientCredential::Secret { .. }
            | ClientCredential::Public => None,
        });
        let hosts = addresses.filter_map(|address| address.host_str().map(str::to_owned));
        let keys = OutboundKeySets::new(
            hosts.collect(),
            policy.is_some_and(|policy| policy.allows_loopback),
        )?;
        let randomness = self.surroundings.randomness.as_ref();
        Ok(ClientServers::new(documents, Box::new(keys), randomness)?)
    }

    fn clients(
        &self,
        settings: ClientRegistrySettings,
        configured: ConfiguredClients,
        pool: &BlockingPool,
        servers: ClientServers,
    ) -> Handle<ClientRegistry> {
        let Surroundings {
            keys,
            clock,
            randomness,
            ..
        } = self.surroundings.clone();
        let rules = ClientRules {
            settings: Arc::new(settings),
            configured: Arc::new(configured),
            clock,
            randomness,
            keys,
            repository: self.store(),
            stored: StoredClients::default(),
        };
        let settings = HandleSettings {
            deadline: self.deadline + READING_TIME,
            ..self.handle_settings("client_registry", FEW)
        };
        Handle::new(
            ClientRegistry::new(rules, pool.clone(), servers).start(),
            settings,
        )
    }

    fn codes(&self, settings: AuthCodeStoreSettings, pool: &BlockingPool) -> Handle<AuthCodeStore> {
        let Surroundings {
            keys,
            clock,
            randomness,
            ..
        } = self.surroundings.clone();
        let rules = CodeRules {
            settings,
            clock,
            randomness,
            keys,
            repository: self.store(),
        };
        let address = AuthCodeStore::new(rules, pool.clone()).start();
        self.handle("auth_code_store", address, FEW)
    }

    fn tokens(&self, settings: TokenStoreSettings, pool: &BlockingPool) -> TokenStoreHandle {
        let Surroundings {
            keys,
            clock,
            randomness,
            bus,
            ..
        } = self.surroundings.clone();
        let signing_keys = SigningKeys::new(
            settings.access_token_format,
            self.store(),
            Arc::clone(&keys),
            Arc::clone(&clock),
            Arc::clone(&randomness),
        );
        let rules = TokenRules {
            settings,
            clock: Arc::<dyn Clock>::clone(&clock),
            randomness,
            keys,
            signing_keys: Arc::new(signing_keys),
            grants: self.store(),
            tokens: self.store(),
            identifiers: self.store(),
        };
        let verified = Arc::new(VerifiedTokens::new());
        bus.listen(Arc::<VerifiedTokens>::clone(&verified));
        let address = TokenStore::new(rules, pool.clone(), Arc::clone(&verified), bus).start();
        TokenStoreHandle::new(self.handle("token_store", address, MANY), verified, clock)
    }

    fn sessions(&self, settings: SessionRegistrySettings) -> RunningSessionRegistry {
        let Surroundings {
            clock,
            randomness,
            bus,
            ..
        } = self.surroundings.clone();
        let rules = SessionRules {
            settings,
            clock,
            randomness,
            repository: self.store(),
        };
        let pool = self.store_pool("sessions", MANY);
        SessionRegistry::launch(rules, pool, self.handle_settings("session_registry", MANY), bus)
    }

    async fn login_place(&self, login: LoginSettings, pool: &BlockingPool) -> Result<Place, StartError> {
        Ok(match login {
            LoginSettings::Local(local) => Place::Here(self.password_logins(local, pool).await?),
            LoginSettings::Outside(provider) => Place::Outside(provider),
        })
    }

    fn broker(
        &self,
        settings: ProviderBrokerSettings,
        place: Place,
        pool: &BlockingPool,
        tokens: &TokenStoreHandle,
    ) -> BrokerParts {
        let Surroundings {
            store,
            keys,
            clock,
            randomness,
            ..
        } = self.surroundings.clone();
        let rules = |place| BrokerRules {
            settings: Arc::new(settings),
            place,
            clock,
            randomness,
            keys,
            store: BrokerStore::in_one(&store),
        };
        match place {
            Place::Here(logins) => {
                let rules = rules(LoginPlace::Local(Arc::clone(&logins.provider)));
                let checks = logins.checks.clone();
                let broker = ProviderBroker::new(rules, pool.clone(), Logins::Password(logins));
                (broker, Some(checks), None)
            }
            Place::Outside(provider) => {
                let rules = rules(LoginPlace::Outside(Arc::from(provider.name())));
                let logins = OutsideLogins::new(provider, rules.clone(), pool.clone(), tokens.clone());
                let outside = (logins.health(), logins.releases());
                let broker = ProviderBroker::new(rules, pool.clone(), Logins::Outside(Box::new(logins)));
                (broker, None, Some(outside))
            }
        }
    }

    async fn password_logins(
        &self,
        settings: LocalProviderSettings,
        pool: &BlockingPool,
    ) -> Result<PasswordLogins, StartError> {
        let randomness = Arc::clone(&self.surroundings.randomness);
        let throttle = LoginThrottle::new(settings.throttle, randomness.as_ref())?;
        let checks = BlockingPool::new(BlockingSettings {
            name: "passwords",
            running: settings.checks_at_once,
            waiting: settings.checks_waiting,
            retry_after: RETRY_AFTER,
        });
        let new_provider = move || LocalProvider::new(&settings, randomness.as_ref());
        let provider = pool.run(new_provider).await??;
        Ok(PasswordLogins {
            provider: Arc::new(provider),
            throttle: Arc::new(throttle),
            checks,
        })
    }
}
