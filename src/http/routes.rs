//! Every route in one table.

use actix_web::guard::{Any, Get, Head};
use actix_web::http::Method;
use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpResponse, Resource, Route};

use super::mcp::McpState;
use super::{front_page, health, mcp, oauth};

/// The methods of `/mcp`, for browsers that ask first.
const MCP_METHODS: &str = "POST, DELETE";

/// The routes of the public listener.
pub fn public(config: &mut ServiceConfig, state: &Data<McpState>) {
    config.app_data(Data::clone(state));
    config.service(resource("/health", GET_OR_HEAD).route(get_or_head().to(health::health)));
    config.service(
        web::resource("/mcp")
            .wrap(oauth::cors::any_origin())
            .route(web::post().to(mcp::post::post))
            .route(web::delete().to(mcp::session::delete))
            .route(mcp_preflight())
            .default_service(web::route().to(mcp::session::not_allowed)),
    );
    // A browser takes no redirect for the answer to its preflight (Fetch standard, section 4.8).
    config.service(
        web::resource("/mcp/")
            .wrap(oauth::cors::any_origin())
            .route(mcp_preflight())
            .default_service(web::route().to(mcp::session::without_slash)),
    );
    match (&state.authorization_server, &state.authentication) {
        (Some(services), _) => oauth::routes(config, services),
        (None, resource_server) => {
            if let Some(resource_server) = resource_server {
                oauth::resource_routes(config, resource_server);
            }
            config.service(resource("/", GET_OR_HEAD).route(get_or_head().to(front_page::get)));
        }
    }
}

fn mcp_preflight() -> Route {
    web::method(Method::OPTIONS).to(|| async { oauth::cors::preflight(MCP_METHODS) })
}

/// What [`get_or_head`] takes.
pub(super) const GET_OR_HEAD: &str = "GET, HEAD";

/// A path that takes these methods, as in `GET, HEAD`; its routes follow. Others are answered 405.
pub(super) fn resource(path: &str, methods: &'static str) -> Resource {
    let refuse = move || async move { method_not_allowed(methods) };
    web::resource(path).default_service(web::route().to(refuse))
}

/// 405 with the methods that there are (RFC 9110 section 15.5.6).
pub(super) fn method_not_allowed(methods: &'static str) -> HttpResponse {
    HttpResponse::MethodNotAllowed()
        .insert_header((ALLOW, HeaderValue::from_static(methods)))
        .finish()
}

/// For what may be read at any time: load balancers and monitors ask with HEAD (RFC 9110 section 9.3.2).
pub(super) fn get_or_head() -> Route {
    web::route().guard(Any(Get()).or(Head()))
}
