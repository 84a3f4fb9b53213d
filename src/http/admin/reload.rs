//! `/reload`: reading the project anew, which this version does by a restart.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::{AdminState, json_answer, refusal};
use crate::admin::access::Role;

/// 501 for whoever may look: who may not change anything learns no less from it than who may.
pub(super) async fn not_implemented(request: HttpRequest, state: Data<AdminState>) -> HttpResponse {
    match refusal(&request, &state, Role::Viewer) {
        None => json_answer(
            StatusCode::NOT_IMPLEMENTED,
            &json!({ "detail": "this version does not reload; restart the server, which finishes its calls first" }),
        ),
        Some(answer) => answer,
    }
}
