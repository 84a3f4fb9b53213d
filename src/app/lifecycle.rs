//! The life of the serving process: build, listen, announce, serve until a signal, stop in order.

use std::sync::Arc;
use std::time::Instant;

use actix_web::dev::Server;
use actix_web::{App, middleware, web};

use mxcp_actors::domain::clock::Clock;
use mxcp_actors::sql_executor::actor::SqlExecutors;
use mxcp_actors::sql_executor::engine::generation::Generation;

use super::admin::{AdminListeners, Served};
use super::serving::Running;
use super::signals::Signals;
use super::stdio::{self, Streams};
use super::{StartError, build, core_dumps, database, listening, scopes, stopping, telemetry};
use crate::admin::about::VERSION;
use crate::admin::endpoints::Endpoint;
use crate::admin::gate::Gate;
use crate::config::{Config, Persistence, TransportKind};
use crate::http::mcp::McpState;
use crate::http::middleware::request::{self, RequestState};
use crate::http::request_ids::RequestIds;
use crate::http::routes;
use crate::mcp::catalog::Catalog;

/// Serves until SIGTERM or SIGINT, and over stdio also until the client has nothing more to say. A second signal ends the
/// server at once.
pub fn serve(config: Config, ignore_errors: bool) -> Result<(), StartError> {
    let written = config.written.clone();
    run(config, ignore_errors).map_err(|error| error.placed(&written))
}

fn run(mut config: Config, ignore_errors: bool) -> Result<(), StartError> {
    let began = Instant::now();
    let _written_until_the_end = telemetry::start_logging(&config.logging)?;
    core_dumps::forbid();
    build::warn_unbuilt(&config);
    for warning in &config.warnings {
        log::warn!("{warning}");
    }
    build::refuse_unbuilt(&config)?;
    let streams = match config.transport.kind {
        TransportKind::Stdio => Some(Streams::claim().map_err(StartError::Streams)?),
        TransportKind::StreamableHttp | TransportKind::Sse => None,
    };
    build::enter(&config)?;
    let generation = database::open(&config)?;
    let (catalog, endpoints) = build::load_catalog(&config, &generation, ignore_errors)?;
    let endpoint_scopes = scopes::of_endpoints(catalog.registry());
    let system = actix_rt::System::new();
    let outcome = system.block_on(async move {
        if let Some(streams) = streams {
            let running = Running::start(&config, &generation, &endpoint_scopes).await?;
            let outcome = stdio::serve(&config, streams, catalog, &running).await;
            running.stop().await;
            return outcome;
        }
        let addresses = listening::bind(&config.transport.http)?;
        if let Some(port) = addresses.port() {
            config.public_url.listens_on(port);
        }
        let running = Running::start(&config, &generation, &endpoint_scopes).await?;
        let loaded = Loaded {
            addresses,
            config,
            generation,
            catalog,
            endpoints,
        };
        serve_http(loaded, running, began).await
    });
    if matches!(outcome, Err(StartError::SecondSignal)) {
        // Dropped, it would wait for work that nobody wants to wait for any more. The process ends instead.
        std::mem::forget(system);
    }
    outcome
}

