//! Every route in one table.

use actix_web::web::{self, Data, ServiceConfig};

use super::mcp::McpState;
use super::{front_page, health, mcp, oauth};

/// The methods of `/mcp`, for browsers that ask first.
const MCP_METHODS: &str = "POST, DELETE";

/// The routes of the public listener.
pub fn public(config: &mut ServiceConfig, state: &Data<McpState>) {
    config.app_data(Data::clone(state));
    config.route("/health", web::get().to(health::health));
    config.service(
        web::resource("/mcp")
            .wrap(oauth::cors::any_origin())
            .route(web::post().to(mcp::post::post))
            .route(web::delete().to(mcp::session::delete))
            .route(
                web::method(actix_web::http::Method::OPTIONS)
                    .to(|| async { oauth::cors::preflight(MCP_METHODS) }),
            )
            .default_service(web::route().to(mcp::session::not_allowed)),
    );
    match &state.authentication {
        Some(services) => oauth::routes(config, services),
        None => {
            config.route("/", web::get().to(front_page::get));
        }
    }
}
