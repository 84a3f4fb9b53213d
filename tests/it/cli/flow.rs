//! `auth flow`: attempts to log in at the real program, and what the audit log says about them afterwards.

use std::fs;
use std::path::Path;

use awc::http::StatusCode;
use mxcp_actors::domain::clock::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::audit::records;
use crate::github::fake::Quirks;
use crate::github::fake::state::Canned;
use crate::github::{come_back, fake, project};
use crate::login::{self, Browser, CLIENT, Caller, PASSWORD, REDIRECT, query};
use crate::server::{Project, Server, program};

/// What a run printed, and its exit code.
struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn flow(folder: &Path, arguments: &[&str]) -> Ran {
    let output = program(folder)
        .args(["auth", "flow"])
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran {
        code: output.status.code(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

/// The attempt that a reference leads to.
fn found(folder: &Path, reference: &str) -> Value {
    let ran = flow(folder, &[reference, "--json-output"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    let json: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(json["status"], "ok");
    json["result"].clone()
}

/// The steps that are surely of the attempt.
fn steps(flow: &Value) -> Vec<&str> {
    let lines = flow["lines"].as_array().unwrap().iter();
    let exact = lines.filter(|line| line["certainty"] == "exact");
    exact.map(|line| line["step"].as_str().unwrap()).collect()
}

fn with_user() -> Server {
    login::naming("{ type: memory }").start()
}

fn stopped(server: Server) -> TempDir {
    let (status, folder) = server.stop();
    assert_eq!(status.code(), Some(0));
    folder
}

/// The last record's member.
fn last(folder: &TempDir, member: &str) -> String {
    let records = records(&folder.path().join("audit"));
    let value = records.iter().rev().find_map(|record| record[member].as_str());
    value.unwrap().to_owned()
}

#[actix_rt::test]
async fn a_whole_login_is_found_by_its_attempt_its_grant_and_each_of_its_requests() {
    let server = with_user();
    server.get("/.well-known/oauth-protected-resource").await;
    let caller = Caller::log_in(&server, "ada").await;
    let called = caller
        .ask_for_answer("tools/call", json!({ "name": "who", "arguments": {} }))
        .await;
    let call = called.header("x-request-id").unwrap().to_owned();
    let secrets = caller.secrets().to_vec();
    let folder = stopped(server);
    let (attempt, grant) = (last(&folder, "attempt_id"), last(&folder, "grant_id"));
    for reference in [attempt.to_lowercase(), attempt.clone(), grant.clone(), call] {
        let flow = found(folder.path(), &reference);
        assert_eq!(flow["outcome"], "succeeded", "{reference}: {flow}");
        assert_eq!(
            (&flow["attempt_id"], &flow["grant_id"]),
            (&json!(attempt), &json!(grant))
        );
        assert_eq!(
            (&flow["client_id"], &flow["client_name"], &flow["user"]),
            (&json!(CLIENT), &json!("Test"), &json!("ada"))
        );
        assert_eq!(
            steps(&flow),
            ["authorize", "log_in", "consent", "code", "token", "call"]
        );
        let first = &flow["lines"][0];
        assert_eq!(
            (&first["step"], &first["certainty"]),
            (&json!("discovery"), &json!("same_network"))
        );
        let told = flow.to_string();
        for secret in secrets.iter().map(String::as_str).chain([PASSWORD, "st&te"]) {
            assert!(!told.contains(secret), "{secret} in {told}");
        }
    }
    let text = flow(folder.path(), &[&attempt]).stdout;
    for part in [
        &format!("Login attempt {attempt}: succeeded\n"),
        "client test-client (Test), user ada, grant ",
        "~ discovery  metadata_read ",
        "authorize    authorization_requested  ok       127.0.0.1  -     to http://localhost:3000/callback",
        "Next: Nothing: the client works with its tokens.\n",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}

#[actix_rt::test]
async fn a_consent_that_was_denied_is_the_users_decision() {
    let server = with_user();
    let mut browser = Browser::new(&server);
    let page = browser.begin(None).await;
    let answers = [("username", "ada"), ("password", PASSWORD)];
    let page = browser.submit(&page, &answers).await;
    browser.submit(&page, &[("decision", "deny")]).await;
    let folder = stopped(server);
    let flow = found(folder.path(), &last(&folder, "attempt_id"));
    assert_eq!(
        (&flow["outcome"], &flow["step"], &flow["reason"]),
        (&json!("failed"), &json!("consent"), &json!("the user refused"))
    );
    assert_eq!(steps(&flow), ["authorize", "log_in", "consent"]);
    assert!(
        flow["next"].as_str().unwrap().starts_with("The user said no."),
        "{flow}"
    );
}

#[actix_rt::test]
async fn the_reference_of_an_error_page_finds_a_wrong_redirect_uri() {
    let server = with_user();
    let wrong = query(&[
        ("response_type", "code"),
        ("client_id", CLIENT),
        ("redirect_uri", &format!("{REDIRECT}/")),
        ("state", "canary-state"),
    ]);
    let page = server.get(&format!("/authorize?{wrong}")).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    let html = String::from_utf8(page.body.clone()).unwrap();
    let (_, after) = html
        .split_once("Reference for the operator of this server: <code>")
        .unwrap();
    let (reference, _) = after.split_once("</code>").unwrap();
    assert_eq!(Some(reference), page.header("x-request-id"));
    let folder = stopped(server);
    let flow = found(folder.path(), reference);
    assert_eq!(
        (&flow["outcome"], &flow["step"], &flow["client_id"]),
        (&json!("failed"), &json!("authorize"), &json!(CLIENT))
    );
    assert!(flow["attempt_id"].is_string());
    assert!(
        flow["next"]
            .as_str()
            .unwrap()
            .starts_with("Register the address exactly"),
        "{flow}"
    );
    assert!(!flow.to_string().contains("canary"), "{flow}");
}

#[actix_rt::test]
async fn a_login_that_fails_at_the_provider_or_after_it_says_so() {
    let fake = fake(Quirks::default());
    let server = project(&fake).start();
    let mut browser = Browser::new(&server);
    fake.state().quirks.token_answer = Some(Canned::Status(502));
    let back = come_back(&mut browser, "allow").await;
    browser.walk("GET", &back, String::new()).await;
    let folder = stopped(server);
    let failed = found(folder.path(), &last(&folder, "attempt_id"));
    assert_eq!(
        (&failed["outcome"], &failed["step"]),
        (&json!("failed"), &json!("callback"))
    );
    assert!(
        failed["reason"]
            .as_str()
            .unwrap()
            .contains("cannot be asked just now"),
        "{failed}"
    );
    assert_eq!(steps(&failed), ["authorize", "consent", "upstream", "callback"]);
    assert!(
        failed["next"].as_str().unwrap().contains("mxcp_provider_failing"),
        "{failed}"
    );
}

#[actix_rt::test]
async fn a_code_that_the_client_spoils_leads_back_to_its_login() {
    let server = with_user();
    let code = Browser::new(&server).code("ada", login::SCOPES).await;
    let spoilt = String::from_utf8(login::exchange(&code))
        .unwrap()
        .replace("localhost", "127.0.0.1");
    let answer = server
        .request("POST", "/token", login::FORM, spoilt.into_bytes())
        .await;
    assert_eq!(answer.json()["error"], "invalid_grant");
    let request = answer.header("x-request-id").unwrap().to_owned();
    let flow = found(stopped(server).path(), &request);
    assert_eq!(
        (&flow["outcome"], &flow["step"], &flow["user"]),
        (&json!("failed"), &json!("token"), &json!("ada"))
    );
    assert_eq!(steps(&flow), ["authorize", "log_in", "consent", "code", "token"]);
}

#[actix_rt::test]
async fn a_login_has_ended_once_its_client_gives_the_refresh_token_back() {
    let server = with_user();
    let caller = Caller::log_in(&server, "ada").await;
    let [_, access_token, refresh_token, ..] = caller.secrets() else {
        panic!("a code and two tokens");
    };
    let mut answered = Vec::new();
    for token in [access_token, refresh_token] {
        let form = query(&[
            ("client_id", CLIENT),
            ("client_secret", login::CLIENT_SECRET),
            ("token", token),
        ]);
        let answer = server
            .request("POST", "/revoke", login::FORM, form.into_bytes())
            .await;
        assert_eq!(answer.status, StatusCode::OK);
        let name = answer.header("x-request-id").unwrap().to_owned();
        answered.push(name);
    }
    let folder = stopped(server);
    let ended = found(folder.path(), &answered[1]);
    assert_eq!(
        (&ended["outcome"], &ended["reason"]),
        (&json!("ended"), &json!("the client gave its token back"))
    );
    without_last_record(folder.path());
    let lasts = found(folder.path(), &answered[0]);
    assert_eq!(
        lasts["outcome"], "succeeded",
        "an access token is not the login: {lasts}"
    );
}

#[actix_rt::test]
async fn a_login_that_nobody_goes_on_with_is_waited_for_and_then_given_up() {
    let server = with_user();
    Browser::new(&server).begin(None).await;
    let folder = stopped(server);
    let attempt = last(&folder, "attempt_id");
    let waiting = found(folder.path(), &attempt);
    assert_eq!(
        (&waiting["outcome"], &waiting["step"]),
        (&json!("under_way"), &json!("authorize"))
    );
    an_hour_ago(folder.path());
    let left = found(folder.path(), &attempt);
    assert_eq!(
        (&left["outcome"], &left["step"]),
        (&json!("given_up"), &json!("authorize"))
    );
    assert!(
        left["next"].as_str().unwrap().contains("nobody answered it"),
        "{left}"
    );
}

#[actix_rt::test]
async fn another_replicas_files_are_read_from_their_folder() {
    let server = with_user();
    let caller = Caller::log_in(&server, "ada").await;
    caller.call("who", json!({})).await;
    let folder = stopped(server);
    let grant = last(&folder, "grant_id");
    let other = folder.path().join("replica-2");
    fs::create_dir(&other).unwrap();
    let text = fs::read_to_string(segment(folder.path())).unwrap();
    let (of_other, kept): (Vec<&str>, Vec<&str>) = text
        .lines()
        .partition(|line| line.contains("code_issued") || line.contains("token_issued"));
    let name = segment(folder.path()).file_name().unwrap().to_owned();
    fs::write(segment(folder.path()), format!("{}\n", kept.join("\n"))).unwrap();
    fs::write(other.join(name), format!("{}\n", of_other.join("\n"))).unwrap();
    let alone = found(folder.path(), &grant);
    assert_eq!(
        alone["attempt_id"],
        Value::Null,
        "what ties them is elsewhere: {alone}"
    );
    let both = flow(
        folder.path(),
        &[&grant, "--audit-folder", "replica-2", "--json-output"],
    );
    let both: Value = serde_json::from_str(&both.stdout).unwrap();
    assert_eq!(both["result"]["outcome"], "succeeded", "{both}");
    assert!(both["result"]["attempt_id"].is_string(), "{both}");
    let missing = flow(folder.path(), &[&grant, "--audit-folder", "replica-3"]);
    assert_eq!(missing.code, Some(1));
    assert!(
        missing.stderr.ends_with("replica-3 is no folder\n"),
        "{}",
        missing.stderr
    );
}

#[actix_rt::test]
async fn what_is_unknown_or_not_recorded_is_said() {
    let folder = stopped(with_user());
    let nothing = flow(folder.path(), &["7K2M-9QXD-0A4T"]);
    assert_eq!(nothing.code, Some(1));
    assert_eq!(
        nothing.stderr,
        "no audit record names \"7K2M-9QXD-0A4T\": there are no records yet\n"
    );
    let server = Project::new().tool("one", "SELECT 1 AS x", "").start();
    server.call("one", json!({})).await;
    let folder = stopped(server);
    let unknown = flow(folder.path(), &["proxy-4711", "--json-output"]);
    let said: Value = serde_json::from_str(&unknown.stdout).unwrap();
    assert_eq!((unknown.code, &said["status"]), (Some(1), &json!("error")));
    assert!(
        said["error"]
            .as_str()
            .unwrap()
            .contains("The oldest record that is kept is of 20"),
        "{said}"
    );
    assert!(
        flow(folder.path(), &["a b"])
            .stderr
            .starts_with("this is no reference")
    );
    let off = Project::new()
        .file(
            "mxcp-site.yml",
            "mxcp: 1\nproject: test\nprofile: dev\nprofiles: { dev: { audit: { enabled: false } } }\n",
        )
        .written();
    assert_eq!(
        flow(off.path(), &["x"]).stderr,
        "the profile dev has audit.enabled: false, so there is no audit log to read\n"
    );
}

/// The one file with records.
fn segment(folder: &Path) -> std::path::PathBuf {
    let files = fs::read_dir(folder.join("audit")).unwrap();
    let mut files = files.map(|entry| entry.unwrap().path());
    files
        .find(|path| !path.to_string_lossy().ends_with("_schemas.jsonl"))
        .unwrap()
}

/// Takes the newest record away.
fn without_last_record(folder: &Path) {
    let path = segment(folder);
    let text = fs::read_to_string(&path).unwrap();
    let kept = text.trim_end().rsplit_once('\n').unwrap().0;
    fs::write(path, format!("{kept}\n")).unwrap();
}

/// Makes every record an hour older.
fn an_hour_ago(folder: &Path) {
    let path = segment(folder);
    let text = fs::read_to_string(&path).unwrap();
    let older = text.lines().map(|line| {
        let mut record: Value = serde_json::from_str(line).unwrap();
        let time = Timestamp::parse_rfc3339(record["timestamp"].as_str().unwrap()).unwrap();
        record["timestamp"] = json!((time - std::time::Duration::from_hours(1)).to_string());
        format!("{record}\n")
    });
    let older: String = older.collect();
    fs::write(path, older).unwrap();
}
