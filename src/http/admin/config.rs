//! `GET /config`: what was started. Nothing secret is in it.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::{AdminState, json_answer, refusal};
use crate::admin::about;
use crate::admin::access::Role;

/// 200 for viewers.
pub(super) async fn get(request: HttpRequest, state: Data<AdminState>) -> HttpResponse {
    match refusal(&request, &state, Role::Viewer) {
        None => json_answer(StatusCode::OK, &about::configuration(&state.admin)),
        Some(answer) => answer,
    }
}
