//! Messages with their headers, admitted or refused; the tables of either era have their own file.

mod legacy;
mod modern;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::mcp::wire::headers::StandardHeaders;
use crate::mcp::wire::{ClientRequest, Limits};

type Header = (&'static str, &'static str);

const MEDIA: [Header; 2] = [
    ("Content-Type", "application/json"),
    ("Accept", "application/json, text/event-stream"),
];

const CONTEXT: Context = Context {
    served: MethodSet::ALL,
    session_version: None,
};

/// The headers of a well-behaved client and some more.
fn with_media(more: &[Header]) -> Vec<Header> {
    MEDIA.iter().chain(more).copied().collect()
}

/// A request body.
fn request(method: &str, params: &Value) -> String {
    json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params}).to_string()
}

/// How a body is answered, short: the version and kind of what is admitted, or status and code of what is
/// refused.
fn outcome(headers: &[Header], body: &str, context: Context) -> String {
    let opening = Opening::read(
        Some(StandardHeaders::read(headers)),
        body.as_bytes(),
        &Limits::default(),
    );
    described(opening.admit(context))
}

fn described(admitted: Result<Admitted<'_>, Refused>) -> String {
    let entry = |message: &AdmittedMessage<'_>| match message {
        AdmittedMessage::Request(request) => request.method.as_str().to_owned(),
        AdmittedMessage::Notification(notification) => notification.method.clone().into_owned(),
        AdmittedMessage::Response(_) => "response".to_owned(),
    };
    match admitted {
        Ok(Admitted {
            era,
            version,
            content,
        }) => {
            assert_eq!(version.era(), era);
            let content = match content {
                Content::Single(message) => entry(&message),
                Content::Batch(entries) => {
                    let entries = entries.iter().map(|result| match result {
                        Ok(message) => entry(message),
                        Err(invalid) => invalid.error.code(era).to_string(),
                    });
                    format!("[{}]", entries.collect::<Vec<_>>().join(" "))
                }
            };
            format!("{} {content}", version.as_str())
        }
        Err(refused) => {
            let body: Value = serde_json::from_slice(&refused.body).unwrap();
            let id = body.get("id").map_or("no id".to_owned(), Value::to_string);
            format!("{} {} {id}", refused.http_status, body["error"]["code"])
        }
    }
}

#[test]
fn media_types_come_first_in_both_eras() {
    let legacy = request("tools/list", &json!({}));
    let modern = request("server/discover", &json!({}));
    for body in [&legacy, &modern, "{"] {
        let id = if body == "{" { "no id" } else { "7" };
        for (headers, expected) in [
            (vec![MEDIA[1]], "415 -32600"),
            (vec![("Content-Type", "text/plain"), MEDIA[1]], "415 -32600"),
            (vec![("Content-Type", "text/plain")], "415 -32600"),
            (vec![MEDIA[0]], "406 -32600"),
            (vec![MEDIA[0], ("Accept", "application/json")], "406 -32600"),
            (vec![MEDIA[0], ("Accept", "text/event-stream")], "406 -32600"),
        ] {
            assert_eq!(
                outcome(&headers, body, CONTEXT),
                format!("{expected} {id}"),
                "{headers:?}"
            );
        }
    }
    assert_eq!(
        outcome(&[MEDIA[0], ("Accept", "*/*")], &legacy, CONTEXT),
        "2025-03-26 tools/list"
    );
}

