//! The endpoints of the authorization server and its pages: one file per endpoint, which reads a request, asks the use
//! case of the same name in [`crate::oauth`], and turns every outcome into an answer by an exhaustive match.
//!
//! Must not live here: decisions about clients, users, codes and tokens.

mod account;
pub(crate) mod answer;
mod authorize;
mod body;
mod browser;
mod callback;
mod client;
mod consent;
mod cookies;
pub mod cors;
mod home;
mod introspect;
mod keys;
mod log_in;
mod metadata;
mod register;
mod revoke;
mod token;

use std::sync::Arc;

use actix_web::Route;
use actix_web::http::Method;
use actix_web::web::{self, Data, ServiceConfig};

use crate::http::routes::{GET_OR_HEAD, get_or_head, resource};
use crate::oauth::published_keys::KEYS_PATH;
use crate::oauth::{ResourceServer, Services};

/// The paths under which clients know these endpoints: at the root, and in the older folder.
const FOLDERS: [&str; 2] = ["", "/oauth"];

/// Adds the routes of the authorization server, its login pages and the front page.
pub fn routes(config: &mut ServiceConfig, services: &Data<Services>) {
    config.app_data(Data::clone(services));
    config.app_data(Data::from(Arc::clone(services.resource_server())));
    authorization_server_discovery(config);
    resource_discovery(config);
    for folder in FOLDERS {
        clients(config, folder);
    }
    pages(config);
    if let Some(callback_path) = services.settings().callback_path() {
        // HEAD would spend the login that comes back here.
        config.service(resource(callback_path, "GET").route(web::get().to(callback::get)));
    }
}

/// Adds what tells clients of another authorization server, whose tokens are good here.
pub fn resource_routes(config: &mut ServiceConfig, resource_server: &Data<ResourceServer>) {
    config.app_data(Data::clone(resource_server));
    resource_discovery(config);
}

/// The document that tells clients where to get tokens.
fn resource_discovery(config: &mut ServiceConfig) {
    any_origin(
        config,
        "/.well-known/oauth-protected-resource{rest:.*}",
        GET_OR_HEAD,
        get_or_head().to(metadata::protected_resource),
    );
}

/// The documents that clients look for before they know anything. A client that asks for OpenID metadata is told in
/// JSON that there is none, and goes on to the document that there is.
fn authorization_server_discovery(config: &mut ServiceConfig) {
    for (path, document) in [
        (
            "/.well-known/oauth-authorization-server{rest:.*}",
            get_or_head().to(metadata::authorization_server),
        ),
        (
            "/.well-known/openid-configuration{rest:.*}",
            get_or_head().to(metadata::not_found),
        ),
        (
            "/mcp/.well-known/{rest:.*}",
            get_or_head().to(metadata::not_found),
        ),
    ] {
        any_origin(config, path, GET_OR_HEAD, document);
    }
    any_origin(config, KEYS_PATH, GET_OR_HEAD, get_or_head().to(keys::get));
}

/// The endpoints that clients call, and the one that they send browsers to. No page may call introspection: resource
/// servers are no pages.
fn clients(config: &mut ServiceConfig, folder: &str) {
    let path = |name: &str| format!("{folder}{name}");
    any_origin(config, &path("/register"), "POST", web::post().to(register::post));
    any_origin(config, &path("/token"), "POST", web::post().to(token::post));
    any_origin(config, &path("/revoke"), "POST", web::post().to(revoke::post));
    config.service(resource(&path("/introspect"), "POST").route(web::post().to(introspect::post)));
    // No HEAD: an authorization request begins an interaction, and nobody can go on with one that has no page.
    let authorize = resource(&path("/authorize"), "GET, POST");
    config.service(
        authorize
            .route(web::get().to(authorize::get))
            .route(web::post().to(authorize::post)),
    );
}

/// The server's own pages.
fn pages(config: &mut ServiceConfig) {
    const PAGE: &str = "GET, HEAD, POST";
    let log_in = resource("/login", PAGE).route(get_or_head().to(log_in::get));
    let consent = resource("/consent", PAGE).route(get_or_head().to(consent::get));
    let account = resource("/account", PAGE).route(get_or_head().to(account::get));
    let log_out = resource("/logout", PAGE).route(get_or_head().to(account::ask_to_leave));
    config
        .service(log_in.route(web::post().to(log_in::post)))
        .service(consent.route(web::post().to(consent::post)))
        .service(account.route(web::post().to(account::post)))
        .service(log_out.route(web::post().to(account::leave)))
        .service(resource("/", GET_OR_HEAD).route(get_or_head().to(home::get)));
}

/// A resource that clients in web pages may use too.
fn any_origin(config: &mut ServiceConfig, path: &str, methods: &'static str, route: Route) {
    let preflight = move || async move { cors::preflight(methods) };
    config.service(
        resource(path, methods)
            .wrap(cors::any_origin())
            .route(web::method(Method::OPTIONS).to(preflight))
            .route(route),
    );
}
