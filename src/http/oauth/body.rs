//! Bodies: read whole, within limits, whatever else is wrong with them.

use actix_web::dev::Payload;
use actix_web::web::{self, Bytes};
use actix_web::{FromRequest as _, HttpMessage as _, HttpRequest};

use super::answer::ErrorAnswer;
use crate::http::extract::body::{self, NoBody};
use crate::oauth::parameters::{InvalidParameters, LONGEST_FORM, Parameters};

/// Why a body is not read.
#[derive(Debug, thiserror::Error)]
pub(super) enum BodyError {
    #[error("the body must be {expected}; see the Content-Type header")]
    ContentType { expected: &'static str },
    #[error(transparent)]
    NoBody(#[from] NoBody),
    #[error(transparent)]
    Parameters(#[from] InvalidParameters),
}

impl From<BodyError> for ErrorAnswer {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::NoBody(coded @ NoBody::Coded) => Self::coded(&coded),
            BodyError::ContentType { .. } | BodyError::NoBody(_) | BodyError::Parameters(_) => {
                Self::invalid_request(&error)
            }
        }
    }
}

/// The parameters of a form. A query is never looked at: secrets do not belong there.
pub(super) async fn form(request: &HttpRequest, payload: &mut Payload) -> Result<Parameters, BodyError> {
    const FORM: &str = "application/x-www-form-urlencoded";
    if !request.content_type().trim().eq_ignore_ascii_case(FORM) {
        return Err(BodyError::ContentType { expected: FORM });
    }
    let body = bytes(request, payload, LONGEST_FORM).await?;
    Ok(Parameters::parse(&body, LONGEST_FORM)?)
}

/// A JSON document, not parsed.
pub(super) async fn json(
    request: &HttpRequest,
    payload: &mut Payload,
    most: usize,
) -> Result<Bytes, BodyError> {
    const JSON: &str = "application/json";
    if !request.content_type().trim().eq_ignore_ascii_case(JSON) {
        return Err(BodyError::ContentType { expected: JSON });
    }
    bytes(request, payload, most).await
}

async fn bytes(request: &HttpRequest, payload: &mut Payload, most: usize) -> Result<Bytes, BodyError> {
    let payload = web::Payload::from_request(request, payload).await;
    let payload = payload.map_err(|_| NoBody::Incomplete)?;
    Ok(body::read(request, payload, most).await?)
}
