//! Parameters of each method, right and wrong.

use super::*;
use crate::mcp::wire::id::{ProgressToken, RequestId};

fn params(json: &str) -> Result<Params<'_>, InvalidParams> {
    Params::read(Some(serde_json::from_str(json).unwrap()))
}

fn read(method: Method, json: &str) -> Result<ClientRequest<'_>, InvalidParams> {
    ClientRequest::read(method, &params(json)?)
}

#[test]
fn a_tool_call_borrows_its_arguments_unread() {
    let body = r#"{"name":"t","arguments":{"a": [1, 2.50]},"inputResponses":{"k":{}},"requestState":"s"}"#;
    let Ok(ClientRequest::ToolsCall(call)) = read(Method::ToolsCall, body) else {
        panic!("a call")
    };
    assert!(matches!(call.name, Cow::Borrowed("t")));
    assert_eq!(call.arguments.map(RawValue::get), Some(r#"{"a": [1, 2.50]}"#));
    assert_eq!(call.retry.responses.map(RawValue::get), Some(r#"{"k":{}}"#));
    assert_eq!(call.retry.state.as_deref(), Some("s"));
    let Ok(ClientRequest::ToolsCall(call)) = read(Method::ToolsCall, r#"{"name":"t","arguments":null}"#)
    else {
        panic!("a call")
    };
    assert!(call.arguments.is_none());
}

#[test]
fn an_initialize_tells_who_and_what() {
    let body = r#"{"protocolVersion":"2025-06-18","capabilities":{"elicitation":{}},
        "clientInfo":{"name":"n","version":"1","title":"N"}}"#;
    let Ok(ClientRequest::Initialize(initialize)) = read(Method::Initialize, body) else {
        panic!("initialize")
    };
    assert_eq!(initialize.protocol_version, "2025-06-18");
    assert!(
        initialize
            .capabilities
            .elicitation
            .is_some_and(|modes| modes.form && !modes.url)
    );
    assert_eq!(initialize.client_info.title.as_deref(), Some("N"));
}

#[test]
fn prompts_completions_and_lists() {
    let Ok(ClientRequest::PromptsGet(prompt)) =
        read(Method::PromptsGet, r#"{"name":"p","arguments":{"a":"x","b":""}}"#)
    else {
        panic!("prompts/get")
    };
    let arguments: Vec<_> = prompt
        .arguments
        .iter()
        .map(|(name, value)| (&**name, &**value))
        .collect();
    assert_eq!(arguments, [("a", "x"), ("b", "")]);

    let body = r#"{"ref":{"type":"ref/resource","uri":"t://{id}"},"argument":{"name":"id","value":"4"},
        "context":{"arguments":{"x":"y"}}}"#;
    let Ok(ClientRequest::CompletionComplete(complete)) = read(Method::CompletionComplete, body) else {
        panic!("completion/complete")
    };
    assert_eq!(
        complete.reference,
        CompletionReference::Resource("t://{id}".into())
    );
    assert_eq!((&*complete.argument, &*complete.value), ("id", "4"));
    assert_eq!(complete.known_arguments.len(), 1);

    let Ok(ClientRequest::ToolsList(list)) = read(Method::ToolsList, r#"{"cursor":""}"#) else {
        panic!("tools/list")
    };
    assert_eq!(list.cursor.as_deref(), Some(""), "an empty cursor is a cursor");
}

#[test]
fn a_listen_request_has_a_filter() {
    let body = r#"{"notifications":{"toolsListChanged":true,"promptsListChanged":false,"taskIds":["t"],
        "resourceSubscriptions":["a://b"]}}"#;
    let Ok(ClientRequest::SubscriptionsListen(filter)) = read(Method::SubscriptionsListen, body) else {
        panic!("subscriptions/listen")
    };
    let expected = SubscriptionFilter {
        tools_list_changed: true,
        resource_subscriptions: vec!["a://b".to_owned()],
        ..SubscriptionFilter::default()
    };
    assert_eq!(filter, expected);
}

fn check_wrong(method: Method, body: &str, problem: &str) {
    let found = read(method, body).unwrap_err().to_string();
    assert!(
        found.starts_with(problem),
        "{found:?} should start with {problem:?}"
    );
}

#[test]
fn wrong_parameters_of_a_call_are_named() {
    for (body, problem) in [
        ("[]", "params: must be an object"),
        (r#"{"_meta":1}"#, "params._meta: must be an object"),
        ("{}", "params.name: missing, must be a string"),
        (r#"{"name":null}"#, "params.name: missing, must be a string"),
        (r#"{"name":"t","name":"u"}"#, "params.name: given more than once"),
        (
            r#"{"name":"t","arguments":[1]}"#,
            "params.arguments: must be an object",
        ),
        (
            r#"{"name":"t","requestState":1}"#,
            "params.requestState: must be a string",
        ),
        (
            r#"{"name":"t","inputResponses":1}"#,
            "params.inputResponses: must be an object",
        ),
    ] {
        check_wrong(Method::ToolsCall, body, problem);
    }
}

#[test]
fn wrong_parameters_of_other_methods_are_named() {
    let strings = "params.arguments: must be an object of strings";
    check_wrong(
        Method::ToolsList,
        r#"{"cursor":1}"#,
        "params.cursor: must be a string",
    );
    check_wrong(
        Method::ResourcesRead,
        r#"{"uri":{}}"#,
        "params.uri: must be a string",
    );
    check_wrong(
        Method::ResourcesSubscribe,
        "{}",
        "params.uri: missing, must be a string",
    );
    check_wrong(Method::PromptsGet, r#"{"name":"p","arguments":{"a":1}}"#, strings);
    check_wrong(
        Method::LoggingSetLevel,
        r#"{"level":"loud"}"#,
        "params.level: must be one of debug, info,",
    );
    check_wrong(
        Method::SubscriptionsListen,
        "{}",
        "params.notifications: missing, must be an object",
    );
    check_wrong(
        Method::SubscriptionsListen,
        r#"{"notifications":{"resourceSubscriptions":"a"}}"#,
        "params.notifications.resourceSubscriptions: must be an array of strings",
    );
    check_wrong(
        Method::Initialize,
        "{}",
        "params.capabilities: missing, must be an object",
    );
    let nameless = r#"{"protocolVersion":"1","capabilities":{},"clientInfo":{"name":"n"}}"#;
    check_wrong(
        Method::Initialize,
        nameless,
        "params.clientInfo.version: missing, must be a string",
    );
}

#[test]
fn wrong_parameters_of_a_completion_are_named() {
    for (body, problem) in [
        ("{}", "params.ref: missing, must be an object"),
        (
            r#"{"ref":{"type":"ref/tool"},"argument":{}}"#,
            "params.ref.type: must be \"ref/prompt\" or \"ref/resource\"",
        ),
        (
            r#"{"ref":{"type":"ref/prompt","name":"p"},"argument":{"name":"a"}}"#,
            "params.argument.value: missing, must be a string",
        ),
    ] {
        check_wrong(Method::CompletionComplete, body, problem);
    }
}

#[test]
fn requests_without_parameters_need_none() {
    let none = Params::read(None).unwrap();
    assert!(matches!(
        ClientRequest::read(Method::Ping, &none),
        Ok(ClientRequest::Ping)
    ));
    assert!(matches!(
        ClientRequest::read(Method::ServerDiscover, &none),
        Ok(ClientRequest::ServerDiscover)
    ));
    assert!(matches!(
        ClientRequest::read(Method::ToolsList, &none),
        Ok(ClientRequest::ToolsList(_))
    ));
}

#[test]
fn notifications_are_read_or_ignored() {
    let read = |method, json| ClientNotification::read(method, &params(json).unwrap());
    assert_eq!(
        read("notifications/initialized", "{}"),
        Ok(ClientNotification::Initialized)
    );
    assert_eq!(
        read("notifications/cancelled", r#"{"requestId":7,"reason":"bored"}"#),
        Ok(ClientNotification::Cancelled {
            request_id: RequestId::Integer(7),
            reason: Some("bored".into())
        })
    );
    let token = ProgressToken::from_raw(serde_json::from_str("\"t\"").unwrap()).unwrap();
    assert_eq!(
        read(
            "notifications/progress",
            r#"{"progressToken":"t","progress":0.5}"#
        ),
        Ok(ClientNotification::Progress {
            token,
            progress: 0.5,
            total: None,
            message: None
        })
    );
    assert_eq!(
        read("notifications/roots/list_changed", "{}"),
        Ok(ClientNotification::RootsListChanged)
    );
    assert_eq!(read("notifications/other", "{}"), Ok(ClientNotification::Unknown));
    let problem = read("notifications/cancelled", "{}").unwrap_err().to_string();
    assert_eq!(
        problem,
        "params.requestId: missing, must be a string or an integer"
    );
}
