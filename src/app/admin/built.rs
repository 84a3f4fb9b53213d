//! From the parts of a running server to what an operator looks at.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use mxcp_actors::blocking::{BlockingPool, BlockingSettings};
use mxcp_actors::sql_executor::engine::generation::Generation;
use mxcp_actors::sql_executor::status::{SqlMonitor, Staffing};

use crate::admin::Admin;
use crate::admin::about::About;
use crate::admin::endpoints::Endpoint;
use crate::admin::flow::Flows;
use crate::admin::gate::Gate;
use crate::admin::http_requests::HttpRequests;
use crate::admin::readiness::{Check, Readiness};
use crate::app::serving::Running;
use crate::config::{Config, LogLevel, TransportKind};
use crate::mcp::server::McpServer;

/// What the public side and the operator's side share.
pub(in crate::app) struct Served<'a> {
    pub(in crate::app) config: &'a Config,
    pub(in crate::app) generation: &'a Arc<Generation>,
    pub(in crate::app) endpoints: Vec<Endpoint>,
    pub(in crate::app) running: &'a Running,
    pub(in crate::app) gate: Arc<Gate>,
    pub(in crate::app) http: Arc<HttpRequests>,
    pub(in crate::app) mcp: Arc<McpServer>,
}

impl Served<'_> {
    /// What an operator looks at.
    pub(super) fn into_admin(self) -> Admin {
        let audit = self.running.audit();
        let executor = self.running.executors().handle();
        Admin {
            about: self.about(),
            readiness: Readiness::new(Arc::clone(&self.gate), self.checks(), probes()),
            sql: self.running.sql_monitor(),
            authorization: self.running.authorization(),
            issuers: self.running.issuers(),
            executor: Box::new(move || executor.status()),
            audit: audit.log,
            flows: Flows::new(
                self.config
                    .audit
                    .enabled
                    .then_some(self.config.audit.path.as_path()),
            ),
            clock: audit.clock,
            endpoints: self.endpoints,
            gate: self.gate,
            http: self.http,
            mcp: self.mcp,
        }
    }

    fn about(&self) -> About {
        let Config {
            project,
            database,
            transport,
            auth,
            ..
        } = self.config;
        let audit = self.running.audit();
        let is_transport = |(_, kind): &&(&'static str, TransportKind)| *kind == transport.kind;
        About {
            project: project.name.clone(),
            profile: project.profile.clone(),
            root: project.root.clone(),
            database: database.path.clone(),
            is_readonly: database.readonly,
            is_debug: self.config.logging.level == LogLevel::Debug,
            transport: TransportKind::NAMES
                .iter()
                .find(is_transport)
                .map_or("", |(name, _)| name),
            provider: auth.provider.name(),
            has_sql_tools: self.config.sql_tools.enabled,
            has_audit: self.config.audit.enabled,
            has_telemetry: self.config.telemetry.enabled,
            socket: self.config.admin.socket.clone(),
            instance: audit.instance,
            started_at: audit.clock.now(),
        }
    }

    /// The parts that calls need, and those outside: while the provider is out of order nobody new can log in, here as on every
    /// other replica, and who has logged in goes on working; while another issuer is, what is known of it goes on working here, and
    /// only a call finds out that it is back. So they decide nothing.
    fn checks(&self) -> Vec<Check> {
        let (generation, sql) = (Arc::clone(self.generation), self.running.sql_monitor());
        let engine = Check {
            name: "engine",
            is_required: true,
            probe: Arc::new(move || engine_answers(&generation, &sql)),
        };
        let store = self.running.store_probe().map(|probe| Check {
            name: "store",
            is_required: true,
            probe,
        });
        let provider = self.running.provider_probe().map(|probe| Check {
            name: "provider",
            is_required: false,
            probe,
        });
        let issuers = self.running.issuers().map(|issuers| Check {
            name: "issuers",
            is_required: false,
            probe: Arc::new(move || issuers.check()),
        });
        let inside = store.into_iter().chain([engine]);
        inside.chain(provider).chain(issuers).collect()
    }
}

/// Opening a session runs statements in the database. No worker is asked: a house full of long queries is busy and not
/// out of order. It is out of order once the next query that does not stop costs it a worker: work belongs on another
/// replica then.
fn engine_answers(generation: &Arc<Generation>, sql: &SqlMonitor) -> Result<(), String> {
    let status = sql.status();
    if status.is_closed {
        return Err("the executor takes no more queries".to_owned());
    }
    let (left, stuck) = (status.staffed, status.written_off.running.len());
    match status.staffing() {
        Staffing::Whole => {}
        Staffing::Exhausted => {
            return Err(format!(
                "{stuck} queries run on that did not stop when they were told to, and no more of their workers are replaced: \
                 {left} of {} workers are left (/status names them)",
                status.workers
            ));
        }
        Staffing::NobodyLeft => {
            return Err(format!(
                "all {} workers are held by queries that did not stop when they were told to (/status names them); restart \
                 the server",
                status.workers
            ));
        }
    }
    if status.waiting >= status.most_waiting {
        return Err(format!("{} queries wait already", status.waiting));
    }
    generation.session().map(drop).map_err(|error| error.to_string())
}

/// One thread for each part, so that a part that hangs does not hide the others.
fn probes() -> BlockingPool {
    BlockingPool::new(BlockingSettings {
        name: "probes",
        running: NonZeroU32::MIN.saturating_add(3),
        waiting: 4,
        retry_after: Duration::from_secs(1),
    })
}
