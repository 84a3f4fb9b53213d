//! `GET /health`: the process answers. Nothing more is said to the public; operators ask the admin listener.

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};

/// 200 with `{"status":"ok"}`.
pub(super) async fn health() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .content_type("application/json")
        .body(r#"{"status":"ok"}"#)
}
