//! What an operator can see and do, without HTTP: `http::admin`, the admin socket and the process's own life share it.
//!
//! * [`access`]: who may do what. [`about`]: what was started, which never changes.
//! * [`gate`]: whether requests are taken, and how many are under way. [`http_requests`]: how many there were.
//! * [`readiness`]: whether this process should be sent work. [`status`], [`endpoints`]: what it does and offers.
//! * [`issuers`]: other issuers whose word is taken.
//! * [`flow`]: one attempt to log in, from the audit log: the only thing here that names users.
//! * [`population`]: how many clients, grants and sessions there are. [`metrics`]: everything countable, for Prometheus.
//!
//! Must not live here: an HTTP framework's types, secrets, users' data other than what the audit log says.

pub mod about;
pub mod access;
pub mod endpoints;
pub mod flow;
pub mod gate;
pub mod http_requests;
pub mod issuers;
pub mod metrics;
pub mod population;
pub mod readiness;
pub mod status;

use std::sync::Arc;

use mxcp_actors::audit_logger::audit_log::AuditLog;
use mxcp_actors::blocking::BlockingPool;
use mxcp_actors::domain::clock::Clock;
use mxcp_actors::handle::HandleStatus;
use mxcp_actors::replica_bus::ReplicaBus;
use mxcp_actors::sql_executor::status::{SqlMonitor, Staffing};
use mxcp_actors::store::open::OpenStore;
use mxcp_actors::system::{Actors, SweepMonitor};

use self::about::About;
use self::endpoints::Endpoint;
use self::flow::Flows;
use self::gate::Gate;
use self::http_requests::HttpRequests;
use self::issuers::Issuers;
use self::population::{Counted, Population};
use self::readiness::Readiness;
use crate::mcp::server::McpServer;
use crate::oauth::Services;

/// Everything that the use cases look at. Nothing in it belongs to one listener.
pub struct Admin {
    /// What was started.
    pub about: About,
    /// What is offered, and what was left out.
    pub endpoints: Vec<Endpoint>,
    /// Requests of the public listener that are under way.
    pub gate: Arc<Gate>,
    /// Requests of the public listener so far.
    pub http: Arc<HttpRequests>,
    /// Calls and sessions.
    pub mcp: Arc<McpServer>,
    /// Queries.
    pub sql: SqlMonitor,
    /// The actor that is asked for queries, where there is no authorization server.
    pub executor: Box<dyn Fn() -> HandleStatus + Send + Sync>,
    /// Logins and tokens; `None` while authentication is off.
    pub authorization: Option<Authorization>,
    /// Other issuers; `None` if this server's own word counts alone.
    pub issuers: Option<Issuers>,
    /// Records.
    pub audit: AuditLog,
    /// Login attempts, from the records.
    pub flows: Flows,
    /// Whether this process should be sent work.
    pub readiness: Readiness,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// The authorization server's part.
pub struct Authorization {
    /// Every actor.
    pub actors: Actors,
    /// The threads that wait for the store, and those that check passwords.
    pub pools: Vec<BlockingPool>,
    /// What was over and has been deleted.
    pub swept: SweepMonitor,
    /// The use cases, which count what they do.
    pub services: Arc<Services>,
    /// The store, which counts its failures.
    pub store: Arc<OpenStore>,
    /// How other replicas are told.
    pub bus: ReplicaBus,
    /// Clients, grants and sessions.
    pub population: Population,
}

impl Admin {
    /// Every actor that is asked through a handle.
    pub(crate) fn actors(&self) -> Vec<HandleStatus> {
        let mut actors = match &self.authorization {
            Some(authorization) => authorization.actors.status(),
            None => vec![(self.executor)(), self.mcp.sessions().status()],
        };
        actors.extend(self.issuers.iter().map(Issuers::status));
        actors
    }

    /// Whether only a restart helps: every worker is held by a query that does not stop, so that nothing runs any more.
    pub fn needs_restart(&self) -> bool {
        self.sql.status().staffing() == Staffing::NobodyLeft
    }

    /// How many clients, grants and sessions there are, as far as somebody can say now.
    pub(crate) async fn counted(&self) -> Counted {
        match &self.authorization {
            Some(authorization) => authorization.population.count(&authorization.actors).await,
            None => Counted {
                sessions: self.mcp.sessions().count().await.ok(),
                ..Counted::default()
            },
        }
    }
}
