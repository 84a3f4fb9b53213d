//! Every route in one table.

use actix_web::web::{self, ServiceConfig};

use super::health;

/// The routes of the public listener.
pub fn public(config: &mut ServiceConfig) {
    config.route("/health", web::get().to(health::health));
}
