//! `GET /`: what this listener is.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde_json::json;

use super::json_answer;
use crate::admin::about::VERSION;

/// 200 with the name of the service and its resources.
pub(super) async fn get() -> HttpResponse {
    let body = json!({
        "service": "mxcp-admin",
        "version": VERSION,
        "resources": ["/health", "/live", "/ready", "/status", "/config", "/endpoints", "/auth/flow/{reference}", "/metrics"],
    });
    json_answer(StatusCode::OK, &body)
}
