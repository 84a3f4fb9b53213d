//! Who asks, read off an HTTP request.

use std::collections::BTreeMap;
use std::sync::Arc;

use actix_web::http::header::HeaderValue;
use actix_web::{HttpRequest, HttpResponse};
use mxcp_actors::domain::audit_event::CallerType;
use mxcp_actors::domain::call_context::{CallContext, TraceContext};
use mxcp_actors::domain::cancel::CancelToken;
use mxcp_actors::sql_executor::engine::identity::WITHHELD_HEADERS;

use super::McpState;
use crate::http::extract::{bearer, client_ip};
use crate::http::request_ids;
use crate::mcp::caller::Caller;
use crate::mcp::sessions::NoSession;
use crate::mcp::wire::headers::RequestHeaders;
use crate::oauth::verify;

/// Who asks: the user of the bearer token, or anybody while authentication is off. The error is the answer to a request
/// without a good token.
pub(super) async fn identify(request: &HttpRequest, state: &McpState) -> Result<Caller, HttpResponse> {
    let principal = match &state.authentication {
        Some(services) => Some(bearer::authenticate(request, services).await?),
        None => None,
    };
    Ok(Caller {
        context: CallContext {
            share: Caller::share(principal.as_deref()),
            cancel: CancelToken::new(),
            trace: trace(request),
            request_id: request_ids::of(request),
        },
        principal,
        came_by: CallerType::Http,
        session: None,
        headers: Arc::new(headers(request)),
    })
}

/// Notes why the caller has no session of that name, where it is worth a record.
pub(super) fn note_no_session(request: &HttpRequest, state: &McpState, caller: &Caller, reason: &NoSession) {
    if let (NoSession::OfAnother { recorded }, Some(services), Some(principal)) =
        (reason, &state.authentication, &caller.principal)
    {
        let from = client_ip::caller(request, services.settings().trusted_proxies.as_ref());
        verify::session_of_another(services, &from, principal, recorded);
    }
}

fn trace(request: &HttpRequest) -> TraceContext {
    let header = request.headers().get("traceparent");
    header
        .and_then(|value| value.to_str().ok())
        .and_then(TraceContext::parse)
        .unwrap_or_default()
}

/// Lower-case names; lines with the same name joined as RFC 9110, section 5.3, joins them. Values that are no text are left out,
/// and headers that carry credentials: nothing behind this point needs to see them.
fn headers(request: &HttpRequest) -> BTreeMap<String, String> {
    let mut headers = BTreeMap::<String, String>::new();
    for (name, value) in request.headers() {
        let Ok(value) = value.to_str() else { continue };
        if WITHHELD_HEADERS.contains(&name.as_str()) {
            continue;
        }
        headers
            .entry(name.as_str().to_owned())
            .and_modify(|joined| {
                joined.push_str(", ");
                joined.push_str(value);
            })
            .or_insert_with(|| value.to_owned());
    }
    headers
}

/// The header lines of a request, for the protocol's own rules.
pub(super) struct Lines<'request>(pub(super) &'request HttpRequest);

impl RequestHeaders for Lines<'_> {
    fn lines<'h>(&'h self, name: &str) -> impl Iterator<Item = &'h [u8]> {
        self.0.headers().get_all(name).map(HeaderValue::as_bytes)
    }
}
