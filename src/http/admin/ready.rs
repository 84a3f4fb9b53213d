//! `GET /ready`: whether this process should be sent work. For anybody; reasons are for viewers.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::{AdminState, guard::may_look, json_answer};

/// 200 or 503, and what each part says.
pub(super) async fn get(request: HttpRequest, state: Data<AdminState>) -> HttpResponse {
    let findings = state.admin.readiness.find().await;
    let status = match findings.is_ready() {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    json_answer(status, &findings.told(may_look(&request, &state)))
}
