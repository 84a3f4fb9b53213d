//! Records have the fields that scripts expect, and cannot be forged by their content.

use super::*;
use crate::domain::randomness::SeededRandomness;
use crate::domain::user::{UserKey, VerifiedEmail};
use serde_json::json;

fn denied_call() -> AuditRecord {
    let operation = AuditedOperation {
        operation_type: OperationType::Tool,
        name: "get_secret".to_owned(),
        status: OperationStatus::Error,
        duration: Duration::from_micros(12_900),
        caller_type: CallerType::Http,
        policy_decision: Some(PolicyDecision::Deny),
    };
    let now = Timestamp::from_microseconds(1_704_067_200_000_001);
    AuditRecord::new(operation, now, &SeededRandomness::new(1)).unwrap()
}

#[test]
fn a_record_has_the_fields_and_words_of_mxcp() {
    let mut record = denied_call();
    let mut identity = UserIdentity::bare(
        UserKey {
            issuer: "https://github.com".into(),
            subject: "42".into(),
        },
        "github",
    );
    identity.username = Some("octocat".to_owned());
    identity.email = VerifiedEmail::from_claims("o@example.com", true);
    record.user = AuditedUser::from(&identity);
    let written = serde_json::to_value(&record).unwrap();
    for (field, value) in [
        ("schema_name", json!("mxcp.endpoints")),
        ("schema_version", json!(2)),
        ("timestamp", json!("2024-01-01T00:00:00.000001Z")),
        ("operation_type", json!("tool")),
        ("operation_status", json!("error")),
        ("duration_ms", json!(12)),
        ("caller_type", json!("http")),
        ("user_id", json!("42")),
        ("user_name", json!("octocat")),
        ("user_provider", json!("github")),
        ("user_display_name", json!(null)),
        ("user_email", json!("o@example.com")),
        ("policy_decision", json!("deny")),
        ("signature", json!(null)),
        (
            "business_context",
            json!({
                "operation_type": "tool", "operation_name": "get_secret",
                "operation_status": "error", "policy_decision": "deny",
            }),
        ),
    ] {
        assert_eq!(written.get(field), Some(&value), "{field}");
    }
    assert_eq!(written.as_object().unwrap().len(), 34);
}

#[test]
fn one_record_is_one_line_and_reads_back() {
    let mut record = denied_call();
    record.error = Some("forged\r\n{\"schema_name\":\"mxcp.endpoints\"}\u{1b}[31m".to_owned());
    let line = serde_json::to_string(&record).unwrap();
    assert!(!line.chars().any(char::is_control));
    assert_eq!(serde_json::from_str::<AuditRecord>(&line).unwrap(), record);
}

#[test]
fn a_record_that_mxcp_wrote_can_be_read() {
    let line = json!({
        "schema_name": "mxcp.endpoints", "schema_version": 2, "record_id": "r", "timestamp": "2024-01-01T00:00:00.000001Z",
        "operation_type": "prompt", "operation_name": "p", "operation_status": "success", "duration_ms": 3,
        "caller_type": "stdio", "user_id": null, "session_id": null, "trace_id": null, "input_data": {"a": 1},
        "output_data": [1], "error": null, "policies_evaluated": [], "policy_decision": null, "policy_reason": null,
        "business_context": {}, "execution_events": [], "prev_hash": null, "record_hash": null, "signature": null,
    });
    let record: AuditRecord = serde_json::from_value(line).unwrap();
    assert_eq!(
        (record.operation_type, record.user),
        (OperationType::Prompt, AuditedUser::default())
    );
}

#[test]
fn denials_and_authentication_are_never_dropped() {
    let login = AuditedOperation::authentication(AuthenticationEvent::LoginFailed, OperationStatus::Error);
    let login = AuditRecord::new(login, Timestamp::UNIX_EPOCH, &SeededRandomness::new(1)).unwrap();
    assert_eq!(login.operation_name, "login_failed");
    assert!(login.must_be_kept());
    assert!(denied_call().must_be_kept());
    let allowed = AuditRecord {
        policy_decision: Some(PolicyDecision::Allow),
        ..denied_call()
    };
    assert!(!allowed.must_be_kept());
}
