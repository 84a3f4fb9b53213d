//! The HTML pages: templates, what fills them, and the headers that protect them.
//!
//! The pages work without JavaScript, load nothing from anywhere, and escape every value. Must not live here: which
//! page is shown when.

mod account;
mod render;

pub(crate) use account::{AccountPage, account};

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, HttpResponseBuilder};
use minijinja::{Value, context};
use mxcp_actors::domain::opaque_token::AuthorizationCodeValue;
use mxcp_actors::domain::user::UserAccount;

use crate::http::oauth::answer::retry_after;
use crate::oauth::browser::{ClientView, ConsentView, LogInView, Standing};
use crate::oauth::{Addresses, LoginKind, Services};

/// What a page of an error says.
#[derive(Debug)]
pub(crate) struct ErrorPage {
    pub(crate) status: StatusCode,
    pub(crate) title: &'static str,
    pub(crate) message: String,
    /// What probably helps.
    pub(crate) hint: Option<String>,
    /// What an operator finds the login by: the request's name.
    pub(crate) reference: Option<String>,
    pub(crate) retry_after: Option<Duration>,
}

/// What was wrong with the form that is shown again.
pub(crate) struct Problem<'a> {
    pub(crate) text: &'a str,
    pub(crate) retry_after: Option<Duration>,
}

impl ErrorPage {
    /// A page without a hint.
    pub(crate) fn new(status: StatusCode, title: &'static str, message: String) -> Self {
        Self {
            status,
            title,
            message,
            hint: None,
            reference: None,
            retry_after: None,
        }
    }
}

/// The login form.
pub(crate) fn log_in(
    services: &Services,
    addresses: &Addresses,
    view: &LogInView,
    problem: Option<&Problem<'_>>,
    status: StatusCode,
) -> HttpResponse {
    let values = context! {
        server => services.settings().server_name,
        issuer => addresses.issuer(),
        action => addresses.path("/login"),
        interaction => view.interaction.expose(),
        client => view.client.as_ref().map(client),
        problem => problem.map(|problem| problem.text),
    };
    let mut response = HttpResponse::build(status);
    retry_after(&mut response, problem.and_then(|problem| problem.retry_after));
    render::page(response, "login.html", &values)
}

/// The consent page.
pub(crate) fn consent(services: &Services, addresses: &Addresses, view: &ConsentView) -> HttpResponse {
    let provider = match &services.settings().login {
        LoginKind::Password | LoginKind::Elsewhere { .. } => None,
        LoginKind::Provider { name, scopes, .. } => {
            Some(context! { name, scopes => scopes.iter().collect::<Vec<_>>() })
        }
    };
    let values = context! {
        server => services.settings().server_name,
        issuer => addresses.issuer(),
        action => addresses.path("/consent"),
        sign_out => addresses.path("/logout"),
        interaction => view.interaction.expose(),
        client => client(&view.client),
        scopes => view.scopes.iter().collect::<Vec<_>>(),
        user => view.user.as_ref().map(user),
        provider => provider,
    };
    render::page(HttpResponse::Ok(), "consent.html", &values)
}

/// The code for clients that cannot receive it themselves.
pub(crate) fn code(services: &Services, code: &AuthorizationCodeValue) -> HttpResponse {
    let values = context! {
        server => services.settings().server_name,
        code => code.expose(),
    };
    render::page(HttpResponse::Ok(), "code.html", &values)
}

/// The front page.
pub(crate) fn home(
    services: &Services,
    addresses: &Addresses,
    account: Option<&UserAccount>,
) -> HttpResponse {
    let values = context! {
        server => services.settings().server_name,
        connection => connection_name(&services.settings().server_name),
        resource => addresses.resource().as_str(),
        has_users => true,
        log_in => addresses.path("/login"),
        sign_out => addresses.path("/logout"),
        account => addresses.path("/account"),
        provider => match &services.settings().login {
            LoginKind::Password | LoginKind::Elsewhere { .. } => None,
            LoginKind::Provider { name, .. } => Some(name),
        },
        user => account.map(user),
    };
    render::page(HttpResponse::Ok(), "home.html", &values)
}

/// The front page where nobody logs in.
pub(crate) fn open_home(server_name: &str, resource: &str, is_open: bool) -> HttpResponse {
    let values = context! {
        server => server_name,
        connection => connection_name(server_name),
        resource => resource,
        has_users => false,
        is_open => is_open,
    };
    render::page(HttpResponse::Ok(), "home.html", &values)
}

/// What went wrong.
pub(crate) fn error(services: &Services, page: &ErrorPage) -> HttpResponse {
    let values = context! {
        server => services.settings().server_name,
        title => page.title,
        message => page.message,
        hint => page.hint,
        reference => page.reference,
    };
    let mut response: HttpResponseBuilder = HttpResponse::build(page.status);
    retry_after(&mut response, page.retry_after);
    render::page(response, "error.html", &values)
}

/// A name to copy into a command line or a file: nothing in it has a meaning there.
fn connection_name(server_name: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric();
    let words = server_name.split(|character| !is_plain(character));
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    if words.is_empty() {
        "mcp".to_owned()
    } else {
        words.join("-")
    }
}

fn client(view: &ClientView) -> Value {
    context! {
        name => view.name,
        receiver => view.receiver,
        redirect_uri => view.redirect_uri,
        is_loopback => view.is_loopback,
        is_out_of_band => view.is_out_of_band,
        ..standing(&view.standing)
    }
}

/// Who vouches for a client's name, as templates ask for it.
fn standing(standing: &Standing) -> Value {
    let host = match standing {
        Standing::Configured | Standing::Unverified => None,
        Standing::Host(host) => Some(host),
    };
    context! { is_unverified => *standing == Standing::Unverified, host => host }
}

fn user(account: &UserAccount) -> Value {
    let identity = &account.identity;
    let shown = identity.name.as_ref().or(identity.username.as_ref());
    context! {
        shown => shown.unwrap_or(&identity.key.subject),
        id => identity.key.subject,
        username => identity.username,
        name => identity.name,
        email => identity.email.as_ref().map(ToString::to_string),
        provider => identity.provider,
    }
}
