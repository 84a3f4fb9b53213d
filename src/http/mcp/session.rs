//! `DELETE /mcp` ends a legacy session; `GET /mcp` would be its stream, which is not offered.

use actix_web::http::header::ALLOW;
use actix_web::{HttpRequest, HttpResponse, web};

use super::{McpState, caller, reply};
use crate::http::middleware::origin;
use crate::mcp::wire::headers::SESSION_ID;

/// 204 for a session of this caller that was there, 404 otherwise, 405 where there are no sessions, 503 while nobody knows.
pub(in crate::http) async fn delete(request: HttpRequest, state: web::Data<McpState>) -> HttpResponse {
    if let Err(refused) = origin::check(&request, state.public_url.allowed_hosts()) {
        return reply::wrong_origin(refused);
    }
    if state.stateless {
        return not_allowed().await;
    }
    let id = request
        .headers()
        .get(SESSION_ID)
        .and_then(|value| value.to_str().ok());
    let Some(id) = id else {
        return HttpResponse::BadRequest().finish();
    };
    let owner = match caller::identify(&request, &state).await {
        Ok(caller) => caller.owner(),
        Err(answer) => return answer,
    };
    match state.server.sessions().end(id, &owner).await {
        Ok(true) => HttpResponse::NoContent().finish(),
        Ok(false) => HttpResponse::NotFound().finish(),
        Err(error) => reply::sessions_unavailable(None, &error),
    }
}

/// 405 with the methods that are offered.
pub(in crate::http) async fn not_allowed() -> HttpResponse {
    HttpResponse::MethodNotAllowed()
        .insert_header((ALLOW, "POST, DELETE"))
        .finish()
}
