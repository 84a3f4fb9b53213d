//! `GET /health` and `GET /live`: the process answers, so it need not be restarted. For anybody.

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

/// 200.
pub(super) async fn live() -> HttpResponse {
    json_answer(StatusCode::OK, &json!({ "status": "alive" }))
}
