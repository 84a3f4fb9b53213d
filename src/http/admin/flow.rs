//! `GET /auth/flow/{reference}`: one attempt to log in, from this process's audit folder.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::{AdminState, json_answer, refusal};
use crate::admin::Admin;
use crate::admin::access::Role;
use crate::admin::flow::FlowError;

/// Said with every answer.
const SCOPE: &str = "this is what the audit folder of this process holds; a replica that writes into another folder is asked at \
                     its own listener, or all of them with mxcp-actor auth flow --audit-folder";

/// 200 for operators: the answer names users and networks.
pub(super) async fn get(
    request: HttpRequest,
    reference: Path<String>,
    state: Data<AdminState>,
) -> HttpResponse {
    if let Some(answer) = refusal(&request, &state, Role::Operator) {
        return answer;
    }
    let admin = &state.admin;
    match admin.flows.find(&reference, admin.clock.now()).await {
        Ok(flow) => match serde_json::to_value(&flow) {
            Ok(flow) => json_answer(StatusCode::OK, &with_instance(&flow, admin)),
            Err(error) => failed(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
        },
        Err(error) => failed(status(&error), &error.to_string()),
    }
}

fn with_instance(flow: &Value, admin: &Admin) -> Value {
    json!({ "flow": flow, "instance": admin.about.instance, "scope": SCOPE })
}

fn status(error: &FlowError) -> StatusCode {
    match error {
        FlowError::NoReference { .. } => StatusCode::BAD_REQUEST,
        FlowError::Unknown { .. } | FlowError::AuditOff => StatusCode::NOT_FOUND,
        FlowError::Busy(_) => StatusCode::SERVICE_UNAVAILABLE,
        FlowError::NoFolder(_) | FlowError::Read(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn failed(status: StatusCode, detail: &str) -> HttpResponse {
    json_answer(status, &json!({ "detail": detail }))
}
