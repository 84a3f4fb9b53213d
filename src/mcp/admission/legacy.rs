//! The rules of 2024-11-05 to 2025-11-25 for messages and batches (specification, *Transports*).
//!
//! Must not live here: sessions; the caller says which version a session negotiated.

use super::{
    Admitted, AdmittedMessage, AdmittedRequest, Candidate, Content, Context, notification, served_method,
};
use crate::mcp::wire::headers::{FieldValue, StandardHeaders};
use crate::mcp::wire::{
    Era, InvalidMessage, Method, MethodSet, Params, ProtocolVersion, RequestMetadata, RpcError,
};

/// Judges a legacy message. `headers` is `None` over stdio.
pub(super) fn admit<'a>(
    candidate: Candidate<'a>,
    headers: Option<&StandardHeaders<'_>>,
    context: Context,
) -> Result<Admitted<'a>, RpcError> {
    let version = match &candidate {
        Candidate::Request { method, params, .. } if method == Method::Initialize.as_str() => {
            negotiated(params.as_ref().ok())
        }
        _ => stated_version(headers, context.session_version)?,
    };
    let message = admit_message(candidate, context.served)?;
    Ok(Admitted {
        era: Era::Legacy,
        version,
        content: Content::Single(message),
    })
}

/// Judges a batch, which only 2025-03-26 has.
pub(super) fn admit_batch<'a>(
    entries: Vec<Result<Candidate<'a>, InvalidMessage>>,
    era: Era,
    headers: Option<&StandardHeaders<'_>>,
    context: Context,
) -> Result<Admitted<'a>, RpcError> {
    let unwelcome = || RpcError::invalid_request("only revision 2025-03-26 has batches; send one message");
    if era == Era::Modern {
        return Err(unwelcome());
    }
    let version = stated_version(headers, context.session_version)?;
    if version != ProtocolVersion::V2025_03_26 {
        return Err(unwelcome());
    }
    // The handshake must not be part of a batch.
    let served = context.served.without(&[Method::Initialize]);
    let admit_entry = |entry: Result<Candidate<'a>, InvalidMessage>| {
        let candidate = match entry {
            Ok(candidate) => candidate,
            Err(invalid) => return Some(Err(invalid)),
        };
        let (wants_answer, id) = (candidate.wants_answer(), candidate.id().cloned());
        match admit_message(candidate, served) {
            Err(_) if !wants_answer => None,
            admitted => Some(admitted.map_err(|error| InvalidMessage { id, error })),
        }
    };
    let batch = Content::Batch(entries.into_iter().filter_map(admit_entry).collect());
    Ok(Admitted {
        era,
        version,
        content: batch,
    })
}

fn admit_message(candidate: Candidate<'_>, served: MethodSet) -> Result<AdmittedMessage<'_>, RpcError> {
    Ok(match candidate {
        Candidate::Request { id, method, params } => {
            let method = served_method(&method, Era::Legacy, served)?;
            let params = params?;
            let metadata = RequestMetadata::read_legacy(params.metadata())?;
            AdmittedMessage::Request(AdmittedRequest {
                id,
                method,
                params,
                metadata: Box::new(metadata),
            })
        }
        Candidate::Notification { method, params } => {
            AdmittedMessage::Notification(notification(method, params)?)
        }
        Candidate::Response(response) => AdmittedMessage::Response(response),
    })
}

/// What an `initialize` will be answered with; the header has no say in it.
fn negotiated(params: Option<&Params<'_>>) -> ProtocolVersion {
    let requested = params.and_then(Params::requested_version);
    ProtocolVersion::negotiate(requested.as_deref().unwrap_or_default())
}

/// The version of a message after the handshake. The session knows best, but a header that names no legacy
/// version is refused even then.
fn stated_version(
    headers: Option<&StandardHeaders<'_>>,
    session_version: Option<ProtocolVersion>,
) -> Result<ProtocolVersion, RpcError> {
    let header = headers
        .map(|headers| headers.protocol_version)
        .unwrap_or_default();
    let stated = match header {
        FieldValue::Absent => None,
        FieldValue::Text(text) => Some(
            ProtocolVersion::parse(text)
                .filter(|version| version.era() == Era::Legacy)
                .ok_or_else(|| RpcError::unsupported_version(text))?,
        ),
        FieldValue::Unusable => {
            return Err(RpcError::invalid_request(
                "MCP-Protocol-Version: must be sent once, as visible ASCII",
            ));
        }
    };
    Ok(session_version
        .or(stated)
        .unwrap_or(ProtocolVersion::WITHOUT_HEADER))
}
