//! The demo project as it is shipped, with two users of our own.

use std::fs;
use std::path::Path;
use std::time::Instant;

use serde_json::{Value, json};

use crate::login::{Browser, Caller, FORM, configuration, query};
use crate::server::{PATIENCE, Project};

/// The project's files, and users whose passwords cost little.
fn demo() -> Project {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/demo");
    let mut project = Project::new();
    for folder in ["", "sql", "tools", "resources", "prompts", "data/audit"] {
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
    project.user_config(&users)
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

/// What `get_api_usage` says once it counts at least so many: records reach the audit log soon after their answers. Each
/// look is a call itself.
async fn usage(caller: &Caller<'_>, counted: &[(&str, u64)]) -> Value {
    let asked = Instant::now();
    loop {
        let usage = caller.call("get_api_usage", json!({})).await["structuredContent"].clone();
        let is_counted = |(name, count): &(&str, u64)| usage[*name].as_u64().unwrap() >= *count;
        if counted.iter().all(is_counted) {
            return usage;
        }
        assert!(asked.elapsed() < PATIENCE, "never {counted:?}: {usage}");
    }
}

#[actix_rt::test]
async fn users_keep_notes_that_nobody_else_sees() {
    let server = demo().start();
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
}

#[actix_rt::test]
async fn the_profile_is_the_callers_own() {
    let server = demo().start();
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
    let server = demo().start();
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
    let records = crate::audit::records(&folder.path().join("data/audit"));
    let refused = records.iter().filter(|record| {
        record["error"]
            .as_str()
            .is_some_and(|error| error.contains("needs the scopes"))
    });
    assert_eq!(refused.count(), 3);
}

#[actix_rt::test]
async fn calls_are_counted_for_each_user_and_outlive_a_restart() {
    let server = demo().start();
    let (ada, bob) = (
        Caller::log_in(&server, "ada").await,
        Caller::log_in(&server, "bob").await,
    );
    let first = usage(&ada, &[("logins_this_month", 1), ("tokens_this_month", 1)]).await;
    let looks = first["calls_this_month"].as_u64().unwrap();
    assert_eq!(
        first,
        json!({ "calls_this_month": looks, "failed_calls_this_month": 0, "logins_this_month": 1, "tokens_this_month": 1,
            "calls_per_month": 10_000, "quota_remaining": 10_000 - looks })
    );
    let note = create(&ada, json!({ "content": "x" })).await;
    read(&ada, &format!("user://notes/{note}")).await;
    ada.call("create_secure_note", json!({ "content": "" })).await;
    let second = usage(&ada, &[("failed_calls_this_month", 1)]).await;
    assert_eq!(second["failed_calls_this_month"], 1, "{second}");
    let calls = second["calls_this_month"].as_u64().unwrap();
    assert!(calls >= looks + 4, "a look and three calls: {second}");
    assert_eq!(second["quota_remaining"], json!(10_000 - calls));
    assert_eq!(usage(&bob, &[]).await["calls_this_month"], 0);

    let (_, folder) = server.stop();
    let server = demo().start_in(folder);
    let ada = Caller::log_in(&server, "ada").await;
    let counted = [
        ("calls_this_month", calls + 1),
        ("logins_this_month", 2),
        ("tokens_this_month", 2),
    ];
    let third = usage(&ada, &counted).await;
    assert_eq!(
        json!([
            third["logins_this_month"],
            third["tokens_this_month"],
            third["failed_calls_this_month"]
        ]),
        json!([2, 2, 1]),
        "{third}"
    );
}

#[actix_rt::test]
async fn who_has_used_the_quota_up_reads_on_and_stores_nothing() {
    let schema = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("config/demo/sql/schema.sql"));
    let schema = schema.unwrap().replace("SELECT 10000", "SELECT 2");
    let server = demo().file("sql/schema.sql", &schema).start();
    let ada = Caller::log_in(&server, "ada").await;
    create(&ada, json!({ "content": "x" })).await;
    assert_eq!(
        usage(&ada, &[("calls_this_month", 2)]).await["quota_remaining"],
        0
    );
    let refused = ada.call("create_secure_note", json!({ "content": "y" })).await;
    assert_eq!(refused["isError"], true, "{refused}");
    let why = refused["content"][0]["text"].as_str().unwrap();
    assert!(why.contains("The quota of 2 calls a month is used up."), "{why}");
    let notes = ada.call("list_secure_notes", json!({})).await;
    assert_eq!(notes["structuredContent"]["result"].as_array().unwrap().len(), 1);
}

#[actix_rt::test]
async fn a_callers_sql_does_not_read_the_records_of_others() {
    let site = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("config/demo/mxcp-site.yml"));
    let site = format!("{}sql_tools: {{ enabled: true }}\n", site.unwrap());
    let server = demo().file("mxcp-site.yml", &site).start();
    let ada = Caller::log_in(&server, "ada").await;
    usage(&ada, &[("calls_this_month", 1)]).await;
    for sql in [
        "FROM read_json('data/audit/logs-*.jsonl')",
        "FROM 'data/audit/logs-none.jsonl'",
        "SELECT content FROM read_text('data/audit/*')",
    ] {
        let refused = ada.call("execute_sql_query", json!({ "sql": sql })).await;
        assert_eq!(refused["isError"], true, "{sql}: {refused}");
    }
    let bob = Caller::log_in(&server, "bob").await;
    let own = bob
        .call(
            "execute_sql_query",
            json!({ "sql": "SELECT operation_name FROM my_records WHERE operation_type = 'tool'" }),
        )
        .await;
    assert_eq!(own["structuredContent"]["result"], json!([]), "{own}");
}

#[actix_rt::test]
async fn preferences_are_rows_of_a_table() {
    let schema = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("config/demo/sql/schema.sql"));
    let schema = format!(
        "{}INSERT INTO preferences VALUES ('ada', 'de', 'dark');\n",
        schema.unwrap()
    );
    let server = demo().file("sql/schema.sql", &schema).start();
    for (name, language, theme) in [("ada", "de", "dark"), ("bob", "en", "light")] {
        let caller = Caller::log_in(&server, name).await;
        let profile = read(&caller, "user://profile").await;
        assert_eq!(
            profile["preferences"],
            json!({ "language": language, "theme": theme })
        );
    }
}

#[actix_rt::test]
async fn the_guides_manual_commands_work_with_the_demos_own_users_and_clients() {
    let own = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("config/demo/config.yml"));
    let server = demo().user_config(&own.unwrap()).start();
    let asked = query(&[
        ("response_type", "code"),
        ("client_id", "mcp-test-client"),
        ("redirect_uri", "urn:ietf:wg:oauth:2.0:oob"),
        ("scope", "mcp:read mcp:write"),
        ("code_challenge", "test"),
        ("code_challenge_method", "S256"),
    ]);
    let mut browser = Browser::new(&server);
    let form = browser
        .walk("GET", &format!("/authorize?{asked}"), String::new())
        .await;
    let answers = [("username", "testuser"), ("password", "testpass")];
    let consent = browser.submit(&form, &answers).await;
    let code = browser.submit(&consent, &[]).await;
    assert_eq!(code.status.as_u16(), 200, "{code:?}");
    assert!(
        String::from_utf8_lossy(&code.body).contains("mcp_code_"),
        "{code:?}"
    );
    // Without client authentication, which only this configuration allows, and only from this machine.
    let introspected = server
        .request("POST", "/introspect", FORM, b"token=mcp_0000".to_vec())
        .await;
    assert_eq!(
        (introspected.status.as_u16(), introspected.json()),
        (200, json!({ "active": false }))
    );
}
