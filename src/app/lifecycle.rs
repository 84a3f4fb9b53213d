//! The life of the serving process: listen, announce, serve until a signal, stop in order.

use actix_web::{App, HttpServer};

use super::StartError;
use crate::http::routes;

/// How long running requests may take to finish after a stop signal, in seconds.
const STOP_GRACE_SECONDS: u64 = 5;

/// Serves until SIGTERM or SIGINT.
pub fn serve(host: &str, port: u16) -> Result<(), StartError> {
    actix_rt::System::new().block_on(listen(host, port))
}

async fn listen(host: &str, port: u16) -> Result<(), StartError> {
    let server = HttpServer::new(|| App::new().configure(routes::public))
        // A client that goes away ends its request, and with it its query.
        .h1_allow_half_closed(false)
        .shutdown_timeout(STOP_GRACE_SECONDS)
        .bind((host, port))
        .map_err(|source| StartError::Listen {
            host: host.to_owned(),
            port,
            source,
        })?;
    for address in server.addrs() {
        log::info!("listening on http://{address}");
    }
    server.run().await.map_err(StartError::Server)
}
