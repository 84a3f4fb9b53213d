//! Bodies, good and bad.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::mcp::wire::error::ErrorKind;

fn read(body: &str) -> Result<Incoming<'_>, InvalidMessage> {
    parse(body.as_bytes(), &Limits::default())
}

/// A short form of a message, for tables.
fn described(message: &Message<'_>) -> String {
    let id = |id: &RequestId| {
        let mut out = Vec::new();
        id.write(&mut out);
        String::from_utf8(out).unwrap()
    };
    let params = |params: Option<&RawValue>| params.map_or("-", RawValue::get).to_owned();
    match message {
        Message::Request(request) => {
            format!(
                "request {} {} {}",
                id(&request.id),
                request.method,
                params(request.params)
            )
        }
        Message::Notification(notification) => {
            format!(
                "notification {} {}",
                notification.method,
                params(notification.params)
            )
        }
        Message::Response(response) => {
            let id = response.id.as_ref().map_or("-".to_owned(), id);
            match response.outcome {
                ResponseOutcome::Result(result) => format!("result {id} {}", result.get()),
                ResponseOutcome::Error(error) => format!("error {id} {}", error.get()),
            }
        }
    }
}

#[test]
fn messages_are_told_apart() {
    for (body, expected) in [
        (r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, "request 1 ping -"),
        (
            r#"{"jsonrpc":"2.0","id":"a","method":"m","params":{"x": [1]}}"#,
            r#"request "a" m {"x": [1]}"#,
        ),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"m","params":null}"#,
            "request 1 m -",
        ),
        (
            r#"{"params":{},"method":"m","id":-7,"jsonrpc":"2.0"}"#,
            "request -7 m {}",
        ),
        (
            r#" {"jsonrpc" : "2.0" , "id" : 1 , "method" : "m" , "extra":{"id":2},"extra":3} "#,
            "request 1 m -",
        ),
        (
            r#"{"jsonrpc":"\u0032.0","\u0069d":1,"method":"tools\/call"}"#,
            "request 1 tools/call -",
        ),
        (
            r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
            "notification notifications/initialized -",
        ),
        (r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, "result 1 {}"),
        (
            r#"{"jsonrpc":"2.0","id":"a","error":{"code":1}}"#,
            r#"error "a" {"code":1}"#,
        ),
        (r#"{"jsonrpc":"2.0","id":null,"error":{}}"#, "error - {}"),
    ] {
        let Ok(Incoming::Single(message)) = read(body) else {
            panic!("{body} is one message")
        };
        assert_eq!(described(&message), expected, "{body}");
    }
}

/// Checks that a body is an invalid request with this identifier and a problem that starts so.
fn check_refused(body: &str, id: Option<i64>, problem: &str) {
    let invalid = read(body).unwrap_err();
    assert_eq!(invalid.error.kind(), ErrorKind::InvalidRequest, "{body}");
    assert_eq!(invalid.id, id.map(RequestId::Integer), "{body}");
    let message = invalid.error.message();
    assert!(
        message.starts_with(&format!("Invalid request: {problem}")),
        "{message:?} for {body}"
    );
}

#[test]
fn bodies_that_are_no_object_are_refused() {
    for body in ["7", "-1.5e3", "\"text\"", "true", "null"] {
        check_refused(body, None, "a message must be an object");
    }
    check_refused("[]", None, "a batch must not be empty");
}

