//! What a caller may not use: it is in none of this caller's lists, and calls of it are answered like calls of nothing.

use awc::http::StatusCode;
use serde_json::{Value, json};

use super::{project, rules, telling};
use crate::audit::records;
use crate::login::Caller;
use crate::server::{Project, Server};

const FOR_HR: &str = "condition: \"!('hr' in user.groups)\", action: deny, reason: For HR alone";
const BY_AMOUNT: &str = "condition: \"amount > 10 && user.role != 'admin'\", action: deny, reason: Too much";
const UNDECIDED: &str = "condition: \"!user.email.endsWith('@example.com')\", action: deny";

/// Of each kind something for everybody and something for HR, whose people are `ada` alone.
fn with_definitions(project: Project) -> Project {
    let for_hr = rules("input", &[FOR_HR]);
    let amount = "  parameters: [{ name: amount, type: integer, description: How much. }]\n";
    project
        .tool("hello", "SELECT 1 AS x", "")
        .tool("salaries", "SELECT $amount AS x", &format!("{amount}{for_hr}"))
        .tool("spend", "SELECT $amount AS x", &format!("{amount}{}", rules("input", &[BY_AMOUNT])))
        .tool("mail", "SELECT 1 AS x", &rules("input", &[UNDECIDED]))
        .tool("write", "SELECT 1 AS x", "  scopes: mcp:write\n")
        .file(
            "resources/all.yml",
            "mxcp: 1\nresource:\n  uri: notes://all\n  source: { code: SELECT 1 AS x }\n",
        )
        .file(
            "resources/hr.yml",
            &format!("mxcp: 1\nresource:\n  uri: notes://hr\n  source: {{ code: SELECT 2 AS x }}\n{for_hr}"),
        )
        .file(
            "resources/one.yml",
            &format!(
                "mxcp: 1\nresource:\n  uri: salaries://{{id}}\n  parameters: [{{ name: id, type: integer, description: Whose. }}]\n  \
                 source: {{ code: SELECT $id AS x }}\n{for_hr}"
            ),
        )
        .file(
            "prompts/review.yml",
            &format!("mxcp: 1\nprompt:\n  name: review\n  messages: [{{ prompt: hello }}]\n{for_hr}"),
        )
}

/// The user configuration of [`project`] with this in `authorization`.
fn hiding(what: &str) -> Project {
    with_definitions(super::with_authorization(&format!("hide: {what}")))
}

/// What a list holds for this caller, by the member that names its entries.
async fn listed(caller: &Caller<'_>, list: &str, names: &str) -> Vec<String> {
    let answer = caller.ask(&format!("{list}/list"), json!({})).await;
    let entries = answer["result"]
        .as_object()
        .and_then(|result| result.values().find_map(Value::as_array))
        .unwrap_or_else(|| panic!("{answer}"));
    let name = |entry: &Value| entry[names].as_str().unwrap().to_owned();
    entries.iter().map(name).collect()
}

async fn everybody(server: &Server) -> [Caller<'_>; 2] {
    [
        Caller::log_in(server, "ada").await,
        Caller::log_in(server, "bob").await,
    ]
}

#[actix_rt::test]
async fn lists_leave_out_what_policies_refuse_whatever_the_arguments_are() {
    let server = with_definitions(project()).start();
    let [ada, bob] = everybody(&server).await;
    for (list, names, all, few) in [
        (
            "tools",
            "name",
            &["hello", "mail", "salaries", "spend", "write"][..],
            &["hello", "spend", "write"][..],
        ),
        (
            "resources",
            "uri",
            &["notes://all", "notes://hr"],
            &["notes://all"],
        ),
        ("resources/templates", "uriTemplate", &["salaries://{id}"], &[]),
        ("prompts", "name", &["review"], &[]),
    ] {
        // Twice each, and in turns: what is kept of one caller's list is not shown to the other.
        for _ in 0..2 {
            assert_eq!(listed(&ada, list, names).await, all, "{list}");
            assert_eq!(listed(&bob, list, names).await, few, "{list}");
        }
    }
    let answer = bob.ask("tools/list", json!({})).await;
    assert_eq!(answer["result"]["cacheScope"], "private", "{answer}");
}

#[actix_rt::test]
async fn a_list_that_everybody_sees_alike_may_be_kept_for_everybody() {
    let server = project().tool("hello", "SELECT 1 AS x", "").start();
    let bob = Caller::log_in(&server, "bob").await;
    let answer = bob.ask("tools/list", json!({})).await;
    assert_eq!(answer["result"]["cacheScope"], "public", "{answer}");
}

/// The same question about something hidden and about something that does not exist.
async fn same_answers(caller: &Caller<'_>, method: &str, key: &str, hidden: &str, arguments: &Value) {
    let mut answers = Vec::new();
    for name in [hidden, "nothing://there"] {
        let params = json!({ key: name, "arguments": arguments });
        let answer = caller.ask_for_answer(method, params).await;
        assert!([StatusCode::OK, StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND].contains(&answer.status));
        answers.push((answer.status, answer.json().to_string().replace(name, "NAME")));
    }
    assert!(answers[0].1.contains("\"error\""), "{answers:?}");
    assert_eq!(answers[0], answers[1], "{method} {hidden}");
}

