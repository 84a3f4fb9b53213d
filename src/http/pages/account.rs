//! The pages of a signed-in user: which applications may act for them, and how to sign out.

use actix_web::HttpResponse;
use minijinja::{Value, context};
use mxcp_actors::domain::clock::Timestamp;

use super::{render, standing, user};
use crate::oauth::account::{AccountView, ApplicationView};
use crate::oauth::{Addresses, Services, own_form};

/// Which applications may act for the user; without a user, where to sign in.
pub(crate) fn account(
    services: &Services,
    addresses: &Addresses,
    view: Option<&AccountView>,
) -> HttpResponse {
    render::page(
        HttpResponse::Ok(),
        "account.html",
        &values(services, addresses, view),
    )
}

/// Which way to sign out.
pub(crate) fn sign_out(
    services: &Services,
    addresses: &Addresses,
    view: Option<&AccountView>,
) -> HttpResponse {
    render::page(
        HttpResponse::Ok(),
        "sign_out.html",
        &values(services, addresses, view),
    )
}

fn values(services: &Services, addresses: &Addresses, view: Option<&AccountView>) -> Value {
    let applications = view.map_or(&[][..], |view| &view.applications);
    context! {
        server => services.settings().server_name,
        issuer => addresses.issuer(),
        home => addresses.path("/"),
        log_in => addresses.path("/login"),
        account => addresses.path("/account"),
        sign_out => addresses.path("/logout"),
        user => view.map(|view| user(&view.user)),
        proof_field => own_form::FIELD,
        proof => view.map(|view| &view.proof),
        applications => applications.iter().map(application).collect::<Vec<_>>(),
        more => view.map(|view| view.more),
    }
}

fn application(view: &ApplicationView) -> Value {
    context! {
        id => view.id.as_str(),
        name => view.name,
        scopes => view.scopes.iter().collect::<Vec<_>>(),
        logins => view.logins,
        since => moment(view.since),
        last_used_at => moment(view.last_used_at),
        ..standing(&view.standing)
    }
}

/// A moment for machines, and to the minute for people.
fn moment(time: Timestamp) -> Value {
    let text = time.to_string();
    let minute = text.get(..16).unwrap_or_default().replace('T', " ");
    context! { exact => text, minute => minute }
}
