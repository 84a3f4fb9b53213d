//! `completion/complete`: values for what a person types, within scopes, policies and identity.

use serde_json::{Value, json};

use crate::audit::records;
use crate::login::{Caller, configuration};
use crate::server::Project;

const BRIEF: &str = "mxcp: 1
prompt:
  name: brief
  parameters:
    - { name: tone, type: string, enum: [formal, friendly, informal] }
    - { name: region, type: string }
    - name: customer
      type: string
      complete: >-
        SELECT c FROM (VALUES ('Acme', 'EU'), ('Akron', 'US'), ('Apex', 'EU')) AS customers(c, r)
        WHERE c ILIKE $customer || '%' AND ($region IS NULL OR r = $region) ORDER BY c
    - { name: number, type: integer, minimum: 10, complete: \"SELECT n + 1000 FROM range(250) t(n) WHERE CAST(n AS VARCHAR) LIKE $number || '%'\" }
    - { name: mine, type: string, complete: \"SELECT get_username()\" }
  messages: [{ prompt: '{{ tone }} {{ region }} {{ customer }} {{ number }} {{ mine }}' }]
";

const NOTE: &str = "mxcp: 1
resource:
  uri: notes://{owner}/{id}
  parameters:
    - { name: owner, type: string, complete: \"SELECT unnest(['ada', 'bob'])\" }
    - { name: id, type: string }
  source: { code: \"SELECT $owner AS owner, $id AS id\" }
";

/// What completes an argument of a prompt.
fn of_prompt(prompt: &str, argument: &str, typed: &str, known: &Value) -> Value {
    json!({
        "ref": { "type": "ref/prompt", "name": prompt },
        "argument": { "name": argument, "value": typed },
        "context": { "arguments": known },
    })
}

async fn completed(caller: &Caller<'_>, params: Value) -> Value {
    let answer = caller.ask("completion/complete", params).await;
    let completion = &answer["result"]["completion"];
    assert!(completion.is_object(), "{answer}");
    completion.clone()
}

#[actix_rt::test]
async fn accepted_values_and_queries_complete_what_was_typed_in_both_eras() {
    let server = Project::new()
        .file("prompts/brief.yml", BRIEF)
        .file("resources/note.yml", NOTE)
        .start();
    let nobody = Caller::nobody(&server);
    for (argument, typed, known, expected) in [
        ("tone", "FOR", json!({}), json!(["formal", "informal"])),
        ("tone", "", json!({}), json!(["formal", "friendly", "informal"])),
        ("customer", "a", json!({}), json!(["Acme", "Akron", "Apex"])),
        (
            "customer",
            "ap",
            json!({ "region": "EU", "customer": "ignored" }),
            json!(["Apex"]),
        ),
        (
            "customer",
            "a",
            json!({ "region": "US", "unknown": "x" }),
            json!(["Akron"]),
        ),
        ("customer", "' OR true --", json!({}), json!([])),
        // Another argument that breaks its own rules fits to nothing.
        ("customer", "a", json!({ "number": "9" }), json!([])),
        ("region", "E", json!({}), json!([])),
        ("mine", "", json!({}), json!([""])),
    ] {
        let params = of_prompt("brief", argument, typed, &known);
        let answer = completed(&nobody, params.clone()).await;
        assert_eq!(answer["values"], expected, "{params}");
        assert_eq!(answer["hasMore"], false);
    }
    let many = completed(&nobody, of_prompt("brief", "number", "", &json!({}))).await;
    assert_eq!(many["values"].as_array().unwrap().len(), 100);
    assert_eq!(
        (&many["values"][0], &many["total"], &many["hasMore"]),
        (&json!("1000"), &json!(250), &json!(true))
    );

    let variable = json!({ "ref": { "type": "ref/resource", "uri": "notes://{owner}/{id}" },
        "argument": { "name": "owner", "value": "" } });
    assert_eq!(
        completed(&nobody, variable.clone()).await["values"],
        json!(["ada", "bob"])
    );
    let session = server.open_session().await;
    let message = json!({ "jsonrpc": "2.0", "id": 7, "method": "completion/complete", "params": variable });
    let legacy = server.legacy(Some(&session), &message).await.json();
    assert_eq!(
        legacy["result"]["completion"]["values"],
        json!(["ada", "bob"]),
        "{legacy}"
    );
}

#[actix_rt::test]
async fn what_cannot_be_completed_is_an_error_that_names_it() {
    let server = Project::new().file("prompts/brief.yml", BRIEF).start();
    let nobody = Caller::nobody(&server);
    for (params, told) in [
        (
            of_prompt("none", "tone", "", &json!({})),
            "Invalid params: Unknown prompt: none",
        ),
        (
            of_prompt("brief", "none", "", &json!({})),
            "Invalid params: params.argument.name: there is no such argument",
        ),
        (
            json!({ "ref": { "type": "ref/resource", "uri": "no://where" }, "argument": { "name": "a", "value": "" } }),
            "Invalid params: Unknown resource: no://where",
        ),
    ] {
        let answer = nobody.ask("completion/complete", params).await;
        assert_eq!(
            (&answer["error"]["code"], &answer["error"]["message"]),
            (&json!(-32602), &json!(told))
        );
    }
}

const GUARDED: &str = "mxcp: 1
prompt:
  name: guarded
  parameters:
    - { name: whose, type: string, complete: \"SELECT unnest(['ada', 'bob', get_username()])\" }
    - { name: kind, type: string, enum: [a, b] }
  messages: [{ prompt: '{{ whose }} {{ kind }}' }]
  policies: { input: [{ condition: \"whose == 'secret' && user.role != 'admin'\", action: deny }] }
";

#[actix_rt::test]
async fn who_may_not_use_a_prompt_learns_nothing_from_its_completions() {
    let closed = |name: &str, more: &str| {
        format!(
            "mxcp: 1\nprompt:\n  name: {name}\n  parameters: [{{ name: x, type: string, enum: [known] }}, {{ name: y, type: string, complete: SELECT 'known' }}]\n  \
             messages: [{{ prompt: '{{{{ x }}}} {{{{ y }}}}' }}]\n{more}"
        )
    };
    let admins = "  policies: { input: [{ condition: \"user.role != 'admin'\", action: deny }] }\n";
    let project = |settings: &str| {
        let users = configuration(&[("ada", "role: admin"), ("bob", "")]);
        let auth = format!("auth: {{ {settings} provider");
        Project::new()
            .user_config(&users.replace("auth: { provider", &auth))
            .file("prompts/guarded.yml", GUARDED)
            .file("prompts/closed.yml", &closed("closed", admins))
            .file("prompts/scoped.yml", &closed("scoped", "  scopes: mcp:admin\n"))
    };
    let server = project("").start();
    let (ada, bob) = (
        Caller::log_in(&server, "ada").await,
        Caller::log_in(&server, "bob").await,
    );
    let own = of_prompt("guarded", "whose", "", &json!({}));
    assert_eq!(
        completed(&bob, own.clone()).await["values"],
        json!(["ada", "bob", "bob"])
    );
    assert_eq!(completed(&ada, own).await["values"], json!(["ada", "bob", "ada"]));
    let refused = of_prompt("guarded", "whose", "secret", &json!({}));
    assert_eq!(completed(&bob, refused).await["values"], json!([]));
    for argument in ["x", "y"] {
        let closed = of_prompt("closed", argument, "", &json!({}));
        assert_eq!(completed(&ada, closed.clone()).await["values"], json!(["known"]));
        let hidden = bob.ask("completion/complete", closed).await;
        assert_eq!(
            hidden["error"]["message"],
            "Invalid params: Unknown prompt: closed"
        );
        let scoped = of_prompt("scoped", argument, "", &json!({}));
        let challenged = ada.ask_for_answer("completion/complete", scoped).await;
        assert_eq!(challenged.status.as_u16(), 403, "{challenged:?}");
    }
    let (_, folder) = server.stop();
    let records = records(&folder.path().join("audit"));
    let record = records
        .iter()
        .find(|record| record["operation_name"] == "guarded#whose")
        .unwrap();
    assert_eq!(
        (
            &record["operation_type"],
            &record["user_id"],
            &record["input_data"]
        ),
        (
            &json!("prompt"),
            &json!("bob"),
            &json!({ "whose": "", "kind": null })
        )
    );

    let telling = project("authorization: { hide: [] },").start();
    let bob = Caller::log_in(&telling, "bob").await;
    for argument in ["x", "y"] {
        let closed = of_prompt("closed", argument, "", &json!({}));
        assert_eq!(completed(&bob, closed).await["values"], json!([]), "{argument}");
    }
}

#[test]
fn completions_are_checked_at_the_start() {
    let prompt = |sql: &str| {
        format!(
            "mxcp: 1\nprompt:\n  name: p\n  parameters:\n    - name: a\n      type: string\n      complete: {sql}\n  messages: [{{ prompt: '{{{{ a }}}}' }}]\n"
        )
    };
    for (sql, told) in [
        ("SELECT 1, 2", "expected a query of one column, found 2: 1, 2"),
        ("SELECT nothing", "Binder Error"),
        ("SELECT $b", "missing={'b'}, extra={}"),
        ("CREATE TABLE t (a INTEGER)", "CREATE is not accepted"),
        ("SELECT 1; SELECT 2", "exactly one is accepted"),
    ] {
        let (_, said) = Project::new()
            .file("prompts/p.yml", &prompt(sql))
            .start_and_fail();
        let line = said
            .lines()
            .find(|line| line.contains("prompts/p.yml:7:17: prompt.parameters[0].complete: "));
        assert!(line.is_some_and(|line| line.contains(told)), "{sql}: {said}");
    }
    let (_, said) = Project::new()
        .tool(
            "t",
            "SELECT $a AS a",
            "  parameters: [{ name: a, type: string, complete: SELECT 1 }]\n",
        )
        .start_and_fail();
    assert!(
        said.contains("complete is accepted on parameters of prompts and resources only"),
        "{said}"
    );
}
