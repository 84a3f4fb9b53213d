//! A GitHub that stands in for the real one, and is stricter: every rule that GitHub's documentation gives for the web
//! flow is a refusal here, so that a server which passes has kept all of them. Its quirks can be switched on one by one.
//!
//! * [`state`]: the app, the users, codes and tokens, and what was seen.
//! * `web`: what browsers visit. `token`: the token endpoint. `api`: the REST interface.

mod api;
pub(crate) mod state;
mod token;
mod web;

use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};

use actix_web::dev::ServerHandle;
use actix_web::web::Data;
use actix_web::{App, HttpResponse, HttpServer};

pub(crate) use state::{Quirks, State};

/// The app that the fake knows.
pub(crate) const CLIENT_ID: &str = "Iv1.fake";
/// Its secret.
pub(crate) const CLIENT_SECRET: &str = "fake-client-secret-canary";

/// What every handler works on.
type Shared = Data<Mutex<State>>;

/// A running fake; it stops with the value.
pub(crate) struct FakeGithub {
    url: String,
    state: Shared,
    server: ServerHandle,
}

impl FakeGithub {
    /// Starts a fake on a free port of this machine, on a thread of its own.
    pub(crate) fn start(quirks: Quirks) -> Self {
        let state = Data::new(Mutex::new(State::new(quirks)));
        let (sender, started) = mpsc::channel();
        let shared = Data::clone(&state);
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let app = move || App::new().app_data(Data::clone(&shared)).configure(routes);
                let server = HttpServer::new(app).workers(1).disable_signals();
                let server = server.shutdown_timeout(0).bind("127.0.0.1:0").unwrap();
                let address = server.addrs()[0];
                let server = server.run();
                sender.send((address, server.handle())).unwrap();
                server.await.unwrap();
            });
        });
        let (address, server) = started.recv().unwrap();
        Self {
            url: format!("http://{address}"),
            state,
            server,
        }
    }

    /// Its address, without a slash at its end.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Allows browsers to be sent back to this address, exactly.
    pub(crate) fn register_callback(&self, callback: &str) {
        self.state().callbacks.push(callback.to_owned());
    }

    /// What it knows and saw.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl Drop for FakeGithub {
    fn drop(&mut self) {
        // The future is the wait for the stop, which the command itself does not need.
        drop(self.server.stop(false));
    }
}

fn lock(state: &Shared) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn routes(config: &mut actix_web::web::ServiceConfig) {
    config
        .configure(web::routes)
        .configure(token::routes)
        .configure(api::routes)
        .route("/_test/callback", actix_web::web::post().to(register_callback));
}

async fn register_callback(state: Shared, form: actix_web::web::Form<Vec<(String, String)>>) -> HttpResponse {
    let callbacks = form
        .into_inner()
        .into_iter()
        .filter(|(name, _)| name == "callback");
    lock(&state)
        .callbacks
        .extend(callbacks.map(|(_, callback)| callback));
    HttpResponse::NoContent().finish()
}

/// The first field of this name.
fn field<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields
        .iter()
        .find(|(known, _)| known == name)
        .map(|(_, value)| value.as_str())
}
