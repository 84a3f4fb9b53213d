//! The public listener: addresses, limits of connections, and TLS where the server has a certificate of its own.
//!
//! Must not live here: routes and middleware.

use std::fmt::Debug;
use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs as _};
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use actix_http::HttpService;
use actix_http::body::MessageBody;
use actix_service::{IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt as _, map_config};
use actix_web::dev::{AppConfig, Server};
use actix_web::{Error, HttpServer};
use mxcp_actors::domain::clock::Clock;
use rustls::ServerConfig;
use tokio::net::TcpSocket;

use super::{StartError, stopping, tls};
use crate::config::Http;

/// How long a connection may lie unused: longer than nginx keeps its own to us, so that it never sends into a closed one.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long a client may take to close its side.
const DISCONNECT: Duration = Duration::from_secs(5);
/// Connections that wait to be accepted.
const BACKLOG: u32 = 1_024;

/// What every listener has in common.
#[derive(Clone, Copy)]
struct Limits {
    workers: usize,
    connections_per_worker: usize,
    head: Duration,
}

/// The addresses of the public listener, taken and not yet open: whoever connects is refused until the server can answer.
pub(super) struct Addresses(Vec<TcpSocket>);

/// Takes every address that the host stands for; one of them is enough.
pub(super) fn bind(http: &Http) -> Result<Addresses, StartError> {
    bind_all(http).map_err(|source| refused(http, source))
}

fn bind_all(http: &Http) -> io::Result<Addresses> {
    let mut port = http.port;
    let mut last_error = None;
    let mut sockets = Vec::new();
    for mut address in (http.host.as_str(), http.port).to_socket_addrs()? {
        address.set_port(port);
        match bind_one(address) {
            Ok(socket) => {
                // Port 0 is any that is free; the other addresses get the same one.
                port = socket.local_addr()?.port();
                sockets.push(socket);
            }
            Err(error) => {
                log::warn!("cannot listen on {address}: {error}");
                last_error = Some(error);
            }
        }
    }
    match last_error.filter(|_| sockets.is_empty()) {
        Some(error) => Err(error),
        None => Ok(Addresses(sockets)),
    }
}

fn bind_one(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    // The connections of a server that ended a moment ago do not keep the next one from starting.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

fn refused(http: &Http, source: io::Error) -> StartError {
    StartError::Listen {
        setting: "transport.http.port",
        host: http.host.clone(),
        port: http.port,
        source,
    }
}

impl Addresses {
    /// The port, which the system chose if the configuration says 0.
    pub(super) fn port(&self) -> Option<u16> {
        let address = self.0.first()?.local_addr().ok()?;
        Some(address.port())
    }

    fn open(self) -> io::Result<Vec<TcpListener>> {
        let sockets = self.0.into_iter();
        sockets.map(|socket| socket.listen(BACKLOG)?.into_std()).collect()
    }
}

/// Listens at these addresses as the configuration says; `app` makes the routes of one worker.
///
/// A client that goes away ends its request, and with it its query: half-closed connections are not kept.
pub(super) fn listen<F, I, S, B>(
    addresses: Addresses,
    http: &Http,
    clock: Arc<dyn Clock>,
    app: F,
) -> Result<Server, StartError>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, actix_http::Request>,
    S: ServiceFactory<actix_http::Request, Config = AppConfig, Error = Error> + 'static,
    S::InitError: Debug,
    S::Response: Into<actix_http::Response<B>> + 'static,
    <S::Service as Service<actix_http::Request>>::Future: 'static,
    S::Service: 'static,
    B: MessageBody + 'static,
{
    let workers = available_parallelism().map_or(2, usize::from);
    let limits = Limits {
        workers,
        connections_per_worker: http.max_connections.div_ceil(workers),
        head: http.request_timeout,
    };
    let tls = http.tls.as_ref().map(|files| tls::server_config(files, clock));
    let tls = tls.transpose()?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    let sockets = addresses.open().map_err(|source| refused(http, source))?;
    let opened: Vec<_> = sockets
        .iter()
        .filter_map(|socket| socket.local_addr().ok())
        .collect();
    let server = match tls {
        None => plain(sockets, limits, app),
        Some(config) => encrypted(sockets, limits, &config, app),
    };
    let server = server.map_err(|source| refused(http, source))?;
    for address in opened {
        log::info!("listening on {scheme}://{address}");
    }
    Ok(server)
}

fn plain<F, I, S, B>(sockets: Vec<TcpListener>, limits: Limits, app: F) -> io::Result<Server>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, actix_http::Request>,
    S: ServiceFactory<actix_http::Request, Config = AppConfig, Error = Error> + 'static,
    S::InitError: Debug,
    S::Response: Into<actix_http::Response<B>> + 'static,
    <S::Service as Service<actix_http::Request>>::Future: 'static,
    S::Service: 'static,
    B: MessageBody + 'static,
{
    let mut server = HttpServer::new(app)
        .workers(limits.workers)
        .max_connections(limits.connections_per_worker)
        .keep_alive(KEEP_ALIVE)
        .client_request_timeout(limits.head)
        .client_disconnect_timeout(DISCONNECT)
        .h1_allow_half_closed(false)
        .disable_signals()
        .shutdown_timeout(stopping::LAST_ANSWERS_SECONDS);
    for socket in sockets {
        server = server.listen(socket)?;
    }
    Ok(server.run())
}

/// HTTP/1.1 and nothing else: the listener that actix-web offers for TLS would negotiate HTTP/2 as well, where a reset of
/// a stream does not end the request behind it. A handshake has three seconds, and each worker makes at most 256 at once,
/// the defaults of actix-tls.
fn encrypted<F, I, S, B>(
    sockets: Vec<TcpListener>,
    limits: Limits,
    config: &ServerConfig,
    app: F,
) -> io::Result<Server>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, actix_http::Request>,
    S: ServiceFactory<actix_http::Request, Config = AppConfig, Error = Error> + 'static,
    S::InitError: Debug,
    S::Response: Into<actix_http::Response<B>> + 'static,
    <S::Service as Service<actix_http::Request>>::Future: 'static,
    S::Service: 'static,
    B: MessageBody + 'static,
{
    let mut server = Server::build()
        .workers(limits.workers)
        .max_concurrent_connections(limits.connections_per_worker)
        .disable_signals()
        .shutdown_timeout(stopping::LAST_ANSWERS_SECONDS);
    for (number, socket) in sockets.into_iter().enumerate() {
        let (app, config) = (app.clone(), config.clone());
        server = server.listen(format!("https-{number}"), socket, move || {
            let app = app()
                .into_factory()
                .map_err(|error: Error| error.error_response());
            HttpService::build()
                .secure()
                .keep_alive(KEEP_ALIVE)
                .client_request_timeout(limits.head)
                .client_disconnect_timeout(DISCONNECT)
                .h1_allow_half_closed(false)
                .h1(map_config(app, |()| AppConfig::default()))
                .rustls_0_23(config.clone())
        })?;
    }
    Ok(server.run())
}
