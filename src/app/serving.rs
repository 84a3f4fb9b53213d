//! The parts of a running server, started in the order in which they depend on each other and stopped in the opposite.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Data;
use mxcp_actors::audit_logger::segment_name::InstanceId;
use mxcp_actors::blocking::{BlockingPool, BlockingSettings};
use mxcp_actors::domain::clock::{Clock, SystemClock};
use mxcp_actors::domain::randomness::{Randomness, SystemRandomness};
use mxcp_actors::domain::scope::ScopeSet;
use mxcp_actors::handle::HandleSettings;
use mxcp_actors::replica_bus::{ReplicaBus, RunningReplicaBus};
use mxcp_actors::session_registry::SessionRegistrySettings;
use mxcp_actors::session_registry::actor::{RunningSessionRegistry, SessionRegistry};
use mxcp_actors::session_registry::rules::SessionRules;
use mxcp_actors::sql_executor::actor::{
    RunningSqlExecutor, SqlExecutor, SqlExecutorSettings, SqlExecutors, WriteOffRule,
};
use mxcp_actors::sql_executor::admission::AdmissionLimits;
use mxcp_actors::sql_executor::engine::generation::Generation;
use mxcp_actors::sql_executor::status::SqlMonitor;
use mxcp_actors::store::MemoryStore;
use mxcp_actors::store::open::OpenStore;
use mxcp_actors::system::{RunningActors, Surroundings};

use super::build::{self, RunningAudit};
use super::{StartError, authentication};
use crate::admin::Authorization;
use crate::admin::issuers::{Issuers, failing};
use crate::admin::population::Population;
use crate::admin::readiness::Probe;
use crate::config::{AuthMode, Config, Limits};
use crate::mcp::catalog::Catalog;
use crate::mcp::server::{Audit, McpServer};
use crate::mcp::sessions::Sessions;
use crate::oauth::{ResourceServer, Services, client_credentials};

/// What may wait for a worker in all: at a tenth of a second each, the last one waits for as long as clients are patient.
const MOST_WAITING: usize = 1_024;

/// How long a query may take to stop when it is told to. DuckDB heeds an interrupt between batches of rows: within
/// milliseconds where a processor is free, within 160 ms with four queries and four other programs on two processors. Whoever
/// is given up wrongly costs a session that is opened anew.
const INTERRUPT_GRACE: Duration = Duration::from_millis(300);

/// What was started.
pub struct Running {
    audit_log: RunningAudit,
    audit: Audit,
    work: Work,
}

/// The actors: all of them, or those that are needed where nobody logs in.
enum Work {
    Open {
        executor: RunningSqlExecutor,
        sessions: RunningSessionRegistry,
    },
    /// Where users log in elsewhere: nothing is kept but what another server said of late.
    Foreign {
        executor: RunningSqlExecutor,
        sessions: RunningSessionRegistry,
        resource_server: Arc<ResourceServer>,
    },
    Protected {
        actors: Box<RunningActors>,
        bus: RunningReplicaBus,
        executors: SqlExecutors,
        sql: SqlMonitor,
        store: Arc<OpenStore>,
        services: Data<Services>,
    },
}

