//! The rows of the status table of 2026-07-28, and the order of its checks.

use super::*;
use crate::mcp::wire::LogLevel;

const VERSION: Header = ("MCP-Protocol-Version", "2026-07-28");

/// The metadata that a request in `version` must carry.
pub(super) fn metadata(version: &str) -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": version,
        "io.modelcontextprotocol/clientCapabilities": {},
    })
}

fn params(more: &Value) -> Value {
    let mut params = json!({"_meta": metadata("2026-07-28")});
    for (name, value) in more.as_object().into_iter().flatten() {
        params[name] = value.clone();
    }
    params
}

/// Answers a request whose headers are `more` besides media types.
fn answer(more: &[Header], method: &str, params: &Value) -> String {
    outcome(&with_media(more), &request(method, params), CONTEXT)
}

#[test]
fn complete_requests_are_admitted() {
    let call = params(&json!({"name": "t", "arguments": {}}));
    for (more, method, params) in [
        (
            vec![VERSION, ("Mcp-Method", "server/discover")],
            "server/discover",
            params(&json!({})),
        ),
        (
            vec![VERSION, ("mcp-method", "tools/list")],
            "tools/list",
            params(&json!({})),
        ),
        (
            vec![VERSION, ("MCP-METHOD", "tools/call"), ("Mcp-Name", "  t  ")],
            "tools/call",
            call.clone(),
        ),
        (
            vec![
                VERSION,
                ("Mcp-Method", "tools/call"),
                ("Mcp-Name", "=?base64?dA==?="),
            ],
            "tools/call",
            call,
        ),
        (
            vec![
                VERSION,
                ("Mcp-Method", "resources/read"),
                ("Mcp-Name", "test://x"),
            ],
            "resources/read",
            params(&json!({"uri": "test://x"})),
        ),
        (
            vec![
                VERSION,
                ("Mcp-Method", "tools/list"),
                ("Mcp-Session-Id", "ignored"),
                ("Mcp-Name", "ignored"),
            ],
            "tools/list",
            params(&json!({})),
        ),
    ] {
        assert_eq!(
            answer(&more, method, &params),
            format!("2026-07-28 {method}"),
            "{more:?}"
        );
    }
}

#[test]
fn missing_metadata_is_400_and_32602() {
    let discover = [VERSION, ("Mcp-Method", "server/discover")];
    let without = |key: &str| {
        let mut metadata = metadata("2026-07-28");
        metadata.as_object_mut().unwrap().remove(key);
        json!({"_meta": metadata})
    };
    for params in [
        json!({}),
        json!({"_meta": null}),
        json!({"_meta": {}}),
        json!({"_meta": []}),
        json!([]),
        without("io.modelcontextprotocol/protocolVersion"),
        without("io.modelcontextprotocol/clientCapabilities"),
    ] {
        assert_eq!(
            answer(&discover, "server/discover", &params),
            "400 -32602 7",
            "{params}"
        );
        assert_eq!(
            answer(&[], "server/discover", &params),
            "400 -32602 7",
            "metadata before headers: {params}"
        );
        assert_eq!(
            answer(&[VERSION], "tools/list", &params),
            "400 -32602 7",
            "the header is modern: {params}"
        );
    }
    assert_eq!(
        answer(&[VERSION], "unknown/method", &json!({})),
        "400 -32602 7",
        "metadata before method"
    );
}

#[test]
fn headers_that_differ_from_the_body_are_400_and_32020() {
    let method = ("Mcp-Method", "tools/call");
    let call = params(&json!({"name": "t"}));
    for more in [
        vec![],
        vec![method, ("Mcp-Name", "t")],
        vec![VERSION, ("Mcp-Name", "t")],
        vec![VERSION, method],
        vec![("MCP-Protocol-Version", "2025-11-25"), method, ("Mcp-Name", "t")],
        vec![("MCP-Protocol-Version", "v999.0.0"), method, ("Mcp-Name", "t")],
        vec![VERSION, VERSION, method, ("Mcp-Name", "t")],
        vec![VERSION, ("Mcp-Method", "prompts/get"), ("Mcp-Name", "t")],
        vec![VERSION, ("Mcp-Method", "TOOLS/CALL"), ("Mcp-Name", "t")],
        vec![VERSION, ("Mcp-Method", ""), ("Mcp-Name", "t")],
        vec![VERSION, method, ("Mcp-Name", "wrong")],
        vec![VERSION, method, ("Mcp-Name", "T")],
        vec![VERSION, method, ("Mcp-Name", "t"), ("Mcp-Name", "t")],
        vec![VERSION, method, ("Mcp-Name", "=?base64?dA?=")],
        vec![VERSION, method, ("Mcp-Name", "tö")],
    ] {
        assert_eq!(answer(&more, "tools/call", &call), "400 -32020 7", "{more:?}");
    }
    let other_version = json!({"_meta": metadata("v999.0.0")});
    let discover = ("Mcp-Method", "server/discover");
    assert_eq!(
        answer(&[VERSION, discover], "server/discover", &other_version),
        "400 -32020 7",
        "headers before version"
    );
    assert_eq!(
        answer(&[VERSION, discover], "unknown/method", &params(&json!({}))),
        "400 -32020 7",
        "headers before method"
    );
    let claims_legacy = json!({"_meta": metadata("2025-11-25")});
    assert_eq!(
        answer(
            &[VERSION, ("Mcp-Method", "tools/list")],
            "tools/list",
            &claims_legacy
        ),
        "400 -32020 7"
    );
}

