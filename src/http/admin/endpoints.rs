//! `GET /endpoints`: what is offered, and what was left out.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::{AdminState, json_answer, refusal};
use crate::admin::access::Role;
use crate::admin::endpoints;

/// 200 for viewers.
pub(super) async fn get(request: HttpRequest, state: Data<AdminState>) -> HttpResponse {
    match refusal(&request, &state, Role::Viewer) {
        None => json_answer(StatusCode::OK, &endpoints::endpoints(&state.admin)),
        Some(answer) => answer,
    }
}
