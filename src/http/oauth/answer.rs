//! Answers of the endpoints that programs call: JSON, never stored, errors in the words of RFC 6749 section 5.2.

use std::fmt::Display;
use std::time::Duration;

use actix_web::error::InternalError;
use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::web::Data;
use actix_web::{Error, HttpRequest, HttpResponse, HttpResponseBuilder};
use serde_json::{Value, json};

use crate::config::HostRefused;
use crate::http::extract::body::ACCEPTED_CODING;
use crate::oauth::door::TooMany;
use crate::oauth::error_description::error_description;
use crate::oauth::parameters::InvalidParameters;
use crate::oauth::{NoAddresses, Services, Unavailable};

/// What clients of the token endpoint authenticate with.
pub(crate) const BASIC_CHALLENGE: &str = "Basic realm=\"oauth\", charset=\"UTF-8\"";

/// An error on its way to a program.
#[derive(Debug)]
pub(crate) struct ErrorAnswer {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) description: String,
    /// `WWW-Authenticate`
    pub(crate) challenge: Option<String>,
    pub(crate) retry_after: Option<Duration>,
}

impl ErrorAnswer {
    /// An error without challenge and without hope.
    pub(crate) fn new(status: StatusCode, code: &'static str, description: &impl Display) -> Self {
        Self {
            status,
            code,
            description: error_description(description),
            challenge: None,
            retry_after: None,
        }
    }

    /// A request that cannot be read.
    pub(crate) fn invalid_request(description: &impl Display) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", description)
    }

    /// A body that is compressed.
    pub(crate) fn coded(description: &impl Display) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "invalid_request", description)
    }

    /// A client that is not who it says. Every 401 must say how to authenticate (RFC 9110 section 15.5.2).
    pub(crate) fn invalid_client(description: &impl Display) -> Self {
        Self {
            challenge: Some(BASIC_CHALLENGE.to_owned()),
            ..Self::new(StatusCode::UNAUTHORIZED, "invalid_client", description)
        }
    }

    /// The answer itself.
    pub(crate) fn respond(self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        if let Some(challenge) = self.challenge {
            response.insert_header((WWW_AUTHENTICATE, challenge));
        }
        if self.status == StatusCode::UNSUPPORTED_MEDIA_TYPE {
            // RFC 9110 section 12.5.3: what would have been read.
            response.insert_header((ACCEPT_ENCODING, ACCEPTED_CODING));
        }
        retry_after(&mut response, self.retry_after);
        finish(
            response,
            &json!({ "error": self.code, "error_description": self.description }),
        )
    }
}

impl From<&InvalidParameters> for ErrorAnswer {
    fn from(error: &InvalidParameters) -> Self {
        Self::invalid_request(error)
    }
}

/// An answer that is no error.
pub(crate) fn json(status: StatusCode, body: &Value) -> HttpResponse {
    finish(HttpResponse::build(status), body)
}

/// Sets `Retry-After` (RFC 9110 section 10.2.3), in whole seconds and at least one.
pub(crate) fn retry_after(response: &mut HttpResponseBuilder, wait: Option<Duration>) {
    if let Some(wait) = wait {
        response.insert_header((RETRY_AFTER, retry_after_seconds(wait)));
    }
}

/// The value of `Retry-After`: whoever comes back after it does not come too early.
pub(crate) fn retry_after_seconds(wait: Duration) -> u64 {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    seconds.max(1)
}

/// The answer to one request too many.
pub(crate) fn too_many(error: TooMany) -> ErrorAnswer {
    ErrorAnswer {
        retry_after: Some(error.wait),
        ..ErrorAnswer::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", &error)
    }
}

/// The answer to a failure of our own. The reason goes to the log and not to the client.
pub(crate) fn unavailable(error: &Unavailable) -> ErrorAnswer {
    let (status, code, description) = match error {
        Unavailable::Busy { .. } => {
            log::warn!("a request is turned away: {error}");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "temporarily_unavailable",
                "the server is busy; try again later",
            )
        }
        Unavailable::Down { .. } => {
            log::error!("a request cannot be answered: {error}");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "temporarily_unavailable",
                "the server cannot answer now; try again later",
            )
        }
        Unavailable::Broken { .. } => {
            log::error!("a request cannot be answered: {error}");
            (
                StatusCode::INTERNAL_SERVER_ERROR,
                "server_error",
                "an internal error ended this request",
            )
        }
    };
    ErrorAnswer {
        retry_after: error.retry_after(),
        ..ErrorAnswer::new(status, code, &description)
    }
}

/// The answer to a request that came to a host which is not ours.
pub(crate) fn no_addresses(error: &NoAddresses) -> HttpResponse {
    log::warn!("{error}");
    ErrorAnswer::new(status_without_addresses(error), "invalid_request", error).respond()
}

/// 421 for a host that is not ours; 500 if the configuration is at fault.
pub(crate) fn status_without_addresses(error: &NoAddresses) -> StatusCode {
    match error {
        NoAddresses::Host(HostRefused::Invalid | HostRefused::NotAllowed { .. }) => {
            StatusCode::MISDIRECTED_REQUEST
        }
        NoAddresses::Resource(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Ends the reading of a request with an answer.
pub(crate) fn stop(response: HttpResponse) -> Error {
    InternalError::from_response("refused", response).into()
}

/// The use cases that the routes were registered with.
pub(crate) fn services(request: &HttpRequest) -> Result<Data<Services>, Error> {
    let services = request.app_data::<Data<Services>>().cloned();
    services.ok_or_else(|| stop(HttpResponse::InternalServerError().finish()))
}

fn finish(mut response: HttpResponseBuilder, body: &Value) -> HttpResponse {
    response
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((PRAGMA, "no-cache"))
        .content_type("application/json")
        .body(body.to_string())
}