#[test]
fn each_method_with_a_name_must_repeat_it() {
    for (method, field) in [
        ("tools/call", "name"),
        ("prompts/get", "name"),
        ("resources/read", "uri"),
    ] {
        let params = params(&json!({field: "a://b"}));
        for (name, expected) in [
            (Some("a://b"), format!("2026-07-28 {method}")),
            (Some("a://c"), "400 -32020 7".to_owned()),
            (None, "400 -32020 7".to_owned()),
        ] {
            let name = name.map(|name| ("Mcp-Name", name));
            let headers: Vec<_> = [VERSION, ("Mcp-Method", method)]
                .into_iter()
                .chain(name)
                .collect();
            assert_eq!(answer(&headers, method, &params), expected, "{method} {name:?}");
        }
    }
}

#[test]
fn unknown_versions_are_400_and_32022_with_what_is_supported() {
    let headers = [
        ("MCP-Protocol-Version", "v999.0.0"),
        ("Mcp-Method", "unknown/method"),
    ];
    let body = request("unknown/method", &json!({"_meta": metadata("v999.0.0")}));
    assert_eq!(
        outcome(&with_media(&headers), &body, CONTEXT),
        "400 -32022 7",
        "version before method"
    );
    let lines = with_media(&headers);
    let opening = Opening::read(
        Some(StandardHeaders::read(&lines[..])),
        body.as_bytes(),
        &Limits::default(),
    );
    let refused = opening.admit(CONTEXT).unwrap_err();
    assert_eq!(refused.kind, ErrorKind::UnsupportedProtocolVersion);
    let answer: Value = serde_json::from_slice(&refused.body).unwrap();
    assert_eq!(
        answer["error"]["data"],
        json!({
            "supported": ["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"],
            "requested": "v999.0.0",
        })
    );
}

#[test]
fn methods_that_are_not_served_are_404_and_32601() {
    for method in [
        "unknown/method",
        "initialize",
        "ping",
        "logging/setLevel",
        "resources/subscribe",
        "resources/unsubscribe",
    ] {
        assert_eq!(
            answer(&[VERSION, ("Mcp-Method", method)], method, &params(&json!({}))),
            "404 -32601 7",
            "{method}"
        );
    }
    let without_prompts = Context {
        served: MethodSet::ALL.without(&[Method::PromptsList]),
        ..CONTEXT
    };
    let headers = with_media(&[VERSION, ("Mcp-Method", "prompts/list")]);
    let body = request("prompts/list", &params(&json!({})));
    assert_eq!(outcome(&headers, &body, without_prompts), "404 -32601 7");
}

#[test]
fn wrong_parameters_are_left_to_the_dispatcher() {
    let headers = [VERSION, ("Mcp-Method", "tools/call")];
    assert_eq!(
        answer(&headers, "tools/call", &params(&json!({}))),
        "2026-07-28 tools/call"
    );
    assert_eq!(
        answer(&headers, "tools/call", &params(&json!({"name": 5}))),
        "2026-07-28 tools/call"
    );
}

#[test]
fn notifications_need_no_metadata_and_responses_are_refused() {
    let notification = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#;
    let accepted = "2026-07-28 notifications/cancelled";
    assert_eq!(outcome(&with_media(&[VERSION]), notification, CONTEXT), accepted);
    let method = ("Mcp-Method", "notifications/cancelled");
    assert_eq!(
        outcome(&with_media(&[VERSION, method]), notification, CONTEXT),
        accepted
    );
    let other = ("Mcp-Method", "notifications/other");
    assert_eq!(
        outcome(&with_media(&[VERSION, other]), notification, CONTEXT),
        "400 -32020 no id"
    );
    let broken = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":[]}"#;
    assert_eq!(
        outcome(&with_media(&[VERSION]), broken, CONTEXT),
        "400 -32600 no id"
    );
    let response = r#"{"jsonrpc":"2.0","id":7,"result":{}}"#;
    assert_eq!(
        outcome(&with_media(&[VERSION]), response, CONTEXT),
        "400 -32600 no id"
    );
    let batch = format!("[{notification}]");
    assert_eq!(
        outcome(&with_media(&[VERSION]), &batch, CONTEXT),
        "400 -32600 no id"
    );
}

#[test]
fn metadata_and_parameters_reach_the_dispatcher() {
    let mut metadata = metadata("2026-07-28");
    metadata["io.modelcontextprotocol/logLevel"] = json!("info");
    metadata["traceparent"] = json!("00-a-b-01");
    let body = request(
        "tools/call",
        &json!({"name": "t", "arguments": {"a": 1}, "_meta": metadata}),
    );
    let headers = with_media(&[VERSION, ("Mcp-Method", "tools/call"), ("Mcp-Name", "t")]);
    let opening = Opening::read(
        Some(StandardHeaders::read(&headers[..])),
        body.as_bytes(),
        &Limits::default(),
    );
    let Ok(Admitted {
        content: Content::Single(AdmittedMessage::Request(request)),
        ..
    }) = opening.admit(CONTEXT)
    else {
        panic!("admitted")
    };
    assert_eq!(request.metadata.log_level, Some(LogLevel::Info));
    assert_eq!(request.metadata.trace_parent.as_deref(), Some("00-a-b-01"));
    let read = ClientRequest::read(request.method, &request.params);
    let Ok(ClientRequest::ToolsCall(call)) = read else {
        panic!("a call")
    };
    assert_eq!(
        call.arguments.map(serde_json::value::RawValue::get),
        Some(r#"{"a":1}"#)
    );
}
