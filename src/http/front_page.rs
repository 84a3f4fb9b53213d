//! `GET /` where nobody logs in here: what this server is, and how to connect a client. Where users log in the page is
//! [`super::oauth`]'s, which also knows who they are.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::extract::public_address::base_url;
use super::mcp::McpState;
use super::pages;
use crate::oauth::addresses::RESOURCE_PATH;

/// The page, with the address that the request came to.
pub(super) async fn get(request: HttpRequest, state: Data<McpState>) -> HttpResponse {
    match base_url(&request, &state.public_url) {
        Ok(base_url) => {
            let is_open = state.authentication.is_none();
            pages::open_home(&state.server_name, &base_url.join(RESOURCE_PATH), is_open)
        }
        Err(refused) => HttpResponse::MisdirectedRequest()
            .insert_header((CACHE_CONTROL, "no-store"))
            .content_type("text/plain; charset=utf-8")
            .body(refused.to_string()),
    }
}
