//! `DELETE /mcp` ends a legacy session; `GET /mcp` would be its stream, which is not offered; `/mcp/` is
//! `/mcp` with a slash too many.

use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, web};

use super::caller::{self, Lines};
use super::{McpState, reply};
use crate::http::middleware::origin;
use crate::http::routes;
use crate::mcp::wire::headers::{FieldValue, SESSION_ID};

/// 204 for a session of this caller that was there, 404 otherwise, 400 where none is named, 405 where there are no sessions, 503
/// while nobody knows. Who asks without a good token learns nothing else.
pub(in crate::http) async fn delete(request: HttpRequest, state: web::Data<McpState>) -> HttpResponse {
    if let Err(refused) = origin::check(&request, state.public_url.allowed_hosts()) {
        return reply::wrong_origin(refused);
    }
    if state.stateless {
        return method_not_allowed(&state);
    }
    let caller = match caller::identify(&request, &state).await {
        Ok(caller) => caller,
        Err(answer) => return answer,
    };
    let lines = Lines(&request);
    let id = match FieldValue::read(&lines, SESSION_ID) {
        FieldValue::Text(id) => id,
        FieldValue::Absent => return HttpResponse::BadRequest().finish(),
        FieldValue::Unusable => return HttpResponse::NotFound().finish(),
    };
    match state.server.sessions().end(id, &caller.owner()).await {
        Ok(Ok(())) => HttpResponse::NoContent().finish(),
        Ok(Err(none)) => {
            caller::note_no_session(&request, &state, &caller, &none);
            HttpResponse::NotFound().finish()
        }
        Err(error) => reply::sessions_unavailable(None, &error),
    }
}

/// 307 from `/mcp/`, where clients come whose users typed a slash too many, to `/mcp`. The address is relative, so that it
/// also holds behind a proxy that adds a prefix, and the query stays. Nothing is read and nobody is asked for a token here.
pub(in crate::http) async fn without_slash(request: HttpRequest, state: web::Data<McpState>) -> HttpResponse {
    if let Err(refused) = origin::check(&request, state.public_url.allowed_hosts()) {
        return reply::wrong_origin(refused);
    }
    let location = match request.query_string() {
        "" => "../mcp".to_owned(),
        query => format!("../mcp?{query}"),
    };
    HttpResponse::TemporaryRedirect()
        .insert_header((LOCATION, location))
        .finish()
}

/// 405 with the methods that are offered.
pub(in crate::http) async fn not_allowed(request: HttpRequest, state: web::Data<McpState>) -> HttpResponse {
    match origin::check(&request, state.public_url.allowed_hosts()) {
        Ok(()) => method_not_allowed(&state),
        Err(refused) => reply::wrong_origin(refused),
    }
}

fn method_not_allowed(state: &McpState) -> HttpResponse {
    routes::method_not_allowed(if state.stateless { "POST" } else { "POST, DELETE" })
}