#[actix_rt::test]
async fn what_is_hidden_is_answered_like_what_does_not_exist_and_recorded_as_what_it_is() {
    let server = with_definitions(project()).start();
    let [ada, bob] = everybody(&server).await;
    for arguments in [
        json!({ "amount": 1 }),
        json!({}),
        json!({ "amount": "much" }),
        json!({ "other": 1 }),
    ] {
        same_answers(&bob, "tools/call", "name", "salaries", &arguments).await;
    }
    same_answers(&bob, "tools/call", "name", "mail", &json!({})).await;
    same_answers(&bob, "resources/read", "uri", "notes://hr", &json!({})).await;
    same_answers(&bob, "resources/read", "uri", "salaries://1", &json!({})).await;
    same_answers(&bob, "resources/read", "uri", "salaries://one", &json!({})).await;
    same_answers(&bob, "prompts/get", "name", "review", &json!({})).await;
    let legacy = bob.answer_legacy("salaries", json!({ "amount": 1 })).await.json();
    assert_eq!(
        legacy["error"]["message"], "Invalid params: Unknown tool: salaries",
        "{legacy}"
    );

    assert_eq!(
        ada.call("salaries", json!({ "amount": 1 })).await["isError"],
        false
    );
    let too_much = bob.call("spend", json!({ "amount": 11 })).await;
    assert_eq!(
        super::refusal(&too_much, "spend"),
        "Policy enforcement failed: Too much",
        "what depends on the arguments is no secret"
    );

    let (_, folder) = server.stop();
    let records = records(&folder.path().join("audit"));
    let denied = |name: &str| {
        let mut found = records.iter().filter(|record| record["operation_name"] == name);
        let found = found.find(|record| record["policy_decision"] == "deny");
        found.unwrap_or_else(|| panic!("{name}: {records:?}")).clone()
    };
    let record = denied("salaries");
    assert_eq!(
        (&record["policy_reason"], &record["input_data"], &record["error"]),
        (
            &json!("For HR alone"),
            &json!({ "amount": 1 }),
            &json!("Policy enforcement failed: For HR alone")
        )
    );
    assert_eq!(record["ran_ms"], Value::Null, "no query ran");
    for name in ["notes://hr", "salaries://{id}", "review", "mail"] {
        denied(name);
    }
}

/// A page behind what the caller never saw would tell that it is there.
#[actix_rt::test]
async fn a_cursor_that_names_something_hidden_is_unknown() {
    let server = with_definitions(project()).start();
    let [ada, bob] = everybody(&server).await;
    // "salaries" and "nothing" in base64url.
    let page =
        async |caller: &Caller<'_>, cursor: &str| caller.ask("tools/list", json!({ "cursor": cursor })).await;
    let behind = page(&ada, "c2FsYXJpZXM").await;
    assert_eq!(behind["result"]["tools"][0]["name"], "spend", "{behind}");
    let hidden = page(&bob, "c2FsYXJpZXM").await;
    assert_eq!(
        hidden["error"]["message"], "Invalid params: params.cursor: unknown cursor",
        "{hidden}"
    );
    assert_eq!(hidden["error"], page(&bob, "bm90aGluZw").await["error"]);
}

#[actix_rt::test]
async fn what_is_out_of_scope_is_hidden_on_request_instead_of_asked_for() {
    let listed_to_reader = async |project: Project| {
        let server = project.start();
        let reader = Caller::log_in_for(&server, "ada", "mcp:read").await;
        let tools = listed(&reader, "tools", "name").await;
        let params = json!({ "name": "write", "arguments": {} });
        let answer = reader.ask_for_answer("tools/call", params).await;
        (tools.contains(&"write".to_owned()), answer.status, answer.json())
    };
    let (is_listed, status, _) = listed_to_reader(hiding("[denied]")).await;
    assert!(
        is_listed && status == StatusCode::FORBIDDEN,
        "clients ask for more scopes"
    );
    let (is_listed, status, body) = listed_to_reader(hiding("[denied, out_of_scope]")).await;
    assert!(!is_listed && status != StatusCode::FORBIDDEN, "{body}");
    assert_eq!(body["error"]["message"], "Invalid params: Unknown tool: write");
}

#[actix_rt::test]
async fn on_request_everybody_sees_everything_and_is_told_why_not() {
    let server = with_definitions(telling()).start();
    let bob = Caller::log_in(&server, "bob").await;
    assert_eq!(
        listed(&bob, "tools", "name").await,
        ["hello", "mail", "salaries", "spend", "write"]
    );
    let denied = bob.call("salaries", json!({ "amount": 1 })).await;
    assert_eq!(
        super::refusal(&denied, "salaries"),
        "Policy enforcement failed: For HR alone"
    );
}

#[test]
fn what_can_be_hidden_is_said() {
    let (_, said) = hiding("[everything]").start_and_fail();
    assert!(
        said.contains(
            "authorization.hide[0]: \"everything\" is not accepted. Accepted: denied, out_of_scope"
        ),
        "{said}"
    );
}
