//! The pages of a signed-in user: which applications may act for them, and how to sign out.

use actix_web::HttpResponse;
use minijinja::{Value, context};
use mxcp_actors::domain::clock::Timestamp;

use super::{render, standing, user};
use crate::oauth::account::{AccountView, ApplicationView};
use crate::oauth::{Addresses, Services, own_form};

/// A page about what the user of this browser has allowed. Without a user it says where to sign in.
#[derive(Clone, Copy)]
pub(crate) enum AccountPage {
    /// Which applications may act for the user.
    Applications,
    /// Which way to sign out.
    SignOut,
}

/// The page.
pub(crate) fn account(
    services: &Services,
    addresses: &Addresses,
    page: AccountPage,
    view: Option<&AccountView>,
) -> HttpResponse {
    let template = match page {
        AccountPage::Applications => "account.html",
        AccountPage::SignOut => "sign_out.html",
    };
    render::page(HttpResponse::Ok(), template, &values(services, addresses, view))
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
        reference => view.reference.to_string(),
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
