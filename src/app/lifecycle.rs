//! The life of the serving process: build, listen, announce, serve until a signal, stop in order.

use std::net::ToSocketAddrs;
use std::sync::Arc;

use actix_web::dev::Server;
use actix_web::{App, HttpServer, middleware, web};

use super::serving::Running;
use super::signals::Signals;
use super::stdio::{self, Streams};
use super::{StartError, build, database, stopping, telemetry};
use crate::admin::gate::Gate;
use crate::config::{Config, TransportKind};
use crate::http::mcp::McpState;
use crate::http::middleware::request::{self, RequestState};
use crate::http::request_ids::RequestIds;
use crate::http::routes;
use crate::mcp::catalog::Catalog;
use crate::mcp::server::McpServer;
use crate::mcp::session::Sessions;

/// Serves until SIGTERM or SIGINT, and over stdio also until the client has nothing more to say. A second signal ends the
/// server at once.
pub fn serve(config: Config, ignore_errors: bool) -> Result<(), StartError> {
    telemetry::start_logging(&config.logging)?;
    telemetry::warn_unbuilt(&config.telemetry);
    for warning in &config.warnings {
        log::warn!("{warning}");
    }
    build::refuse_unbuilt(&config)?;
    let streams = match config.transport.kind {
        TransportKind::Stdio => Some(Streams::claim().map_err(StartError::Streams)?),
        TransportKind::StreamableHttp | TransportKind::Sse => None,
    };
    enter(&config)?;
    let generation = database::open(&config)?;
    let catalog = build::load_catalog(&config, &generation, ignore_errors)?;
    let system = actix_rt::System::new();
    let outcome = system.block_on(async move {
        let running = Running::start(&config, &generation).await?;
        match streams {
            Some(streams) => {
                let outcome = stdio::serve(&config, streams, catalog, &running).await;
                running.stop().await;
                outcome
            }
            None => serve_http(&config, catalog, running).await,
        }
    });
    if matches!(outcome, Err(StartError::SecondSignal)) {
        // Dropped, it would wait for work that nobody wants to wait for any more. The process ends instead.
        std::mem::forget(system);
    }
    outcome
}

/// Relative file names in SQL start at the project's folder.
fn enter(config: &Config) -> Result<(), StartError> {
    std::env::set_current_dir(&config.project.root).map_err(|source| StartError::Folder {
        folder: config.project.root.clone(),
        source,
    })
}

/// Serves until a signal, then stops in order, unless a second signal comes.
async fn serve_http(config: &Config, catalog: Catalog, running: Running) -> Result<(), StartError> {
    let mut signals = Signals::listen()?;
    let gate = Arc::<Gate>::default();
    let mut server = match listen(config, catalog, &running, &gate) {
        Ok(server) => server,
        Err(error) => {
            running.stop().await;
            return Err(error);
        }
    };
    let listener = server.handle();
    let signal = tokio::select! {
        outcome = &mut server => {
            running.stop().await;
            return outcome.map_err(StartError::Server);
        }
        signal = signals.next() => signal,
    };
    log::info!("{signal}");
    let stop = stopping::stop(&gate, config.transport.shutdown_grace, &listener, running);
    tokio::select! {
        outcome = async { tokio::join!(stop, server).1 } => outcome.map_err(StartError::Server),
        signal = signals.next() => {
            log::warn!("{signal} once more");
            Err(StartError::SecondSignal)
        }
    }
}

fn listen(
    config: &Config,
    catalog: Catalog,
    running: &Running,
    gate: &Arc<Gate>,
) -> Result<Server, StartError> {
    let audit = running.audit();
    let requests = web::Data::new(RequestState {
        gate: Arc::clone(gate),
        ids: RequestIds::new(u64::from_be_bytes(audit.randomness.bytes()?)),
    });
    let sessions = Sessions::new(Arc::clone(&audit.clock), Arc::clone(&audit.randomness));
    let http = &config.transport.http;
    let state = web::Data::new(McpState {
        server: Arc::new(McpServer::new(catalog, sessions, running.executor(), audit)),
        public_url: config.public_url.clone(),
        authentication: running.services(),
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
    let app = move || {
        App::new()
            .app_data(web::Data::clone(&requests))
            .wrap(middleware::from_fn(request::around))
            .configure(|config| routes::public(config, &state))
    };
    let server = HttpServer::new(app)
        // A client that goes away ends its request, and with it its query.
        .h1_allow_half_closed(false)
        .disable_signals()
        .shutdown_timeout(stopping::LAST_ANSWERS_SECONDS)
        .bind(addresses.as_slice())
        .map_err(refused)?;
    log::info!("public URL: {}", config.public_url);
    for address in server.addrs() {
        log::info!("listening on http://{address}");
    }
    Ok(server.run())
}
