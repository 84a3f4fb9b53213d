//! `GET /status`: what this process does right now.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::{AdminState, json_answer, refusal};
use crate::admin::access::Role;
use crate::admin::status;

/// 200 for viewers.
pub(super) async fn get(request: HttpRequest, state: Data<AdminState>) -> HttpResponse {
    match refusal(&request, &state, Role::Viewer) {
        None => json_answer(StatusCode::OK, &status::status(&state.admin).await),
        Some(answer) => answer,
    }
}
