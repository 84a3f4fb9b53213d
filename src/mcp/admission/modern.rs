//! The rules of 2026-07-28 for one message (specification, *Streamable HTTP*, server validation).
//!
//! Must not live here: media types, syntax, and what depends on a tool.

use super::{
    Admitted, AdmittedMessage, AdmittedRequest, Candidate, Content, Context, notification, served_method,
};
use crate::mcp::wire::headers::{
    self, FieldValue, HeaderMismatch, StandardHeaders, check_encodable, check_plain,
};
use crate::mcp::wire::{Era, InvalidParams, Method, Params, ProtocolVersion, RequestMetadata, RpcError};

/// Judges a modern message. `headers` is `None` over stdio.
pub(super) fn admit<'a>(
    candidate: Candidate<'a>,
    headers: Option<&StandardHeaders<'_>>,
    context: Context,
) -> Result<Admitted<'a>, RpcError> {
    let message = match candidate {
        Candidate::Request { id, method, params } => {
            let (params, metadata) =
                read_metadata(params).map_err(|problem| RpcError::invalid_metadata(&problem.to_string()))?;
            let version = metadata.protocol_version.as_deref().unwrap_or_default();
            if let Some(headers) = headers {
                check_headers(headers, version, &method, &params)?;
            }
            if ProtocolVersion::parse(version) != Some(ProtocolVersion::MODERN) {
                return Err(RpcError::unsupported_version(version));
            }
            let method = served_method(&method, Era::Modern, context.served)?;
            AdmittedMessage::Request(AdmittedRequest {
                id,
                method,
                params,
                metadata: Box::new(metadata),
            })
        }
        Candidate::Notification { method, params } => {
            if let Some(headers) = headers {
                check_notification_header(headers, &method)?;
            }
            AdmittedMessage::Notification(notification(method, params)?)
        }
        Candidate::Response(_) => {
            return Err(RpcError::invalid_request(
                "clients of 2026-07-28 send no responses",
            ));
        }
    };
    Ok(Admitted {
        era: Era::Modern,
        version: ProtocolVersion::MODERN,
        content: Content::Single(message),
    })
}

fn read_metadata(
    params: Result<Params<'_>, InvalidParams>,
) -> Result<(Params<'_>, RequestMetadata<'_>), InvalidParams> {
    let params = params?;
    let metadata = RequestMetadata::read_modern(params.metadata())?;
    Ok((params, metadata))
}

/// Every header that mirrors the body must be there and say the same.
fn check_headers(
    headers: &StandardHeaders<'_>,
    version: &str,
    method: &str,
    params: &Params<'_>,
) -> Result<(), HeaderMismatch> {
    let version_source = "params._meta.io.modelcontextprotocol/protocolVersion";
    check_plain(
        headers::PROTOCOL_VERSION,
        headers.protocol_version,
        version_source,
        version,
    )?;
    check_plain(headers::METHOD, headers.method, "method", method)?;
    // A body without the name fails later, as a parameter that is missing.
    let mirrored = Method::parse(method)
        .and_then(Method::name_source)
        .and_then(|source| params.mirrored_name(source));
    match mirrored {
        Some((source, name)) => check_encodable(headers::NAME, headers.name, source, &name),
        None => Ok(()),
    }
}

/// The protocol defines no headers for notifications; one that is there anyway must not lie.
fn check_notification_header(headers: &StandardHeaders<'_>, method: &str) -> Result<(), HeaderMismatch> {
    match headers.method {
        FieldValue::Absent => Ok(()),
        present => check_plain(headers::METHOD, present, "method", method),
    }
}
