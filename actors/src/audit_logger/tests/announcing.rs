//! The server's own log: who called and who logged in, with an audit log and without one.

use log::Level;
use serde_json::{Map, Value};

use super::fixture::{House, authentication, call, capture_log, denial, logged, record};
use crate::audit_logger::audit_log::AuditLog;
use crate::audit_logger::log_line::{level, log_line};
use crate::audit_logger::messages::{AuditedOutput, RecordEvent};
use crate::audit_logger::redaction::RedactionRules;
use crate::domain::audit_event::{AuthenticationEvent, OperationStatus, OperationType};
use crate::domain::secret::Secret;

#[test]
fn a_call_says_who_what_how_long_and_how_it_ended() {
    let mut record = record(OperationType::Tool, "get_user");
    record.user.user_name = Some("octocat".to_owned());
    record.user.user_id = Some("42".to_owned());
    record.user.user_provider = Some("github".to_owned());
    record.user.user_display_name = Some("The \"Octo\" Cat".to_owned());
    record.user.user_email = Some("o+cat@example.com".to_owned());
    record.client_id = Some("claude".to_owned());
    record.error = Some("someone's data".to_owned());
    assert_eq!(
        log_line(&record),
        "call tool=get_user user=octocat user_id=42 provider=github display_name=\"The \\\"Octo\\\" Cat\" \
         email=o+cat@example.com client=claude trace=- duration_ms=7 outcome=success"
    );
    assert_eq!(level(&record), Level::Info);
}

#[test]
fn what_is_not_known_cannot_be_confused_with_a_dash() {
    let mut record = record(OperationType::Resource, "notes://{id}");
    record.user.user_name = Some("-".to_owned());
    record.user.user_id = Some(String::new());
    record.operation_status = OperationStatus::Error;
    assert_eq!(
        log_line(&record),
        "call resource=\"notes://{id}\" user=\"-\" user_id=\"\" provider=- display_name=- email=- client=- trace=- \
         duration_ms=7 outcome=error"
    );
}

#[test]
fn outcomes_and_events_have_their_words_and_levels() {
    assert!(log_line(&denial("x").record).ends_with("outcome=denied"));
    let mut failed = authentication(AuthenticationEvent::LoginFailed, "ada").record;
    failed.operation_status = OperationStatus::Error;
    failed.error = Some("Invalid state parameter".to_owned());
    assert_eq!(
        log_line(&failed),
        "login user=ada user_id=- provider=- display_name=- email=- client=- trace=- outcome=error \
         error=\"Invalid state parameter\""
    );
    for (event, expected) in [
        (AuthenticationEvent::LoginSucceeded, Level::Info),
        (AuthenticationEvent::LoginFailed, Level::Info),
        (AuthenticationEvent::RefreshTokenReused, Level::Warn),
        (AuthenticationEvent::CodeReplayed, Level::Warn),
        (AuthenticationEvent::TokenRefreshed, Level::Debug),
        (AuthenticationEvent::RequestRefused, Level::Debug),
    ] {
        assert_eq!(level(&authentication(event, "ada").record), expected, "{event:?}");
    }
    let revoked = authentication(AuthenticationEvent::TokenRevoked, "ada").record;
    assert!(log_line(&revoked).starts_with("authentication event=token_revoked user=ada "));
}

#[test]
fn a_name_cannot_forge_a_line() {
    let mut record = record(OperationType::Tool, "t");
    record.user.user_name = Some("eve\r\nINFO call tool=x\u{1b}[2K\u{9b}\u{85}\u{2028}\u{202e}".to_owned());
    assert!(
        log_line(&record)
            .contains(r#" user="eve\r\nINFO call tool=x\u{1b}[2K\u{9b}\u{85}\u{2028}\u{202e}" "#)
    );
    record.user.user_name = Some("n".repeat(300));
    assert!(log_line(&record).contains(&format!(" user=\"{}\"(+100) ", "n".repeat(200))));
}

#[test]
fn calls_and_logins_are_seen_without_an_audit_log() {
    capture_log();
    let log = AuditLog::off();
    log.place().unwrap().record(call("seen_with_audit_off"));
    log.record(authentication(
        AuthenticationEvent::LoginSucceeded,
        "ada_with_audit_off",
    ))
    .unwrap();
    log.record(authentication(
        AuthenticationEvent::TokenRefreshed,
        "bob_with_audit_off",
    ))
    .unwrap();
    for text in ["call tool=seen_with_audit_off ", "login user=ada_with_audit_off "] {
        let lines = logged(text);
        assert_eq!((lines.len(), lines[0].0), (1, Level::Info), "{text}");
    }
    assert!(logged("bob_with_audit_off").is_empty(), "that is for --debug");
    assert!(!log.status().is_enabled);
    assert_eq!(log.status().accepted.total(), 0);
}

#[test]
fn the_error_of_a_login_repeats_no_credential() {
    capture_log();
    let mut event = authentication(AuthenticationEvent::LoginFailed, "eve_and_her_canary");
    event.record.input_data = Map::from_iter([("password".to_owned(), Value::from("canary-0815"))]);
    event.record.error = Some("'canary-0815' is wrong".to_owned());
    AuditLog::off().record(event).unwrap();
    let lines = logged("eve_and_her_canary");
    assert!(
        lines[0].1.ends_with("error=\"'[REDACTED]' is wrong\""),
        "{lines:?}"
    );
}

#[test]
fn with_an_audit_log_the_line_is_said_once_and_without_secrets() {
    let house = House::new();
    house.run(|running| {
        running.record(RecordEvent {
            record: record(OperationType::Tool, "canary-4711-in-a-name"),
            output: AuditedOutput::NotRecorded,
            redaction: RedactionRules {
                secrets: &[Secret::new("canary-4711")],
                ..RedactionRules::NONE
            },
        });
    });
    assert_eq!(house.names(), ["[REDACTED]-in-a-name"]);
    assert_eq!(logged("tool=\"[REDACTED]-in-a-name\"").len(), 1);
    assert!(logged("canary-4711").is_empty());
}