/// Why the server stops.
#[derive(Clone, Copy)]
enum Stop {
    Signal(&'static str),
    /// Whoever supervises the process starts it again, which is all that helps.
    DatabaseLost,
}

/// What was loaded and not started yet.
struct Loaded {
    addresses: listening::Addresses,
    config: Config,
    generation: Arc<Generation>,
    catalog: Catalog,
    endpoints: Vec<Endpoint>,
}

/// Serves until a signal, then stops in order, unless a second signal comes.
async fn serve_http(loaded: Loaded, running: Running, began: Instant) -> Result<(), StartError> {
    let mut signals = Signals::listen()?;
    let grace = loaded.config.transport.shutdown_grace;
    let gate = Arc::<Gate>::default();
    let (admin, mut server) = match open(loaded, &running, &gate, began) {
        Ok(open) => open,
        Err(error) => {
            running.stop().await;
            return Err(error);
        }
    };
    let listener = server.handle();
    let sql = running.sql_monitor();
    let reason = tokio::select! {
        outcome = &mut server => {
            running.stop().await;
            return outcome.map_err(StartError::Server);
        }
        signal = signals.next() => Stop::Signal(signal),
        () = sql.lost() => Stop::DatabaseLost,
    };
    if let Stop::Signal(signal) = reason {
        log::info!("{signal}");
    }
    let stop = async {
        let stop = stopping::stop(&gate, grace, &listener, running);
        let ((), outcome) = tokio::join!(stop, server);
        admin.close().await;
        log::info!("stopped");
        match reason {
            Stop::Signal(_) => outcome.map_err(StartError::Server),
            Stop::DatabaseLost => Err(StartError::DatabaseLost),
        }
    };
    tokio::select! {
        outcome = stop => outcome,
        signal = signals.next() => {
            log::warn!("{signal} once more");
            Err(StartError::SecondSignal)
        }
    }
}

/// Opens the operator's listeners, then the public one.
fn open(
    loaded: Loaded,
    running: &Running,
    gate: &Arc<Gate>,
    began: Instant,
) -> Result<(AdminListeners, Server), StartError> {
    let Loaded {
        addresses,
        config,
        generation,
        catalog,
        endpoints,
    } = loaded;
    let audit = running.audit();
    let requests = RequestState {
        gate: Arc::clone(gate),
        counts: Arc::default(),
        ids: RequestIds::new(u64::from_be_bytes(audit.randomness.bytes()?)),
        body_time: config.transport.http.request_timeout,
    };
    let server = Arc::new(running.mcp_server(catalog));
    let parts = Served {
        config: &config,
        generation: &generation,
        endpoints,
        running,
        gate: Arc::clone(gate),
        http: Arc::clone(&requests.counts),
        mcp: Arc::clone(&server),
    };
    let admin = AdminListeners::open(&config.admin, parts)?;
    let state = McpState {
        server,
        server_name: config.project.name.clone(),
        public_url: config.public_url.clone(),
        authentication: running.resource_server().map(web::Data::from),
        authorization_server: running.services(),
        stateless: config.transport.http.stateless,
    };
    let routes = Routes {
        requests: web::Data::new(requests),
        state,
        executors: running.executors(),
    };
    let public = listen(addresses, &config, running.audit().clock, routes)?;
    announce(&config, began);
    Ok((admin, public))
}

/// What the routes of the public listener need, in every worker.
#[derive(Clone)]
struct Routes {
    requests: web::Data<RequestState>,
    state: McpState,
    executors: SqlExecutors,
}

impl Routes {
    /// For the current worker, whose queries go through an actor of its own.
    fn state_of_worker(&self) -> web::Data<McpState> {
        let executor = self.executors.beside_caller();
        web::Data::new(McpState {
            server: Arc::new(self.state.server.with_executor(executor)),
            ..self.state.clone()
        })
    }
}

fn listen(
    addresses: listening::Addresses,
    config: &Config,
    clock: Arc<dyn Clock>,
    routes: Routes,
) -> Result<Server, StartError> {
    let app = move || {
        let state = routes.state_of_worker();
        App::new()
            .app_data(web::Data::clone(&routes.requests))
            .wrap(middleware::from_fn(request::around))
            .configure(|config| routes::public(config, &state))
    };
    log::info!("public URL: {}", config.public_url);
    listening::listen(addresses, &config.transport.http, clock, app)
}

/// What was started, in one line: the first thing to look for in a log.
fn announce(config: &Config, began: Instant) {
    let on_or_off = |is_on| if is_on { "on" } else { "off" };
    log::info!(
        "mxcp-actor {VERSION} serves {project} ({profile}), process {process}: database {database}{readonly}, logins {provider} \
         kept in {persistence}, audit {audit}, SQL tools {sql_tools}, stateless {stateless}; ready after {milliseconds} ms",
        project = config.project.name,
        profile = config.project.profile,
        process = std::process::id(),
        database = config.database.path.display(),
        readonly = if config.database.readonly {
            " (read-only)"
        } else {
            ""
        },
        provider = config.auth.provider.name(),
        persistence = match config.auth.persistence {
            Persistence::Memory => "memory",
            Persistence::Sqlite { .. } => "SQLite",
            Persistence::Postgresql { .. } => "PostgreSQL",
        },
        audit = on_or_off(config.audit.enabled),
        sql_tools = on_or_off(config.sql_tools.enabled),
        stateless = on_or_off(config.transport.http.stateless),
        milliseconds = began.elapsed().as_millis(),
    );
}
