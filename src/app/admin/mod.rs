//! The operator's listeners: HTTP where `admin` says so, and the Unix socket where the environment asks for it.
//!
//! They are the first to open and the last to close, so that a start and a stop can be watched.

mod built;
mod socket;

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::os::unix::net::UnixListener;
use std::sync::Arc;

use actix_web::dev::{Server, ServerHandle};
use actix_web::{App, HttpServer, middleware, web};

pub(super) use self::built::Served;
use self::socket::Socket;
pub(super) use self::socket::SocketError;
use super::StartError;
use crate::admin::Admin;
use crate::admin::access::Access;
use crate::config::{self, AdminListener};
use crate::http::admin::{self as routes, AdminState};

/// How long answers to operators may take to be sent when everything else has ended, in seconds.
const LAST_ANSWERS_SECONDS: u64 = 1;

/// The open listeners.
#[derive(Default)]
pub(super) struct AdminListeners {
    servers: Vec<ServerHandle>,
    socket: Option<Socket>,
}

/// Where a listener listens.
enum Place {
    Addresses(Vec<SocketAddr>),
    Socket(UnixListener),
}

impl AdminListeners {
    /// Opens what the configuration asks for. A listener that cannot be opened stops the start.
    pub(super) fn open(wanted: &config::Admin, served: Served<'_>) -> Result<Self, StartError> {
        let mut open = Self::default();
        if wanted.listener.is_none() && wanted.socket.is_none() {
            return Ok(open);
        }
        let admin = Arc::new(served.into_admin());
        if let Some(listener) = &wanted.listener {
            open.serve(network(listener, &admin)?);
        }
        if let Some(path) = &wanted.socket {
            let (socket, incoming) = Socket::bind(path)?;
            let state = AdminState {
                admin,
                access: Access::Socket,
                only_loopback: false,
            };
            let listener = serve(state, Place::Socket(incoming)).map_err(|source| socket.error(source))?;
            log::info!("admin socket: {}", path.display());
            open.serve(listener);
            open.socket = Some(socket);
        }
        Ok(open)
    }

    fn serve(&mut self, server: Server) {
        self.servers.push(server.handle());
        actix_rt::spawn(async move {
            if let Err(error) = server.await {
                log::error!("an admin listener stopped: {error}");
            }
        });
    }

    /// Closes everything, and takes the socket's file away.
    pub(super) async fn close(self) {
        for server in self.servers {
            server.stop(true).await;
        }
        drop(self.socket);
    }
}

fn network(listener: &AdminListener, admin: &Arc<Admin>) -> Result<Server, StartError> {
    let refused = |source| StartError::Listen {
        setting: "admin.port",
        host: listener.host.clone(),
        port: listener.port,
        source,
    };
    let addresses: Vec<_> = (listener.host.as_str(), listener.port)
        .to_socket_addrs()
        .map_err(refused)?
        .collect();
    let state = AdminState {
        admin: Arc::clone(admin),
        access: Access::Network {
            operator: listener.token.clone(),
            viewer: listener.viewer_token.clone(),
        },
        only_loopback: addresses.iter().all(|address| address.ip().is_loopback()),
    };
    serve(state, Place::Addresses(addresses)).map_err(refused)
}

/// Opens one listener. Operators are few, so one thread serves them.
fn serve(state: AdminState, place: Place) -> io::Result<Server> {
    let state = web::Data::new(state);
    let app = move || {
        App::new()
            .app_data(web::Data::clone(&state))
            .wrap(middleware::from_fn(routes::from_browsers))
            .configure(routes::routes)
            .default_service(web::route().to(routes::not_found))
    };
    let server = HttpServer::new(app)
        .workers(1)
        .disable_signals()
        .shutdown_timeout(LAST_ANSWERS_SECONDS);
    let server = match place {
        Place::Addresses(addresses) => server.bind(addresses.as_slice())?,
        Place::Socket(incoming) => return Ok(server.listen_uds(incoming)?.run()),
    };
    for address in server.addrs() {
        log::info!("admin interface: http://{address}");
    }
    Ok(server.run())
}
