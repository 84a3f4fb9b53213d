//! Around every request of the public listener: it gets a name, is turned away while the server is stopping, and is
//! counted as under way until its work is over.
//!
//! What goes around has no say in what a request means.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::ConnectionType;
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, CACHE_CONTROL, HeaderName, HeaderValue,
    RETRY_AFTER,
};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage as _, HttpResponse};

use crate::admin::gate::Gate;
use crate::admin::http_requests::{HttpRequests, Route};
use crate::http::request_ids::{self, RequestIds};

/// What clients are told to wait while this process stops: about as long as another one takes to start.
const RETRY_AFTER_SECONDS: &str = "2";

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What is needed around requests.
pub struct RequestState {
    /// Whether requests are taken.
    pub gate: Arc<Gate>,
    /// Counts requests.
    pub counts: Arc<HttpRequests>,
    /// Names of requests.
    pub ids: RequestIds,
    /// How long the body of a request may take to arrive.
    pub body_time: Duration,
}

/// The middleware. See the module's documentation.
pub async fn around<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let Some(state) = request.app_data::<Data<RequestState>>().cloned() else {
        return Ok(next.call(request).await?.map_into_left_body());
    };
    let started = Instant::now();
    let route = Route::of(request.path());
    let id = state.ids.take_or_make(request.headers());
    let name = HeaderValue::from_str(&id).ok();
    let Some(under_way) = state.gate.enter() else {
        let answer = stopping();
        state
            .counts
            .answered(route, answer.status().as_u16(), started.elapsed());
        return Ok(request.into_response(answer).map_into_right_body());
    };
    // Both live as long as the request does, which is as long as anything works on it: a legacy call outlives its
    // connection.
    request.extensions_mut().insert(under_way);
    request.extensions_mut().insert(Arc::clone(&id));
    let mut response = request_ids::named(id, next.call(request)).await?;
    state
        .counts
        .answered(route, response.status().as_u16(), started.elapsed());
    if let Some(name) = name {
        response.headers_mut().insert(X_REQUEST_ID, name);
    }
    if state.gate.is_closed() {
        let head = response.response_mut().head_mut();
        head.set_connection_type(ConnectionType::Close);
    }
    Ok(response.map_into_left_body())
}

/// The server is stopping: come back, to another process.
fn stopping() -> HttpResponse {
    HttpResponse::ServiceUnavailable()
        .insert_header((RETRY_AFTER, RETRY_AFTER_SECONDS))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        .insert_header((ACCESS_CONTROL_EXPOSE_HEADERS, "Retry-After"))
        .force_close()
        .content_type("application/json")
        .body(r#"{"error":"temporarily_unavailable","error_description":"the server is shutting down"}"#)
}
