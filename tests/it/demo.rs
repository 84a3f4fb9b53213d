//! The demo project as it is shipped, with two users of our own.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::login::{Caller, configuration};
use crate::server::{Project, Server};

/// The project's files, and users whose passwords cost little.
fn demo() -> Server {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/demo");
    let mut project = Project::new();
    for folder in ["", "sql", "tools", "resources", "prompts"] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap();
                project = project.file(name, &fs::read_to_string(&path).unwrap());
            }
        }
    }
    let users = configuration(&[("ada", "name: Ada"), ("bob", "email: bob@example.com")]);
    let users = users
        .replacen("test:", "demo:", 1)
        .replacen("dev:", "default:", 1);
    project.user_config(&users).start()
}

async fn create(caller: &Caller<'_>, arguments: Value) -> String {
    let created = caller.call("create_secure_note", arguments).await;
    assert_eq!(created["isError"], false, "{created}");
    created["structuredContent"]["note_id"]
        .as_str()
        .unwrap()
        .to_owned()
}

async fn read(caller: &Caller<'_>, uri: &str) -> Value {
    let answer = caller.ask("resources/read", json!({ "uri": uri })).await;
    match answer["result"]["contents"][0]["text"].as_str() {
        Some(text) => serde_json::from_str(text).unwrap(),
        None => answer["error"].clone(),
    }
}

async fn usage(caller: &Caller<'_>) -> Value {
    caller.call("get_api_usage", json!({})).await["structuredContent"].clone()
}

#[actix_rt::test]
async fn users_keep_notes_that_nobody_else_sees() {
    let server = demo();
    let (ada, bob) = (
        Caller::log_in(&server, "ada").await,
        Caller::log_in(&server, "bob").await,
    );
    let long = "x".repeat(100);
    let first = create(&ada, json!({ "title": "Test", "content": "Hello World" })).await;
    let second = create(&ada, json!({ "content": long })).await;
    let of_bob = create(&bob, json!({ "content": "bob's; DROP TABLE notes; --" })).await;
    assert!(first.starts_with("note_") && first != second, "{first} {second}");

    let list = ada.call("list_secure_notes", json!({})).await;
    let list = &list["structuredContent"]["result"];
    let listed: Vec<Value> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|note| json!([note["note_id"], note["title"], note["preview"]]))
        .collect();
    let preview = format!("{}…", "x".repeat(80));
    assert_eq!(
        listed,
        [
            json!([second, "Untitled", preview]),
            json!([first, "Test", "Hello World"])
        ]
    );

    let own = read(&ada, &format!("user://notes/{first}")).await;
    assert_eq!(
        (&own["title"], &own["content"]),
        (&json!("Test"), &json!("Hello World"))
    );
    // A note of somebody else answers as one that does not exist.
    let missing = "user://notes/note_0";
    let foreign = format!("user://notes/{of_bob}");
    for uri in [foreign.as_str(), missing] {
        assert_eq!(
            read(&ada, uri).await,
            json!({ "code": -32602, "message": "Resource not found", "data": { "uri": uri } })
        );
    }
    assert_eq!(
        read(&bob, &foreign).await["content"],
        "bob's; DROP TABLE notes; --"
    );
    assert_eq!(
        (usage(&ada).await, usage(&bob).await["quota_remaining"].clone()),
        (
            json!({ "notes_this_month": 2, "characters_this_month": 111, "notes_per_month": 1000, "quota_remaining": 998 }),
            json!(999)
        )
    );
}

#[actix_rt::test]
async fn the_profile_is_the_callers_own() {
    let server = demo();
    for (name, member, value) in [("ada", "name", "Ada"), ("bob", "email", "bob@example.com")] {
        let caller = Caller::log_in(&server, name).await;
        let resource = read(&caller, "user://profile").await;
        assert_eq!(
            (&resource["user_id"], &resource[member]),
            (&json!(name), &json!(value))
        );
        assert_eq!(resource["permissions"], json!(["mcp:read", "mcp:write"]));
        assert_eq!(
            resource["preferences"],
            json!({ "language": "en", "theme": "light" })
        );
        let tool = caller.call("get_user_profile", json!({})).await;
        assert_eq!(tool["structuredContent"]["user_id"], name);
    }
}

#[actix_rt::test]
async fn scopes_decide_what_a_client_may_do() {
    let server = demo();
    let reader = Caller::log_in_for(&server, "ada", "mcp:read").await;
    let writer = Caller::log_in_for(&server, "ada", "mcp:write").await;
    for (caller, method, params, scope) in [
        (
            &reader,
            "tools/call",
            json!({ "name": "create_secure_note", "arguments": { "content": "x" } }),
            "mcp:write",
        ),
        (
            &writer,
            "tools/call",
            json!({ "name": "list_secure_notes" }),
            "mcp:read",
        ),
        (
            &writer,
            "resources/read",
            json!({ "uri": "user://profile" }),
            "mcp:read",
        ),
    ] {
        let answer = caller.ask_for_answer(method, params).await;
        assert_eq!(answer.status.as_u16(), 403, "{method}");
        let challenge = answer.header("www-authenticate").unwrap();
        for part in [
            "Bearer error=\"insufficient_scope\"",
            &format!("scope=\"{scope}\""),
            "resource_metadata=\"http",
        ] {
            assert!(challenge.contains(part), "{challenge}");
        }
        assert_eq!(answer.json()["error"]["data"]["scope"], scope);
    }
    assert_eq!(
        reader.call("list_secure_notes", json!({})).await["isError"],
        false
    );
    let (_, folder) = server.stop();
    let records = crate::audit::records(&folder.path().join("audit"));
    let refused = records.iter().filter(|record| {
        record["error"]
            .as_str()
            .is_some_and(|error| error.contains("needs the scopes"))
    });
    assert_eq!(refused.count(), 3);
}
