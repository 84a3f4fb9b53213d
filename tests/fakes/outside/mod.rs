//! Atlassian and Salesforce, stood in for by servers that are stricter than they are: every rule that their documentation
//! gives is a refusal here, so that a server which passes has kept all of them.
//!
//! * [`grants`]: what both have in common, the rules of RFC 6749 and RFC 7636.
//! * [`atlassian`], [`salesforce`]: their own addresses, parameters and answers.

pub(crate) mod atlassian;
pub(crate) mod grants;
pub(crate) mod salesforce;

use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};

use actix_web::dev::ServerHandle;
use actix_web::http::header::{AUTHORIZATION, HeaderName};
use actix_web::web::{Data, ServiceConfig};
use actix_web::{App, HttpRequest, HttpServer};

use grants::Grants;

/// The app that the fakes know.
pub(crate) const CLIENT_ID: &str = "app-0001";
/// Its secret.
pub(crate) const CLIENT_SECRET: &str = "secret-of-the-app-canary";

/// A running fake; it stops with the value.
pub(crate) struct Fake {
    url: String,
    grants: Shared,
    server: ServerHandle,
}

/// What every handler works on.
type Shared = Data<Mutex<Grants>>;

impl Fake {
    /// Starts a fake with these addresses on a free port of this machine, on a thread of its own. Browsers may be sent back to
    /// `callback`.
    pub(crate) fn start(callback: &str, routes: fn(&mut ServiceConfig)) -> Self {
        let grants = Data::new(Mutex::new(Grants::new(callback)));
        let (sender, started) = mpsc::channel();
        let shared = Data::clone(&grants);
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
        let url = format!("http://{address}");
        lock(&grants).url.clone_from(&url);
        Self { url, grants, server }
    }

    /// Its address, without a slash at its end.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// What it knows.
    pub(crate) fn grants(&self) -> MutexGuard<'_, Grants> {
        lock(&self.grants)
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        // The future is the wait for the stop, which the command itself does not need.
        drop(self.server.stop(false));
    }
}

fn lock(grants: &Shared) -> MutexGuard<'_, Grants> {
    grants.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The text of a header, or nothing.
fn header(request: &HttpRequest, name: HeaderName) -> &str {
    let value = request.headers().get(name);
    value.and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Whether the request carries an access token that works.
fn is_let_in(request: &HttpRequest, grants: &Grants) -> bool {
    let token = header(request, AUTHORIZATION).strip_prefix("Bearer ");
    token.is_some_and(|token| grants.live.contains_key(token))
}
