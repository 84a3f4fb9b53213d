//! The DPoP proof of a request (RFC 9449 section 4.1). Where it is checked is `oauth::proof`; it goes nowhere else.

use actix_web::http::header::HeaderMap;
use mxcp_actors::domain::secret::Secret;

use crate::oauth::proof::ProofHeader;

/// The `DPoP` header. One that is no text is a proof that nothing accepts.
pub fn proof_header(headers: &HeaderMap) -> ProofHeader {
    let mut values = headers.get_all("dpop");
    match (values.next(), values.next()) {
        (None, _) => ProofHeader::Absent,
        (Some(_), Some(_)) => ProofHeader::Repeated,
        (Some(value), None) => ProofHeader::Present(Secret::new(value.to_str().unwrap_or_default().trim())),
    }
}
