//! Atlassian and Salesforce, stood in for by servers that are stricter than they are: every rule that their documentation
//! gives is a refusal here, so that a server which passes has kept all of them.
//!
//! * [`grants`]: what both have in common, the rules of RFC 6749 and RFC 7636.
//! * [`atlassian`], [`salesforce`]: their own addresses, parameters and answers.

pub(crate) mod atlassian;
pub(crate) mod grants;
pub(crate) mod salesforce;

use std::sync::{Mutex, MutexGuard, PoisonError};

use actix_web::HttpRequest;
use actix_web::http::header::{AUTHORIZATION, HeaderName};
use actix_web::web::{Data, ServiceConfig};

use crate::serving::Serving;
use grants::Grants;

/// The app that the fakes know.
pub(crate) const CLIENT_ID: &str = "app-0001";
/// Its secret.
pub(crate) const CLIENT_SECRET: &str = "secret-of-the-app-canary";

/// A running fake; it stops with the value.
pub(crate) struct Fake {
    grants: Shared,
    serving: Serving,
}

/// What every handler works on.
type Shared = Data<Mutex<Grants>>;

impl Fake {
    /// Starts a fake with these addresses on a free port of this machine, on a thread of its own. Browsers may be sent back to
    /// `callback`.
    pub(crate) fn start(callback: &str, routes: fn(&mut ServiceConfig)) -> Self {
        let grants = Data::new(Mutex::new(Grants::new(callback)));
        let shared = Data::clone(&grants);
        let serving = Serving::start(|url| {
            url.clone_into(&mut lock(&shared).url);
            move |config: &mut ServiceConfig| {
                config.app_data(Data::clone(&shared)).configure(routes);
            }
        });
        Self { grants, serving }
    }

    /// Its address, without a slash at its end.
    pub(crate) fn url(&self) -> &str {
        self.serving.url()
    }

    /// What it knows.
    pub(crate) fn grants(&self) -> MutexGuard<'_, Grants> {
        lock(&self.grants)
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
