//! `auth hash-password`: from a typed password to a user who logs in with it.

use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Stdio};

use serde_json::json;

use crate::login::{self, Caller, PASSWORD};
use crate::server::{Project, program};

const WHO: &str = "SELECT get_username() AS username";

/// The command, waiting for its standard input.
fn hash_password(folder: &Path) -> Child {
    let mut command = program(folder);
    command
        .args(["auth", "hash-password"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().unwrap()
}

#[actix_rt::test]
async fn its_hash_logs_the_user_in() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = hash_password(folder.path());
    writeln!(child.stdin.take().unwrap(), "{PASSWORD}").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let printed = String::from_utf8(output.stdout).unwrap();
    let hash = printed.strip_suffix('\n').unwrap();
    assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");

    let configured = login::configuration(&[("ada", "")]);
    let (before, rest) = configured.split_once("password_hash: '").unwrap();
    let (_, after) = rest.split_once('\'').unwrap();
    let server = Project::new()
        .user_config(&format!("{before}password_hash: '{hash}'{after}"))
        .tool("whoami", WHO, "")
        .start();
    let caller = Caller::log_in(&server, "ada").await;
    let result = caller.call("whoami", json!({})).await;
    assert_eq!(
        result["content"][0]["text"], r#"[{"username":"ada"}]"#,
        "{result}"
    );
}

#[test]
fn nothing_typed_is_no_password() {
    let folder = tempfile::tempdir().unwrap();
    for typed in ["", "\n", "\r\n"] {
        let mut child = hash_password(folder.path());
        child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{typed:?}");
        assert!(output.stdout.is_empty(), "{typed:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("no password was given on standard input"), "{said}");
    }
}
