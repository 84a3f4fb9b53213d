//! Every route in one table.

use actix_web::web::{self, ServiceConfig};

use super::{health, mcp};

/// The routes of the public listener.
pub fn public(config: &mut ServiceConfig) {
    config.route("/health", web::get().to(health::health));
    config.service(
        web::resource("/mcp")
            .route(web::post().to(mcp::post::post))
            .route(web::delete().to(mcp::session::delete))
            .default_service(web::route().to(mcp::session::not_allowed)),
    );
}
