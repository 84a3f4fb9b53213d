//! Where logins are kept: who may open it, with which key, and what is said when that goes wrong.

use std::path::Path;

use serde_json::json;

use crate::login::{Caller, naming, refresh};
use crate::server::{Project, Server};

/// Keys of 32 bytes in URL-safe base64.
const KEY: &str = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";
const OTHER_KEY: &str = "ISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0-P0A=";

/// A project whose users log in here and whose logins are kept as `persistence` says, a YAML mapping.
fn kept(persistence: &str) -> Project {
    let hash =
        "$argon2id$v=19$m=19456,t=2,p=1$zHDspIoOgfl6G7+/VXywbw$ItKWrt3LAl2eNNme1OozmaHsVpKd64DmOpSWuq0K2v4";
    let auth = format!(
        "mxcp: 1\ntransport: {{ http: {{ base_url: 'http://localhost:1' }} }}\nprojects:\n  test:\n    profiles:\n      dev:\n        auth:\n          provider: local\n          \
         local: {{ users: [{{ username: ada, password_hash: \"{hash}\" }}] }}\n          persistence: {persistence}\n"
    );
    Project::new().user_config(&auth)
}

fn in_file(path: &Path, key: Option<&str>) -> Project {
    let key = key.map_or_else(String::new, |key| format!(", auth_encryption_key: \"{key}\""));
    kept(&format!("{{ type: sqlite, path: \"{}\"{key} }}", path.display()))
}

#[test]
fn a_second_process_on_the_same_file_is_refused_and_the_first_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("oauth.db");
    let first = in_file(&path, None).start();
    let (status, said) = in_file(&path, None).start_and_fail();
    assert_eq!(status.code(), Some(1));
    assert!(
        said.contains("auth.persistence.path: ")
            && said.contains("is in use by another process")
            && said.contains("use PostgreSQL to run several servers"),
        "{said}"
    );
    assert_eq!(first.stop().0.code(), Some(0));
    assert_eq!(in_file(&path, None).start().stop().0.code(), Some(0));
}

#[test]
fn a_file_that_sql_could_read_is_refused_before_it_is_made() {
    let project = kept("{ type: sqlite, path: data/oauth.db }");
    let folder = project.written();
    let (status, said) = project.start_and_fail();
    assert_eq!(status.code(), Some(1));
    assert!(
        said.contains("auth.persistence.path: ") && said.contains("which SQL may read (paths.data)"),
        "{said}"
    );
    // A link leads to the same place.
    std::fs::create_dir(folder.path().join("data")).unwrap();
    std::os::unix::fs::symlink(folder.path().join("data"), folder.path().join("kept")).unwrap();
    let linked = folder.path().join("kept/oauth.db");
    let data = format!("paths: {{ data: '{}' }}", folder.path().join("data").display());
    let site = format!("mxcp: 1\nproject: test\nprofile: dev\n{data}\n");
    let (status, said) = in_file(&linked, None)
        .file("mxcp-site.yml", &site)
        .start_and_fail();
    assert_eq!(status.code(), Some(1));
    assert!(said.contains("which SQL may read"), "{said}");
    assert!(!linked.exists());
}

#[test]
fn a_wrong_key_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("oauth.db");
    assert_eq!(in_file(&path, Some(KEY)).start().stop().0.code(), Some(0));
    let (status, said) = in_file(&path, Some(OTHER_KEY)).start_and_fail();
    assert_eq!(status.code(), Some(1));
    assert!(
        said.contains("wrong key: the database was filled with key ") && said.contains("auth_encryption_key"),
        "{said}"
    );
    assert!(!said.contains(KEY) && !said.contains(OTHER_KEY), "{said}");
    // Nothing was changed by the refused start.
    assert_eq!(in_file(&path, Some(KEY)).start().stop().0.code(), Some(0));
}

#[actix_rt::test]
async fn changing_the_key_logs_nobody_out() {
    let kept = tempfile::tempdir().unwrap();
    let path = kept.path().join("oauth.db");
    let with_keys = |keys: &str| naming(&format!("{{ type: sqlite, path: '{}', {keys} }}", path.display()));
    let who = async |server: &Server, token: &str| {
        let called = Caller::with_token(server, token).call("who", json!({})).await;
        called["structuredContent"]["name"].clone()
    };
    let server = with_keys(&format!("auth_encryption_key: '{KEY}'")).start();
    let login = Caller::log_in(&server, "ada").await.secrets().to_vec();
    let changed = format!("auth_encryption_key: '{OTHER_KEY}', previous_auth_encryption_keys: ['{KEY}']");
    server.stop();
    let server = with_keys(&changed).start();
    assert_eq!(who(&server, &login[1]).await, "ada", "a token of before");
    let refreshed = refresh(&server, &login[2]).await.json();
    let token = refreshed["access_token"].as_str().unwrap();
    assert_eq!(
        who(&server, token).await,
        "ada",
        "a token that the new key digests"
    );
    server.stop();
    let (_, said) = with_keys(&format!("auth_encryption_key: '{OTHER_KEY}'")).start_and_fail();
    assert!(
        said.contains("wrong key: the database was filled with key "),
        "{said}"
    );
}

#[test]
fn a_database_that_is_not_there_is_named_without_its_password() {
    let url = "postgresql://user:canary@localhost:1/oauth";
    let persistence = format!("{{ type: postgresql, url: \"{url}\", auth_encryption_key: \"{KEY}\" }}");
    let (status, said) = kept(&persistence).start_and_fail();
    assert_eq!(status.code(), Some(1));
    let line = said
        .lines()
        .find(|line| line.contains("PostgreSQL"))
        .unwrap_or_else(|| panic!("{said}"));
    for part in [
        "config.yml:10:",
        ": auth.persistence.url: PostgreSQL at localhost:1/oauth: connection to server at ",
        " failed: Connection refused",
    ] {
        assert!(line.contains(part), "{part}: {said}");
    }
    assert!(
        !said.contains("canary") && !said.contains("Is the server running"),
        "{said}"
    );
}

#[actix_rt::test]
async fn after_a_restart_the_same_token_works_with_sqlite() {
    let project = || naming("{ type: sqlite, path: oauth.db }");
    let server = project().start();
    let token = Caller::log_in(&server, "ada").await.secrets()[1].clone();
    let server = project().start_in(server.stop().1);
    let called = Caller::with_token(&server, &token).call("who", json!({})).await;
    assert_eq!(called["structuredContent"]["name"], "ada");
}

#[actix_rt::test]
async fn with_memory_a_restart_ends_all_logins() {
    let project = || naming("{ type: memory }");
    let server = project().start();
    let token = Caller::log_in(&server, "ada").await.secrets()[1].clone();
    let server = project().start_in(server.stop().1);
    let caller = Caller::with_token(&server, &token);
    let refused = caller
        .ask_for_answer("tools/call", json!({ "name": "who", "arguments": {} }))
        .await;
    assert_eq!(refused.status.as_u16(), 401);
    let challenge = refused.header("www-authenticate").unwrap();
    assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
}
