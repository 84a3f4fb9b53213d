//! Bodies and statuses of `/mcp`.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, HeaderName, HeaderValue, RETRY_AFTER};
use mxcp_actors::domain::mcp_session::McpSessionId;

use crate::http::extract::body::{ACCEPTED_CODING, NoBody};
use crate::http::middleware::origin::OriginRefused;
use crate::http::oauth::answer::retry_after_seconds;
use crate::mcp::admission::Refused;
use crate::mcp::sessions::SessionsUnavailable;
use crate::mcp::wire::{Era, RequestId, RpcError, response};

/// Answers are the caller's alone, and describe one moment.
fn json(status: StatusCode, body: Vec<u8>) -> HttpResponse {
    HttpResponse::build(status)
        .insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .content_type("application/json")
        .body(body)
}

/// A JSON-RPC response with a result.
pub(super) fn result(body: Vec<u8>) -> HttpResponse {
    json(StatusCode::OK, body)
}

/// A JSON-RPC response to `initialize`, with the session that it opened.
pub(super) fn opened(id: &McpSessionId, body: Vec<u8>) -> HttpResponse {
    let mut answer = result(body);
    if let Ok(id) = id.expose().parse() {
        let name = HeaderName::from_static("mcp-session-id");
        answer.headers_mut().insert(name, id);
    }
    answer
}

/// A JSON-RPC response with an error.
pub(super) fn error(id: Option<&RequestId>, error: &RpcError, era: Era) -> HttpResponse {
    json(status(error.http_status(era)), response::error(id, error, era))
}

/// A message that was not dispatched.
pub(super) fn refused(refused: Refused) -> HttpResponse {
    json(status(refused.http_status), refused.body)
}

/// A notification or a response was taken.
pub(super) fn accepted() -> HttpResponse {
    HttpResponse::Accepted().finish()
}

/// A request that was refused before its body was read.
pub(super) fn wrong_origin(refused: OriginRefused) -> HttpResponse {
    let error = RpcError::invalid_request(&refused.to_string());
    json(refused.status(), response::error(None, &error, Era::Modern))
}

/// A body that is too large, too slow or compressed.
pub(super) fn no_body(error: NoBody) -> HttpResponse {
    let status = match error {
        NoBody::TooLong { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        NoBody::Coded => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        NoBody::TooSlow { .. } => StatusCode::REQUEST_TIMEOUT,
        NoBody::Incomplete => StatusCode::BAD_REQUEST,
    };
    let told = RpcError::invalid_request(&error.to_string());
    let mut answer = json(status, response::error(None, &told, Era::Modern));
    if error == NoBody::Coded {
        // RFC 9110 section 12.5.3: what would have been read.
        let accepted = HeaderValue::from_static(ACCEPTED_CODING);
        answer.headers_mut().insert(ACCEPT_ENCODING, accepted);
    }
    answer
}

/// Nobody can say whether the session exists, or open one.
pub(super) fn sessions_unavailable(id: Option<&RequestId>, error: &SessionsUnavailable) -> HttpResponse {
    log::warn!("a legacy session could not be looked up or changed: {error}");
    let told = RpcError::internal("the server cannot look up sessions at the moment; try again");
    let mut answer = json(
        StatusCode::SERVICE_UNAVAILABLE,
        response::error(id, &told, Era::Legacy),
    );
    let seconds = retry_after_seconds(error.retry_after());
    answer.headers_mut().insert(RETRY_AFTER, seconds.into());
    answer
}

fn status(number: u16) -> StatusCode {
    StatusCode::from_u16(number).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
