//! Codes and statuses, row by row.

use super::*;
use crate::mcp::wire::capability::SamplingCapability;

/// Kind; code and status in the legacy era; code and status in the modern era.
const TABLE: [(ErrorKind, i32, u16, i32, u16); 15] = [
    (ErrorKind::ParseError, -32700, 400, -32700, 400),
    (ErrorKind::InvalidRequest, -32600, 400, -32600, 400),
    (ErrorKind::NotAcceptable, -32600, 406, -32600, 406),
    (ErrorKind::UnsupportedMediaType, -32600, 415, -32600, 415),
    (ErrorKind::SessionRequired, -32600, 400, -32600, 400),
    (ErrorKind::SessionNotFound, -32600, 404, -32600, 404),
    (ErrorKind::MethodNotFound, -32601, 200, -32601, 404),
    (ErrorKind::InvalidParams, -32602, 200, -32602, 200),
    (ErrorKind::InvalidMetadata, -32602, 200, -32602, 400),
    (ErrorKind::InternalError, -32603, 200, -32603, 200),
    (ErrorKind::ResourceNotFound, -32002, 200, -32602, 200),
    (ErrorKind::InsufficientScope, -32600, 403, -32600, 403),
    (ErrorKind::HeaderMismatch, -32600, 400, -32020, 400),
    (ErrorKind::MissingClientCapability, -32602, 200, -32021, 400),
    (ErrorKind::UnsupportedProtocolVersion, -32602, 400, -32022, 400),
];

#[test]
fn every_kind_has_its_row() {
    assert_eq!(TABLE.map(|row| row.0), ErrorKind::ALL);
    for (kind, legacy_code, legacy_status, modern_code, modern_status) in TABLE {
        let found = (
            kind.code(Era::Legacy),
            kind.http_status(Era::Legacy),
            kind.code(Era::Modern),
            kind.http_status(Era::Modern),
        );
        assert_eq!(
            found,
            (legacy_code, legacy_status, modern_code, modern_status),
            "{kind:?}"
        );
    }
}

#[test]
fn codes_of_one_era_are_not_sent_in_the_other() {
    for kind in ErrorKind::ALL {
        assert!(!(-32099..=-32020).contains(&kind.code(Era::Legacy)), "{kind:?}");
        assert!(!(-32019..=-32000).contains(&kind.code(Era::Modern)), "{kind:?}");
    }
}

fn written(error: &RpcError, era: Era) -> String {
    let mut out = Vec::new();
    error.write(&mut out, era);
    String::from_utf8(out).unwrap()
}

#[test]
fn errors_are_written_with_their_data() {
    let sampling = ClientCapabilities {
        sampling: Some(SamplingCapability::default()),
        ..ClientCapabilities::default()
    };
    for (error, era, expected) in [
        (
            RpcError::invalid_params("params.name: missing, must be a string"),
            Era::Modern,
            r#"{"code":-32602,"message":"Invalid params: params.name: missing, must be a string"}"#,
        ),
        (
            RpcError::resource_not_found("test://a\"b"),
            Era::Legacy,
            r#"{"code":-32002,"message":"Resource not found","data":{"uri":"test://a\"b"}}"#,
        ),
        (
            RpcError::resource_not_found("test://a"),
            Era::Modern,
            r#"{"code":-32602,"message":"Resource not found","data":{"uri":"test://a"}}"#,
        ),
        (
            RpcError::missing_client_capability(sampling),
            Era::Modern,
            concat!(
                r#"{"code":-32021,"message":"A required client capability was not declared","#,
                r#""data":{"requiredCapabilities":{"sampling":{}}}}"#
            ),
        ),
        (
            RpcError::unsupported_version("v999.0.0"),
            Era::Modern,
            concat!(
                r#"{"code":-32022,"message":"Unsupported protocol version","data":{"supported":["2026-07-28","#,
                r#""2025-11-25","2025-06-18","2025-03-26","2024-11-05"],"requested":"v999.0.0"}}"#
            ),
        ),
        (
            RpcError::internal("The store is down").with_data(EncodedJson::checked("[1]").unwrap()),
            Era::Modern,
            r#"{"code":-32603,"message":"The store is down","data":[1]}"#,
        ),
    ] {
        assert_eq!(written(&error, era), expected);
    }
}

#[test]
fn a_method_is_repeated_only_in_part() {
    let message = RpcError::method_not_found(&"é".repeat(5_000))
        .message()
        .to_owned();
    assert_eq!(message, format!("Method not found: {}", "é".repeat(100)));
}
