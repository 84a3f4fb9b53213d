//! The operator's interface over HTTP: one file per resource, which asks the use case of the same name in
//! [`crate::admin`]. It has a listener of its own, and the same routes on the Unix socket.
//!
//! Must not live here: numbers, decisions about who may do what.

mod config;
mod endpoints;
mod flow;
mod guard;
mod health;
mod index;
mod metrics;
mod ready;
mod reload;
mod status;

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, Resource, Route};
use serde_json::{Value, json};

pub use guard::{from_browsers, refusal};

use crate::admin::Admin;
use crate::admin::access::Access;
use crate::http::routes::{GET_OR_HEAD, get_or_head, resource};

/// What the handlers of one listener need.
pub struct AdminState {
    /// The use cases.
    pub admin: Arc<Admin>,
    /// Who comes in by this listener.
    pub access: Access,
    /// Whether requests must name this machine: a loopback listener answers to no other name.
    pub only_loopback: bool,
}

/// The routes of an admin listener.
pub fn routes(config: &mut ServiceConfig) {
    let reload = resource("/reload", "GET, HEAD, POST");
    config
        .service(read("/", get_or_head().to(index::get)))
        .service(read("/health", get_or_head().to(health::health)))
        .service(read("/live", get_or_head().to(health::live)))
        .service(read("/ready", get_or_head().to(ready::get)))
        .service(read("/status", get_or_head().to(status::get)))
        .service(read("/config", get_or_head().to(config::get)))
        .service(read("/endpoints", get_or_head().to(endpoints::get)))
        .service(read("/auth/flow/{reference}", get_or_head().to(flow::get)))
        .service(read("/metrics", get_or_head().to(metrics::get)))
        .service(
            reload
                .route(get_or_head().to(reload::not_implemented))
                .route(web::post().to(reload::not_implemented)),
        );
}

fn read(path: &str, route: Route) -> Resource {
    resource(path, GET_OR_HEAD).route(route)
}

/// An answer that describes one moment.
fn json_answer(status: StatusCode, body: &Value) -> HttpResponse {
    HttpResponse::build(status)
        .insert_header((CACHE_CONTROL, "no-store"))
        .content_type("application/json")
        .body(body.to_string())
}

/// What there is not.
pub async fn not_found(request: HttpRequest) -> HttpResponse {
    let detail = format!("there is no {} {} here", request.method(), request.path());
    json_answer(StatusCode::NOT_FOUND, &json!({ "detail": detail }))
}
