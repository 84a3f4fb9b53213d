//! How every fake listens: on a free port of this machine, on a thread of its own, until it is dropped.

use std::net::TcpListener;
use std::sync::mpsc;

use actix_web::dev::ServerHandle;
use actix_web::web::ServiceConfig;
use actix_web::{App, HttpServer};

/// A fake that listens; it stops with the value.
pub(crate) struct Serving {
    url: String,
    server: ServerHandle,
}

impl Serving {
    /// Starts to serve what `routes` makes of the fake's own address, which has no slash at its end.
    pub(crate) fn start<R>(routes: impl FnOnce(&str) -> R) -> Self
    where
        R: Fn(&mut ServiceConfig) + Clone + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let routes = routes(&url);
        let (sender, started) = mpsc::channel();
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let app = move || App::new().configure(routes.clone());
                let server = HttpServer::new(app).workers(1).disable_signals();
                let server = server.shutdown_timeout(0).listen(listener).unwrap().run();
                sender.send(server.handle()).unwrap();
                server.await.unwrap();
            });
        });
        let server = started.recv().unwrap();
        Self { url, server }
    }

    /// Its address, without a slash at its end.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // The future is the wait for the stop, which the command itself does not need.
        drop(self.server.stop(false));
    }
}
