//! Bodies: read whole, within a size and a time, whatever else is wrong with them.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::CONTENT_ENCODING;
use actix_web::web::{Bytes, Data, Payload};

use crate::http::middleware::request::RequestState;

/// The time for a body where nothing else is set.
pub const DEFAULT_TIME: Duration = Duration::from_secs(15);

/// The one coding that is read: none.
pub const ACCEPTED_CODING: &str = "identity";

/// Why there is no body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoBody {
    /// It is larger than what is read.
    #[error("the body is too long; accepted are at most {most} bytes")]
    TooLong {
        /// The limit, in bytes.
        most: usize,
    },
    /// It is compressed. Nothing is unpacked here: a small body could become a very large one.
    #[error("compressed bodies are not accepted; send it without Content-Encoding")]
    Coded,
    /// The client sends too slowly, or has stopped.
    #[error("the body did not arrive within {} s", time.as_secs())]
    TooSlow {
        /// The limit.
        time: Duration,
    },
    /// The connection ended first, or the body is malformed.
    #[error("the body ended before it was complete")]
    Incomplete,
}

/// Whether the body was coded (RFC 9110 section 8.4).
fn is_coded(request: &HttpRequest) -> bool {
    let mut lines = request.headers().get_all(CONTENT_ENCODING);
    lines.any(|line| !line.as_bytes().eq_ignore_ascii_case(ACCEPTED_CODING.as_bytes()))
}

/// The whole body.
pub async fn read(request: &HttpRequest, payload: Payload, most: usize) -> Result<Bytes, NoBody> {
    if is_coded(request) {
        return Err(NoBody::Coded);
    }
    let state = request.app_data::<Data<RequestState>>();
    let time = state.map_or(DEFAULT_TIME, |state| state.body_time);
    match actix_rt::time::timeout(time, payload.to_bytes_limited(most)).await {
        Err(_) => Err(NoBody::TooSlow { time }),
        Ok(Err(_)) => Err(NoBody::TooLong { most }),
        Ok(Ok(Err(_))) => Err(NoBody::Incomplete),
        Ok(Ok(Ok(body))) => Ok(body),
    }
}
