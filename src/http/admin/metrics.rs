//! `GET /metrics`: for Prometheus.

use actix_web::http::StatusCode;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::{AdminState, json_answer, refusal};
use crate::admin::access::Role;
use crate::admin::metrics::{self, CONTENT_TYPE};

/// 200 for viewers.
pub(super) async fn get(request: HttpRequest, state: Data<AdminState>) -> HttpResponse {
    if let Some(answer) = refusal(&request, &state, Role::Viewer) {
        return answer;
    }
    match metrics::metrics(&state.admin).await {
        Ok(page) => HttpResponse::Ok()
            .insert_header((CACHE_CONTROL, "no-store"))
            .content_type(CONTENT_TYPE)
            .body(page),
        Err(error) => {
            log::error!("admin: the metrics cannot be written: {error}");
            json_answer(
                StatusCode::INTERNAL_SERVER_ERROR,
                &json!({ "error": "internal_error", "message": "the metrics cannot be written" }),
            )
        }
    }
}