impl Running {
    /// Starts everything that answering takes, on the current arbiter.
    ///
    /// `endpoint_scopes` are what single definitions need of a caller's token.
    pub async fn start(
        config: &Config,
        generation: &Arc<Generation>,
        endpoint_scopes: &ScopeSet,
    ) -> Result<Self, StartError> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let randomness: Arc<dyn Randomness> = Arc::new(SystemRandomness::new());
        let instance = InstanceId::generate(&*randomness)?;
        let audit_log = build::start_audit(config, &instance, &clock)?;
        let audit = Audit {
            log: audit_log.log(),
            clock,
            randomness,
            instance: instance.to_string(),
        };
        let work = Work::start(config, generation, endpoint_scopes, &audit).await?;
        Ok(Self {
            audit_log,
            audit,
            work,
        })
    }

    /// Records calls.
    pub fn audit(&self) -> Audit {
        self.audit.clone()
    }

    /// Run SQL.
    pub fn executors(&self) -> SqlExecutors {
        match &self.work {
            Work::Open { executor, .. } | Work::Foreign { executor, .. } => executor.executors.clone(),
            Work::Protected { executors, .. } => executors.clone(),
        }
    }

    /// Looks at the queries.
    pub fn sql_monitor(&self) -> SqlMonitor {
        match &self.work {
            Work::Open { executor, .. } | Work::Foreign { executor, .. } => executor.monitor(),
            Work::Protected { sql, .. } => sql.clone(),
        }
    }

    /// Asks whether the store answers, where there is one.
    pub fn store_probe(&self) -> Option<Probe> {
        let Work::Protected { store, .. } = &self.work else {
            return None;
        };
        let store = Arc::clone(store);
        Some(Arc::new(move || {
            store.check_writable().map_err(|error| error.to_string())
        }))
    }

    /// Asks how the latest calls to the identity provider ended, where users log in at one.
    pub fn provider_probe(&self) -> Option<Probe> {
        let Work::Protected { actors, .. } = &self.work else {
            return None;
        };
        let health = Arc::clone(actors.actors.provider.as_ref()?);
        Some(Arc::new(move || failing(&health).map_or(Ok(()), Err)))
    }

    /// Other issuers whose word is taken, where there are some.
    pub fn issuers(&self) -> Option<Issuers> {
        match &self.work {
            Work::Open { .. } => None,
            Work::Foreign { resource_server, .. } => {
                resource_server.foreign_tokens().cloned().map(Issuers::Tokens)
            }
            Work::Protected { services, .. } => {
                services.identity_assertions().cloned().map(Issuers::Assertions)
            }
        }
    }

    /// What an operator sees of logins and tokens, where there are some.
    pub fn authorization(&self) -> Option<Authorization> {
        match &self.work {
            Work::Open { .. } | Work::Foreign { .. } => None,
            Work::Protected {
                actors,
                services,
                store,
                bus,
                ..
            } => Some(Authorization {
                actors: actors.actors.clone(),
                pools: actors.pools(),
                swept: actors.sweep_monitor(),
                services: services.clone().into_inner(),
                store: Arc::clone(store),
                bus: bus.bus.clone(),
                population: Population::default(),
            }),
        }
    }

    /// What answers, over any transport. To be asked for once.
    pub fn mcp_server(&self, catalog: Catalog) -> McpServer {
        let server = McpServer::new(catalog, self.sessions(), self.executors().handle(), self.audit());
        match &self.work {
            Work::Open { .. } | Work::Foreign { .. } => server,
            Work::Protected { actors, .. } => server.with_logins(&actors.actors),
        }
    }

    /// The sessions of the legacy era.
    fn sessions(&self) -> Sessions {
        match &self.work {
            Work::Open { sessions, .. } | Work::Foreign { sessions, .. } => {
                Sessions::new(sessions.handle.clone(), ReplicaBus::alone())
            }
            Work::Protected { actors, bus, .. } => {
                Sessions::new(actors.actors.sessions.clone(), bus.bus.clone())
            }
        }
    }

    /// The authorization server, where there is one.
    pub fn services(&self) -> Option<Data<Services>> {
        match &self.work {
            Work::Open { .. } | Work::Foreign { .. } => None,
            Work::Protected { services, .. } => Some(services.clone()),
        }
    }

    /// Who may call, unless anybody may.
    pub fn resource_server(&self) -> Option<Arc<ResourceServer>> {
        match &self.work {
            Work::Open { .. } => None,
            Work::Foreign { resource_server, .. } => Some(Arc::clone(resource_server)),
            Work::Protected { services, .. } => Some(Arc::clone(services.resource_server())),
        }
    }

    /// Takes no more queries, answers those that wait, and stops those that run; their callers are told why.
    pub fn interrupt_queries(&self) {
        match &self.work {
            Work::Open { executor, .. } | Work::Foreign { executor, .. } => executor.interrupt(),
            Work::Protected { actors, .. } => actors.interrupt_queries(),
        }
    }

    /// Lets the tokens that go back to the identity provider arrive there, no longer than `within`.
    pub async fn finish_releases(&self, within: Duration) {
        if let Work::Protected { actors, .. } = &self.work
            && let Some(releases) = &actors.actors.releases
        {
            releases.finish(within).await;
        }
    }

    /// Stops everything. Whoever waits is answered, and what was recorded is written.
    pub async fn stop(self) {
        match self.work {
            Work::Open { executor, sessions }
            | Work::Foreign {
                executor, sessions, ..
            } => {
                sessions.stop().await;
                executor.stop();
            }
            Work::Protected { actors, bus, .. } => {
                actors.stop().await;
                if actix_rt::task::spawn_blocking(|| bus.stop()).await.is_err() {
                    log::error!("stopping the replica bus failed");
                }
            }
        }
        self.audit_log.stop();
    }
}

