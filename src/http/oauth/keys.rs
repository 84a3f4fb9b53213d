//! `GET /jwks.json`

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::Data;

use super::answer::{self, ErrorAnswer};
use crate::oauth::Services;
use crate::oauth::published_keys::published_keys;

/// Far shorter than a key is published before it signs.
const CACHING: &str = "public, max-age=900";

/// The public keys; 404 where tokens are opaque.
pub(super) async fn get(services: Data<Services>) -> HttpResponse {
    match published_keys(&services).await {
        Ok(Some(keys)) => HttpResponse::Ok()
            .insert_header((CACHE_CONTROL, CACHING))
            .content_type("application/json")
            .body(keys),
        Ok(None) => {
            let description = "access tokens of this server are opaque; ask /introspect about them";
            ErrorAnswer::new(StatusCode::NOT_FOUND, "not_found", &description).respond()
        }
        Err(error) => answer::unavailable(&error).respond(),
    }
}
