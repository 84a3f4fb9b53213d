//! Prompts declared in YAML: listed with their arguments, rendered in both eras.

use serde_json::{Value, json};

use crate::server::{Project, Server, modern_request};

const REVIEW: &str = "mxcp: 1
prompt:
  name: review
  title: Review
  description: Reviews a change.
  parameters:
    - { name: language, type: string, description: The language., enum: [rust, sql] }
    - { name: depth, type: integer, description: How deep., default: 1, minimum: 1 }
  messages:
    - { role: system, prompt: 'You know {{ language }}.' }
    - { role: user, prompt: 'Review{% for i in range(depth) %} again{% endfor %}.' }
    - { role: assistant, prompt: Show it. }
";

const BROKEN: &str = "mxcp: 1
prompt: { name: broken, messages: [{ prompt: '{{ 1 // 0 }}' }] }
";

fn server() -> Server {
    Project::new()
        .file("prompts/review.yml", REVIEW)
        .file("prompts/broken.yml", BROKEN)
        .start()
}

async fn get(server: &Server, name: &str, arguments: Value) -> Value {
    server
        .modern("prompts/get", json!({ "name": name, "arguments": arguments }))
        .await
        .json()
}

fn said(role: &str, text: &str) -> Value {
    json!({ "role": role, "content": { "type": "text", "text": text } })
}

#[actix_rt::test]
async fn a_prompt_is_listed_with_what_it_takes() {
    let list = server().modern("prompts/list", json!({})).await.json()["result"].clone();
    assert_eq!(
        list["prompts"][1],
        json!({ "name": "review", "title": "Review", "description": "Reviews a change.", "arguments": [
            { "name": "language", "description": "The language.", "required": true },
            { "name": "depth", "description": "How deep.", "required": false },
        ] })
    );
}

#[actix_rt::test]
async fn messages_are_rendered_in_their_order_in_both_eras() {
    let server = server();
    let messages = json!([
        said("user", "You know sql."),
        said("user", "Review again again."),
        said("assistant", "Show it."),
    ]);
    let arguments = json!({ "language": "sql", "depth": "2" });
    let result = get(&server, "review", arguments.clone()).await["result"].clone();
    assert_eq!(
        (&result["messages"], &result["description"]),
        (&messages, &json!("Reviews a change."))
    );
    let session = server.open_session().await;
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "prompts/get",
        "params": { "name": "review", "arguments": arguments } });
    assert_eq!(
        server.legacy(Some(&session), &message).await.json()["result"],
        json!({ "description": "Reviews a change.", "messages": messages })
    );
}

#[actix_rt::test]
async fn wrong_arguments_and_templates_that_fail_are_errors() {
    let server = server();
    for (name, arguments, code, parts) in [
        (
            "review",
            json!({ "language": "c", "dept": "1" }),
            -32602,
            ["Invalid value for language", "Unknown parameter: dept"].as_slice(),
        ),
        (
            "review",
            json!({}),
            -32602,
            &["Required parameter missing: language"],
        ),
        ("review", json!({ "language": 1 }), -32602, &["params.arguments"]),
        ("absent", json!({}), -32602, &["Unknown prompt: absent"]),
        (
            "broken",
            json!({}),
            -32603,
            &["Error rendering prompt broken: Message 0"],
        ),
    ] {
        let error = get(&server, name, arguments).await["error"].clone();
        assert_eq!(error["code"], code, "{error}");
        for part in parts {
            assert!(
                error["message"].as_str().unwrap().contains(part),
                "{part}: {error}"
            );
        }
    }
}

#[test]
fn content_that_cannot_be_sent_stops_the_start() {
    let prompt = "mxcp: 1\nprompt: { name: p, messages: [{ prompt: hi, type: video }] }\n";
    let (status, said) = Project::new().file("prompts/p.yml", prompt).start_and_fail();
    assert_eq!(status.code(), Some(1));
    assert!(
        said.contains("prompts/p.yml:") && said.contains("type: video is not supported"),
        "{said}"
    );
}

#[actix_rt::test]
async fn a_long_list_comes_in_pages() {
    let mut project = Project::new();
    for number in 0..501 {
        let yaml = format!("prompt: {{ name: p{number:03}, messages: [{{ prompt: hi }}] }}\n");
        project = project.file(&format!("prompts/{number}.yml"), &yaml);
    }
    let server = project.start();
    let page = |cursor: Option<Value>| {
        let params = cursor.map_or_else(|| json!({}), |cursor| json!({ "cursor": cursor }));
        server.modern("prompts/list", params)
    };
    let first = page(None).await.json()["result"].clone();
    assert_eq!(first["prompts"].as_array().unwrap().len(), 500);
    let second = page(Some(first["nextCursor"].clone())).await.json()["result"].clone();
    assert_eq!(second["prompts"][0]["name"], "p500");
    assert_eq!(second["prompts"].as_array().unwrap().len(), 1);
    assert!(second.get("nextCursor").is_none(), "{second}");
}

#[actix_rt::test]
async fn an_argument_that_is_given_twice_has_no_value() {
    let server = server();
    let params = json!({ "name": "review", "arguments": { "language": "sql" } });
    let (headers, body) = modern_request("prompts/get", params);
    let twice = r#""language":"rust","language":"sql""#;
    let body = String::from_utf8(body)
        .unwrap()
        .replace(r#""language":"sql""#, twice);
    assert!(body.contains(twice), "{body}");
    let answer = server.post(&headers, body.into_bytes()).await.json();
    assert_eq!(answer["error"]["code"], -32602, "{answer}");
    let message = answer["error"]["message"].as_str().unwrap();
    assert!(message.contains("'language': is given twice"), "{message}");
}