impl Work {
    async fn start(
        config: &Config,
        generation: &Arc<Generation>,
        endpoint_scopes: &ScopeSet,
        audit: &Audit,
    ) -> Result<Self, StartError> {
        let sql = executor_settings(&config.limits, !config.auth.is_open());
        if config.auth.mode != AuthMode::Issuer {
            return Ok(Self::Foreign {
                resource_server: authentication::foreign_resource(config, endpoint_scopes, audit).await?,
                executor: SqlExecutor::launch(generation, sql).map_err(StartError::Thread)?,
                sessions: sessions_in_memory(audit),
            });
        }
        if config.auth.is_open() {
            return Ok(Self::Open {
                executor: SqlExecutor::launch(generation, sql).map_err(StartError::Thread)?,
                sessions: sessions_in_memory(audit),
            });
        }
        let keeping = authentication::open_store(
            &config.auth,
            &config.paths.data,
            &*audit.clock,
            &*audit.randomness,
        )?;
        let mut settings = authentication::actors_settings(config, &keeping.keys, &audit.clock)?;
        settings.sql = Some((Arc::clone(generation), sql));
        let exchange = keeping.replica_exchange();
        let store = Arc::new(keeping);
        let bus = RunningReplicaBus::launch(exchange, &audit.instance, Arc::clone(&audit.clock));
        let bus = bus.map_err(StartError::Thread)?;
        let actors = RunningActors::start(
            settings,
            Surroundings {
                store: Arc::clone(&store.store),
                keys: Arc::clone(&store.keys),
                clock: Arc::clone(&audit.clock),
                randomness: Arc::clone(&audit.randomness),
                bus: bus.bus.clone(),
            },
        );
        let actors = Box::new(actors.await?);
        let executors = actors.sql_executors().ok_or(StartError::NoDatabase)?;
        let sql = actors.sql_monitor().ok_or(StartError::NoDatabase)?;
        let services = authentication::services(config, actors.actors.clone(), endpoint_scopes, audit)?;
        client_credentials::retain_service_accounts(&services).await?;
        Ok(Self::Protected {
            actors,
            bus,
            executors,
            sql,
            store,
            services,
        })
    }
}

/// Calls to the registry of sessions that may be under way at once: each session that is in use asks once a second.
const SESSION_CALLS: u32 = 1_024;

/// Sessions without a store: they end with the process. Their number is bounded and idle ones are refused, so nobody sweeps.
pub(super) fn sessions_in_memory(audit: &Audit) -> RunningSessionRegistry {
    const NAME: &str = "session_registry";
    let retry_after = Duration::from_secs(1);
    let rules = SessionRules {
        settings: SessionRegistrySettings::default(),
        clock: Arc::clone(&audit.clock),
        randomness: Arc::clone(&audit.randomness),
        repository: Arc::new(MemoryStore::new()),
    };
    let pool = BlockingPool::new(BlockingSettings {
        name: NAME,
        running: NonZeroU32::MIN,
        waiting: SESSION_CALLS,
        retry_after,
    });
    let settings = HandleSettings {
        name: NAME,
        capacity: SESSION_CALLS as usize,
        deadline: Duration::from_secs(10),
        retry_after,
    };
    SessionRegistry::launch(rules, pool, settings, ReplicaBus::alone())
}

/// What the executor is given. Where nobody logs in, everybody is one caller to it.
pub(super) fn executor_settings(limits: &Limits, tells_callers_apart: bool) -> SqlExecutorSettings {
    let workers = limits.max_concurrent_queries;
    SqlExecutorSettings {
        workers,
        admission: AdmissionLimits {
            max_waiting: MOST_WAITING,
            max_waiting_per_share: MOST_WAITING / 4,
            max_running_per_share: workers.div_ceil(2).max(1),
        },
        write_off: WriteOffRule {
            grace: INTERRUPT_GRACE,
            // Each burns a processor's time and holds its memory for as long as it likes, so they at most double what the operator
            // allowed. Two at least: a caller who may run one query at a time must not use up all of them.
            most_stand_ins: workers.max(2),
            burdens_caller: tells_callers_apart,
        },
        // Waiting as long as running, and the answer's way back.
        deadline: limits.query_timeout + Duration::from_secs(5),
    }
}
