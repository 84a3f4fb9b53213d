//! The life of the serving process: build, listen, announce, serve until a signal, stop in order.

use std::net::ToSocketAddrs;
use std::sync::Arc;
use std::time::Duration;

use actix_web::{App, HttpServer, web};
use mxcp_actors::audit_logger::segment_name::InstanceId;
use mxcp_actors::domain::clock::{Clock, SystemClock};
use mxcp_actors::domain::randomness::{Randomness, SystemRandomness};
use mxcp_actors::handle::Handle;
use mxcp_actors::sql_executor::actor::{SqlExecutor, SqlExecutorSettings};
use mxcp_actors::sql_executor::admission::AdmissionLimits;

use super::{StartError, build, telemetry};
use crate::config::{Config, Limits};
use crate::http::mcp::McpState;
use crate::http::request_ids::RequestIds;
use crate::http::routes;
use crate::mcp::catalog::Catalog;
use crate::mcp::server::{Audit, McpServer};
use crate::mcp::session::Sessions;

/// How long running requests may take to finish after a stop signal, in seconds.
const STOP_GRACE_SECONDS: u64 = 5;

/// What may wait for a worker in all: at a tenth of a second each, the last one waits for as long as clients are patient.
const MOST_WAITING: usize = 1_024;

/// Serves until SIGTERM or SIGINT.
pub fn serve(config: Config, ignore_errors: bool) -> Result<(), StartError> {
    telemetry::start_logging(&config.logging);
    for warning in &config.warnings {
        log::warn!("{warning}");
    }
    enter(&config)?;
    let generation = build::open_database(&config)?;
    let catalog = build::load_catalog(&config, &generation, ignore_errors)?;
    actix_rt::System::new().block_on(async move {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let randomness: Arc<dyn Randomness> = Arc::new(SystemRandomness::new());
        let instance = InstanceId::generate(&*randomness)?;
        let audit = build::start_audit(&config.audit, &instance, &clock)?;
        let executor = SqlExecutor::launch(&generation, executor_settings(&config.limits))
            .map_err(StartError::Thread)?;
        let parts = Parts {
            audit: Audit {
                log: audit.log(),
                clock,
                randomness,
                instance: instance.to_string(),
            },
            executor: executor.handle.clone(),
            catalog,
        };
        let outcome = listen(&config, parts).await;
        executor.stop();
        audit.stop();
        outcome
    })
}

/// What the listener serves.
struct Parts {
    audit: Audit,
    executor: Handle<SqlExecutor>,
    catalog: Catalog,
}

/// Relative file names in SQL start at the project's folder.
fn enter(config: &Config) -> Result<(), StartError> {
    std::env::set_current_dir(&config.project.root).map_err(|source| StartError::Folder {
        folder: config.project.root.clone(),
        source,
    })
}

fn executor_settings(limits: &Limits) -> SqlExecutorSettings {
    let workers = limits.max_concurrent_queries;
    SqlExecutorSettings {
        workers,
        admission: AdmissionLimits {
            max_waiting: MOST_WAITING,
            max_waiting_per_share: MOST_WAITING / 4,
            max_running_per_share: workers.div_ceil(2).max(1),
        },
        // Waiting as long as running, and the answer's way back.
        deadline: limits.query_timeout * 2 + Duration::from_secs(5),
    }
}

async fn listen(config: &Config, parts: Parts) -> Result<(), StartError> {
    let Parts {
        audit,
        executor,
        catalog,
    } = parts;
    let request_ids = RequestIds::new(u64::from_be_bytes(audit.randomness.bytes()?));
    let sessions = Sessions::new(Arc::clone(&audit.clock), Arc::clone(&audit.randomness));
    let server = McpServer::new(catalog, sessions, executor, audit);
    let http = &config.transport.http;
    let state = web::Data::new(McpState {
        server: Arc::new(server),
        public_url: config.public_url.clone(),
        request_ids,
        stateless: http.stateless,
    });
    let refused = |source| StartError::Listen {
        host: http.host.clone(),
        port: http.port,
        source,
    };
    let addresses: Vec<_> = (http.host.as_str(), http.port)
        .to_socket_addrs()
        .map_err(refused)?
        .collect();
    let server = HttpServer::new(move || App::new().app_data(state.clone()).configure(routes::public))
        // A client that goes away ends its request, and with it its query.
        .h1_allow_half_closed(false)
        .shutdown_timeout(STOP_GRACE_SECONDS)
        .bind(addresses.as_slice())
        .map_err(refused)?;
    log::info!("public URL: {}", config.public_url);
    for address in server.addrs() {
        log::info!("listening on http://{address}");
    }
    server.run().await.map_err(StartError::Server)
}
