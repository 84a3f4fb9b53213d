//! The life of the serving process: build, listen, announce, serve until a signal, stop in order.

use std::net::ToSocketAddrs;
use std::sync::Arc;

use actix_web::{App, HttpServer, web};

use super::serving::Running;
use super::stdio::{self, Streams};
use super::{StartError, build, telemetry};
use crate::config::{Config, TransportKind};
use crate::http::mcp::McpState;
use crate::http::request_ids::RequestIds;
use crate::http::routes;
use crate::mcp::catalog::Catalog;
use crate::mcp::server::McpServer;
use crate::mcp::session::Sessions;

/// How long running requests may take to finish after a stop signal, in seconds.
const STOP_GRACE_SECONDS: u64 = 5;

/// Serves until SIGTERM or SIGINT, and over stdio also until the client has nothing more to say.
pub fn serve(config: Config, ignore_errors: bool) -> Result<(), StartError> {
    telemetry::start_logging(&config.logging);
    for warning in &config.warnings {
        log::warn!("{warning}");
    }
    build::refuse_unbuilt(&config)?;
    let streams = match config.transport.kind {
        TransportKind::Stdio => Some(Streams::claim().map_err(StartError::Streams)?),
        TransportKind::StreamableHttp | TransportKind::Sse => None,
    };
    enter(&config)?;
    let generation = build::open_database(&config)?;
    let catalog = build::load_catalog(&config, &generation, ignore_errors)?;
    actix_rt::System::new().block_on(async move {
        let running = Running::start(&config, &generation).await?;
        let outcome = match streams {
            Some(streams) => stdio::serve(&config, streams, catalog, &running).await,
            None => listen(&config, catalog, &running).await,
        };
        running.stop().await;
        outcome
    })
}

/// Relative file names in SQL start at the project's folder.
fn enter(config: &Config) -> Result<(), StartError> {
    std::env::set_current_dir(&config.project.root).map_err(|source| StartError::Folder {
        folder: config.project.root.clone(),
        source,
    })
}

async fn listen(config: &Config, catalog: Catalog, running: &Running) -> Result<(), StartError> {
    let audit = running.audit();
    let request_ids = RequestIds::new(u64::from_be_bytes(audit.randomness.bytes()?));
    let sessions = Sessions::new(Arc::clone(&audit.clock), Arc::clone(&audit.randomness));
    let http = &config.transport.http;
    let services = running.services();
    let state = web::Data::new(McpState {
        server: Arc::new(McpServer::new(catalog, sessions, running.executor(), audit)),
        public_url: config.public_url.clone(),
        authentication: services,
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
    let server = HttpServer::new(move || App::new().configure(|config| routes::public(config, &state)))
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
