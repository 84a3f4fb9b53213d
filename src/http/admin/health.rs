//! `GET /health` and `GET /live`: whether the process answers, and whether it should be restarted. For anybody.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use serde_json::json;

use super::{AdminState, json_answer};

/// 200 with the time, as MXCP answers it.
pub(super) async fn health(state: Data<AdminState>) -> HttpResponse {
    let now = state.admin.clock.now().to_string();
    json_answer(StatusCode::OK, &json!({ "status": "ok", "timestamp": now }))
}

/// 200, unless nothing but a restart helps.
pub(super) async fn live(state: Data<AdminState>) -> HttpResponse {
    match state.admin.needs_restart() {
        false => json_answer(StatusCode::OK, &json!({ "status": "alive" })),
        true => json_answer(
            StatusCode::SERVICE_UNAVAILABLE,
            &json!({ "status": "stuck", "reason": "every worker is held by a query that does not stop" }),
        ),
    }
}