#[test]
fn messages_that_make_no_sense_are_refused_with_their_identifier() {
    let version = "jsonrpc: must be \"2.0\"";
    let method = "method: must be a string";
    for (members, problem) in [
        (r#""method":"m""#, version),
        (r#""jsonrpc":"1.0","method":"m""#, version),
        (r#""jsonrpc":2.0,"method":"m""#, version),
        (r#""jsonrpc":"2.0""#, "method: missing, must be a string"),
        (r#""jsonrpc":"2.0","method":7"#, method),
        (r#""jsonrpc":"2.0","method":null"#, method),
        (r#""jsonrpc":"2.0","method":"\ud800""#, method),
        (
            r#""jsonrpc":"2.0","method":"a","method":"b""#,
            "method: given more than once",
        ),
        (
            r#""jsonrpc":"2.0","method":"m","params":{},"par\u0061ms":{}"#,
            "params: given more than once",
        ),
        (
            r#""jsonrpc":"2.0","method":"m","result":{}"#,
            "a message has either a method or a result",
        ),
        (
            r#""jsonrpc":"2.0","result":{},"error":{}"#,
            "a response has either a result or an error",
        ),
    ] {
        check_refused(&format!(r#"{{"id":5,{members}}}"#), Some(5), problem);
        check_refused(&format!(r#"{{{members},"id":5}}"#), Some(5), problem);
    }
    check_refused("{}", None, version);
    check_refused(
        r#"{"jsonrpc":"2.0","result":{}}"#,
        None,
        "id: missing, must be a string or an integer",
    );
}

#[test]
fn identifiers_that_are_none_are_refused_and_not_echoed() {
    let wrong_type = "id: must be a string or an integer of 64 bits";
    let long = format!("\"{}\"", "x".repeat(1025));
    for (id, problem) in [
        ("null", "id: must be a string or an integer, not null"),
        ("1.5", wrong_type),
        ("{}", wrong_type),
        ("123456789012345678901234567890", wrong_type),
        (&long, "id: must be at most 1024 bytes long"),
        (r#"5,"id":6"#, "id: given more than once"),
        (r#"5,"id":6,"method":"n""#, "id: given more than once"),
    ] {
        check_refused(
            &format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"m"}}"#),
            None,
            problem,
        );
    }
}

#[test]
fn parameters_have_a_depth_limit() {
    let nested = |levels: usize| {
        let params = r#"{"a":"#.repeat(levels - 1) + "{}" + &"}".repeat(levels - 1);
        format!(r#"{{"jsonrpc":"2.0","id":5,"method":"m","params":{params}}}"#)
    };
    assert!(read(&nested(64)).is_ok());
    check_refused(&nested(65), Some(5), "nested deeper than 64 levels");
}

#[test]
fn bodies_that_are_no_json_are_parse_errors_without_identifier() {
    for body in [
        &b""[..],
        b"{",
        b"{\"jsonrpc\":\"2.0\",\"id\":12",
        b"{\"jsonrpc\":\"2.0\",\"id\":12,\"method\":\"m\",\"params\":{\"a\":}}",
        b"{\"id\":1,}",
        b"{\"id\":1}{\"id\":2}",
        b"{'id':1}",
        b"NaN",
        b"\xef\xbb\xbf{}",
        b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\"}",
        b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"m\",\"other\":\"\xc3\x28\"}",
    ] {
        let invalid = parse(body, &Limits::default()).unwrap_err();
        assert_eq!(invalid.error.kind(), ErrorKind::ParseError, "{body:?}");
        assert_eq!(invalid.id, None, "{body:?}");
    }
    let invalid = read("{\n  \"id\": x}").unwrap_err();
    assert_eq!(
        invalid.error.message(),
        "Parse error: not JSON at line 2, column 9"
    );
}

#[test]
fn the_entries_of_a_batch_stand_for_themselves() {
    let body =
        r#"[{"jsonrpc":"2.0","id":1,"method":"ping"},7,[[1]],{"jsonrpc":"2.0","method":"n"},{"id":2}]"#;
    let Ok(Incoming::Batch(entries)) = read(body) else {
        panic!("a batch")
    };
    let entries: Vec<_> = entries
        .iter()
        .map(|entry| match entry {
            Ok(message) => described(message),
            Err(invalid) => format!("{:?} {}", invalid.id, invalid.error.message()),
        })
        .collect();
    assert_eq!(
        entries,
        [
            "request 1 ping -",
            "None Invalid request: a message must be an object",
            "None Invalid request: a message must be an object",
            "notification n -",
            "Some(Integer(2)) Invalid request: jsonrpc: must be \"2.0\"",
        ]
    );
}

#[test]
fn a_batch_has_a_length_limit() {
    let batch = |length: usize| {
        format!(
            "[{}]",
            vec![r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#; length].join(",")
        )
    };
    assert!(matches!(read(&batch(50)), Ok(Incoming::Batch(entries)) if entries.len() == 50));
    let refused = read(&batch(51)).unwrap_err();
    assert_eq!(
        refused.error.message(),
        "Invalid request: a batch may have at most 50 messages"
    );
}

#[test]
fn depth_that_nobody_reads_does_no_harm() {
    let nested = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"m","ignored":{}{}}}"#,
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    assert!(read(&nested).is_ok());
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<i32>().prop_map(Value::from),
        ".*".prop_map(Value::from)
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(
                prop_oneof![Just("id".to_owned()), Just("method".to_owned()), ".*"],
                inner,
                0..4
            )
            .prop_map(|members| json!(members)),
        ]
    })
}

proptest! {
    #[test]
    fn any_bytes_are_answered(body in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Err(invalid) = parse(&body, &Limits::default()) {
            prop_assert!(matches!(invalid.error.kind(), ErrorKind::ParseError | ErrorKind::InvalidRequest));
        }
    }

    #[test]
    fn any_json_is_a_message_or_an_invalid_request(value in any_json()) {
        if let Err(invalid) = read(&value.to_string()) {
            prop_assert_eq!(invalid.error.kind(), ErrorKind::InvalidRequest);
        }
    }

    #[test]
    fn what_is_written_is_read(
        id in prop_oneof![any::<i64>().prop_map(Value::from), ".{0,40}".prop_map(Value::from)],
        method in any::<String>(),
        params in prop::option::of(prop::collection::hash_map(any::<String>(), any_json(), 0..4)),
    ) {
        let mut body = json!({"jsonrpc": "2.0", "id": id, "method": method});
        if let Some(params) = &params {
            body["params"] = json!(params);
        }
        let body = body.to_string();
        let Ok(Incoming::Single(Message::Request(request))) = read(&body) else {
            return Err(TestCaseError::fail("a request"));
        };
        let mut written = Vec::new();
        request.id.write(&mut written);
        prop_assert_eq!(serde_json::from_slice::<Value>(&written).unwrap(), id);
        prop_assert_eq!(request.method, method);
        let read_params = request.params.map(|params| serde_json::from_str::<Value>(params.get()).unwrap());
        prop_assert_eq!(read_params, params.map(|params| json!(params)));
    }
}
