//! The same rules on resources and prompts.

use serde_json::{Value, json};

use super::project;
use crate::audit::records;
use crate::login::Caller;

const NOTE: &str = "mxcp: 1
resource:
  uri: notes://{owner}
  description: A note.
  parameters: [{ name: owner, type: string, description: Whose. }]
  return: { type: object, properties: { owner: { type: string }, text: { type: string }, pin: { type: string, sensitive: true } } }
  source: { code: \"SELECT $owner AS owner, 'hello' AS text, '1234' AS pin\" }
  policies:
    input:
      - { condition: \"owner != user.username && user.role != 'admin'\", action: deny, reason: Not yours }
    output:
      - { condition: \"user.role != 'admin'\", action: filter_sensitive_fields }
      - { condition: \"user.role != 'admin'\", action: mask_fields, fields: [text] }
";

const BRIEF: &str = "mxcp: 1
prompt:
  name: brief
  description: A briefing.
  parameters: [{ name: topic, type: string, description: About what. }]
  messages: [{ role: user, prompt: 'Tell all about {{ topic }}.' }]
  policies:
    input:
      - { condition: \"topic == 'salaries' && user.role != 'admin'\", action: deny, reason: Not that }
    output:
      - { condition: \"user.role != 'admin'\", action: mask_fields, fields: [prompt] }
";

#[actix_rt::test]
async fn resources_are_denied_filtered_and_masked() {
    let server = project().file("resources/note.yml", NOTE).start();
    let ada = Caller::log_in(&server, "ada").await;
    let bob = Caller::log_in(&server, "bob").await;
    let read =
        async |caller: &Caller<'_>, uri: &str| caller.ask("resources/read", json!({ "uri": uri })).await;
    let held = |answer: &Value| -> Value {
        let text = answer["result"]["contents"][0]["text"].as_str();
        serde_json::from_str(text.unwrap_or_else(|| panic!("{answer}"))).unwrap()
    };
    assert_eq!(
        held(&read(&ada, "notes://bob").await),
        json!({ "owner": "bob", "text": "hello", "pin": "1234" })
    );
    assert_eq!(
        held(&read(&bob, "notes://bob").await),
        json!({ "owner": "bob", "text": "****" })
    );
    let denied = read(&bob, "notes://ada").await;
    assert_eq!(
        (&denied["error"]["code"], &denied["error"]["message"]),
        (
            &json!(-32602),
            &json!("Error reading resource notes://{owner}: Policy enforcement failed: Not yours")
        )
    );
    let (_, folder) = server.stop();
    let records = records(&folder.path().join("audit"));
    let last = records.last().unwrap();
    assert_eq!(
        (
            &last["operation_type"],
            &last["policy_decision"],
            &last["policy_reason"]
        ),
        (&json!("resource"), &json!("deny"), &json!("Not yours"))
    );
}

#[actix_rt::test]
async fn prompts_are_denied_and_masked() {
    let server = project().file("prompts/brief.yml", BRIEF).start();
    let ada = Caller::log_in(&server, "ada").await;
    let bob = Caller::log_in(&server, "bob").await;
    let get = async |caller: &Caller<'_>, topic: &str| {
        let params = json!({ "name": "brief", "arguments": { "topic": topic } });
        caller.ask("prompts/get", params).await
    };
    let text = |answer: &Value| answer["result"]["messages"][0]["content"]["text"].clone();
    assert_eq!(text(&get(&ada, "salaries").await), "Tell all about salaries.");
    assert_eq!(text(&get(&bob, "holidays").await), "****");
    let denied = get(&bob, "salaries").await;
    assert_eq!(
        denied["error"]["message"],
        "Error rendering prompt brief: Policy enforcement failed: Not that"
    );
    let (_, folder) = server.stop();
    let records = records(&folder.path().join("audit"));
    let last = records.last().unwrap();
    assert_eq!(
        (
            &last["operation_type"],
            &last["policy_decision"],
            &last["input_data"]
        ),
        (&json!("prompt"), &json!("deny"), &json!({ "topic": "salaries" }))
    );
}
