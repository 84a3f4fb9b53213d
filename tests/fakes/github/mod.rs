//! A GitHub that stands in for the real one, and is stricter: every rule that GitHub's documentation gives for the web
//! flow is a refusal here, so that a server which passes has kept all of them. Its quirks can be switched on one by one.
//!
//! * [`state`]: the app, the users, codes and tokens, and what was seen.
//! * `web`: what browsers visit. `token`: the token endpoint. `api`: the REST interface.

mod api;
pub(crate) mod state;
mod token;
mod web;

use std::sync::{Mutex, MutexGuard, PoisonError};

use actix_web::HttpResponse;
use actix_web::web::{Data, ServiceConfig};

use crate::serving::Serving;
pub(crate) use state::{Quirks, State};

/// The app that the fake knows.
pub(crate) const CLIENT_ID: &str = "Iv1.fake";
/// Its secret.
pub(crate) const CLIENT_SECRET: &str = "fake-client-secret-canary";

/// What every handler works on.
type Shared = Data<Mutex<State>>;

/// A running fake; it stops with the value.
pub(crate) struct FakeGithub {
    state: Shared,
    serving: Serving,
}

impl FakeGithub {
    /// Starts a fake on a free port of this machine, on a thread of its own.
    pub(crate) fn start(quirks: Quirks) -> Self {
        let state = Data::new(Mutex::new(State::new(quirks)));
        let shared = Data::clone(&state);
        let serving = Serving::start(|_| {
            move |config: &mut ServiceConfig| {
                config.app_data(Data::clone(&shared)).configure(routes);
            }
        });
        Self { state, serving }
    }

    /// Its address, without a slash at its end.
    pub(crate) fn url(&self) -> &str {
        self.serving.url()
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

fn lock(state: &Shared) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn routes(config: &mut ServiceConfig) {
    config
        .configure(web::routes)
        .configure(token::routes)
        .configure(api::routes)
        .route("/_test/callback", actix_web::web::post().to(register_callback))
        .route("/_test/given-out", actix_web::web::get().to(given_out));
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

async fn given_out(state: Shared) -> HttpResponse {
    HttpResponse::Ok().json(&lock(&state).given_out)
}

/// The first field of this name.
fn field<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields
        .iter()
        .find(|(known, _)| known == name)
        .map(|(_, value)| value.as_str())
}