#[test]
fn bodies_that_cannot_be_read_are_refused_in_both_eras() {
    for version in ["2025-11-25", "2026-07-28"] {
        let headers = with_media(&[("MCP-Protocol-Version", version)]);
        for (body, expected) in [
            ("{", "400 -32700 no id"),
            ("", "400 -32700 no id"),
            ("7", "400 -32600 no id"),
            (
                r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#,
                "400 -32600 no id",
            ),
            (r#"{"jsonrpc":"2.0","id":"a"}"#, "400 -32600 \"a\""),
            ("[]", "400 -32600 no id"),
        ] {
            assert_eq!(outcome(&headers, body, CONTEXT), expected, "{body} in {version}");
        }
    }
}

#[test]
fn over_stdio_the_body_says_it_all() {
    let admit = |body: &str, session_version| {
        let opening = Opening::read(None, body.as_bytes(), &Limits::default());
        assert_eq!(opening.session_id(), Ok(None));
        described(opening.admit(Context {
            session_version,
            ..CONTEXT
        }))
    };
    let negotiated = Some(ProtocolVersion::V2025_06_18);
    let initialize = request("initialize", &json!({"protocolVersion": "2025-06-18"}));
    assert_eq!(admit(&initialize, None), "2025-06-18 initialize");
    assert_eq!(
        admit(&request("tools/list", &json!({})), negotiated),
        "2025-06-18 tools/list"
    );
    let call = json!({"name": "t", "_meta": modern::metadata("2026-07-28")});
    assert_eq!(
        admit(&request("tools/call", &call), None),
        "2026-07-28 tools/call"
    );
    assert_eq!(
        admit(&request("server/discover", &json!({})), None),
        "400 -32602 7"
    );
}

#[test]
fn what_is_printed_for_a_log_has_no_arguments() {
    let params = json!({"name": "t", "arguments": {"key": "s3cret"}, "requestState": "s3cret"});
    let body = request("tools/call", &params);
    let parsed = crate::mcp::wire::envelope::parse(body.as_bytes(), &Limits::default());
    let admitted = Opening::read(None, body.as_bytes(), &Limits::default())
        .admit(CONTEXT)
        .unwrap();
    let printed = format!("{parsed:?} {admitted:?}");
    assert!(
        printed.contains("tools/call") && printed.contains("arguments"),
        "{printed}"
    );
    assert!(!printed.contains("s3cret"), "{printed}");
    let Content::Single(AdmittedMessage::Request(request)) = admitted.content else {
        panic!("a request")
    };
    let call = ClientRequest::read(request.method, &request.params).unwrap();
    assert!(!format!("{call:?}").contains("s3cret"), "{call:?}");
}

#[test]
fn texts_of_prompts_and_completions_are_not_printed_for_a_log() {
    let prompt = json!({"name": "p", "arguments": {"key": "s3cret"}});
    let completion = json!({
        "ref": {"type": "ref/prompt", "name": "p"},
        "argument": {"name": "key", "value": "s3cret"},
        "context": {"arguments": {"other": "s3cret"}},
    });
    for (method, params) in [
        (Method::PromptsGet, prompt),
        (Method::CompletionComplete, completion),
    ] {
        let params = serde_json::value::to_raw_value(&params).unwrap();
        let params = Params::read(Some(&params)).unwrap();
        let printed = format!("{:?}", ClientRequest::read(method, &params).unwrap());
        assert!(
            printed.contains("\"key\"") && !printed.contains("s3cret"),
            "{printed}"
        );
    }
}

fn any_header() -> impl Strategy<Value = (String, String)> {
    let name = prop::sample::select(vec![
        "Content-Type",
        "Accept",
        "MCP-Protocol-Version",
        "Mcp-Method",
        "Mcp-Name",
        "Mcp-Session-Id",
    ]);
    let value = prop_oneof![
        Just("application/json".to_owned()),
        Just("*/*".to_owned()),
        Just("2026-07-28".to_owned()),
        Just("2025-03-26".to_owned()),
        Just("tools/call".to_owned()),
        any::<String>(),
    ];
    (name.prop_map(str::to_owned), value)
}

fn any_body() -> impl Strategy<Value = Vec<u8>> {
    let method = prop::sample::select(vec!["tools/call", "server/discover", "initialize", "ping", "x"]);
    let params = prop_oneof![
        Just(json!({})),
        Just(json!([])),
        any::<String>().prop_map(|name| json!({"name": name, "_meta": modern::metadata("2026-07-28")})),
    ];
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..100),
        (method, params).prop_map(|(method, params)| request(method, &params).into_bytes()),
    ]
}

proptest! {
    #[test]
    fn whatever_comes_is_admitted_or_refused_with_a_json_rpc_error(
        headers in prop::collection::vec(any_header(), 0..8),
        body in any_body(),
    ) {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let headers = StandardHeaders::read(&headers[..]);
        let opening = Opening::read(Some(headers), &body, &Limits::default());
        let id = opening.request_id().cloned();
        if let Err(refused) = opening.session_id() {
            prop_assert_eq!(refused.http_status, 404);
        }
        if let Err(refused) = opening.admit(CONTEXT) {
            let answer: Value = serde_json::from_slice(&refused.body).unwrap();
            prop_assert_eq!(&answer["jsonrpc"], "2.0");
            prop_assert!(answer["error"]["code"].is_i64() && answer["error"]["message"].is_string());
            prop_assert_eq!(answer.get("id").is_some(), id.is_some());
            prop_assert!([200, 400, 404, 406, 415].contains(&refused.http_status));
        }
    }
}
