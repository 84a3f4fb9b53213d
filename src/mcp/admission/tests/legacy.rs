//! Version headers, sessions and batches of the revisions up to 2025-11-25.

use super::*;

fn list() -> String {
    request("tools/list", &json!({}))
}

/// What becomes of a body in a session of this version, if there is one, under this version header, if it is sent.
fn outcome_for(header: Option<&'static str>, session_version: Option<ProtocolVersion>, body: &str) -> String {
    let version = header.map(|version| ("MCP-Protocol-Version", version));
    let more: Vec<_> = version.into_iter().collect();
    let context = Context {
        session_version,
        ..CONTEXT
    };
    outcome(&with_media(&more), body, context)
}

#[test]
fn the_version_is_the_sessions_or_the_headers_or_2025_03_26() {
    let session = Some(ProtocolVersion::V2025_11_25);
    for (header, session_version, expected) in [
        (None, None, "2025-03-26 tools/list"),
        (Some("2024-11-05"), None, "2024-11-05 tools/list"),
        (Some("2025-06-18"), None, "2025-06-18 tools/list"),
        (Some(" 2025-06-18 "), None, "2025-06-18 tools/list"),
        (None, session, "2025-11-25 tools/list"),
        (Some("2025-06-18"), session, "2025-11-25 tools/list"),
        (Some("v999.0.0"), None, "400 -32602 7"),
        (Some("v999.0.0"), session, "400 -32602 7"),
        (Some(""), None, "400 -32602 7"),
        (Some("2025-06-18é"), None, "400 -32600 7"),
    ] {
        let outcome = outcome_for(header, session_version, &list());
        assert_eq!(outcome, expected, "{header:?} {session_version:?}");
    }
    let twice = [
        ("MCP-Protocol-Version", "2025-06-18"),
        ("MCP-Protocol-Version", "2025-06-18"),
    ];
    assert_eq!(outcome(&with_media(&twice), &list(), CONTEXT), "400 -32600 7");
}

#[test]
fn an_initialize_is_negotiated_by_its_body() {
    for (requested, header, expected) in [
        (json!("2024-11-05"), None, "2024-11-05 initialize"),
        (json!("2025-06-18"), Some("2025-11-25"), "2025-06-18 initialize"),
        (json!("2026-07-28"), None, "2025-11-25 initialize"),
        (json!("2025-11-25"), Some("2026-07-28"), "2025-11-25 initialize"),
        (json!("v999.0.0"), Some("v999.0.0"), "2025-11-25 initialize"),
        (json!(5), None, "2025-11-25 initialize"),
    ] {
        let more: Vec<_> = header
            .map(|version| ("MCP-Protocol-Version", version))
            .into_iter()
            .collect();
        let body = request("initialize", &json!({"protocolVersion": requested}));
        assert_eq!(
            outcome(&with_media(&more), &body, CONTEXT),
            expected,
            "{requested} {header:?}"
        );
        let lines = with_media(&more);
        let opening = Opening::read(
            Some(StandardHeaders::read(&lines[..])),
            body.as_bytes(),
            &Limits::default(),
        );
        assert!(opening.opens_session());
    }
}

#[test]
fn errors_of_requests_are_200() {
    for (method, params, expected) in [
        ("unknown/method", json!({}), "200 -32601 7"),
        ("subscriptions/listen", json!({}), "200 -32601 7"),
        ("tools/list", json!([]), "200 -32602 7"),
        (
            "tools/list",
            json!({"_meta": {"progressToken": {}}}),
            "200 -32602 7",
        ),
    ] {
        assert_eq!(
            outcome(&with_media(&[]), &request(method, &params), CONTEXT),
            expected,
            "{method} {params}"
        );
    }
    let broken = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":[]}"#;
    assert_eq!(
        outcome(&with_media(&[]), broken, CONTEXT),
        "400 -32600 no id",
        "nobody reads a body"
    );
}

#[test]
fn notifications_and_responses_are_admitted() {
    for (body, expected) in [
        (
            r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
            "2025-03-26 notifications/initialized",
        ),
        (
            r#"{"jsonrpc":"2.0","method":"notifications/other"}"#,
            "2025-03-26 notifications/other",
        ),
        (r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, "2025-03-26 response"),
        (
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":""}}"#,
            "2025-03-26 response",
        ),
    ] {
        assert_eq!(outcome(&with_media(&[]), body, CONTEXT), expected);
    }
}

#[test]
fn only_2025_03_26_has_batches() {
    let batch = concat!(
        r#"[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","method":"notifications/initialized"},"#,
        r#"{"jsonrpc":"2.0","id":2,"result":{}},{"jsonrpc":"2.0","id":3,"method":"unknown"},7,"#,
        r#"{"jsonrpc":"2.0","id":4,"method":"initialize"},{"jsonrpc":"2.0","id":5,"method":"tools/list","params":[]},"#,
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":[]}]"#
    );
    let admitted = "2025-03-26 [ping notifications/initialized response -32601 -32600 -32601 -32602]";
    for (header, session_version, expected) in [
        (None, None, admitted),
        (Some("2025-03-26"), None, admitted),
        (None, Some(ProtocolVersion::V2025_03_26), admitted),
        (None, Some(ProtocolVersion::V2025_06_18), "400 -32600 no id"),
        (Some("2024-11-05"), None, "400 -32600 no id"),
        (Some("2025-06-18"), None, "400 -32600 no id"),
        (Some("2025-11-25"), None, "400 -32600 no id"),
        (Some("2026-07-28"), None, "400 -32600 no id"),
    ] {
        let outcome = outcome_for(header, session_version, batch);
        assert_eq!(outcome, expected, "{header:?} {session_version:?}");
    }
}

#[test]
fn sessions_are_named_by_legacy_messages_alone() {
    let session = |more: &[Header], body: &str| {
        let lines = with_media(more);
        let opening = Opening::read(
            Some(StandardHeaders::read(&lines[..])),
            body.as_bytes(),
            &Limits::default(),
        );
        opening
            .session_id()
            .map(|id| id.map(str::to_owned))
            .map_err(|refused| refused.http_status)
    };
    assert_eq!(session(&[], &list()), Ok(None));
    assert_eq!(
        session(&[("Mcp-Session-Id", " s-1 ")], &list()),
        Ok(Some("s-1".to_owned()))
    );
    for unusable in ["", "a b", "é"] {
        assert_eq!(
            session(&[("Mcp-Session-Id", unusable)], &list()),
            Err(404),
            "{unusable:?}"
        );
    }
    assert_eq!(
        session(&[("Mcp-Session-Id", "a"), ("Mcp-Session-Id", "a")], &list()),
        Err(404)
    );
    let initialize = request("initialize", &json!({}));
    assert_eq!(session(&[("Mcp-Session-Id", "ended")], &initialize), Ok(None));
    let modern = request("server/discover", &json!({}));
    assert_eq!(session(&[("Mcp-Session-Id", "s-1")], &modern), Ok(None));
}

#[test]
fn refusals_about_sessions_echo_the_request() {
    let lines = with_media(&[]);
    let body = list();
    let opening = Opening::read(
        Some(StandardHeaders::read(&lines[..])),
        body.as_bytes(),
        &Limits::default(),
    );
    assert!(!opening.opens_session());
    assert_eq!(described(Err(opening.session_not_found())), "404 -32600 7");
    assert_eq!(described(Err(opening.session_required())), "400 -32600 7");
    assert_eq!(
        described(Err(opening.refuse(&RpcError::internal("down")))),
        "200 -32603 7"
    );
}
