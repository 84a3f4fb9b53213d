//! `user` in conditions: who has which fields.

use std::collections::BTreeSet;

use mxcp_actors::domain::user::VerifiedEmail;
use serde_json::{Value, json};

use super::{holds, identity, object};
use crate::policy::{ConditionFailure, PolicyUser, UserContextError, UserContextOrigin};

fn context(value: Value) -> Result<PolicyUser, UserContextError> {
    PolicyUser::of_context(&object(value), UserContextOrigin::CommandLine)
}

#[track_caller]
fn all_hold(user: &PolicyUser, conditions: &[&str]) {
    for condition in conditions {
        assert_eq!(holds(condition, user, json!({})), Ok(true), "{condition}");
    }
}

#[test]
fn an_anonymous_caller_has_every_field() {
    let user = PolicyUser::anonymous();
    all_hold(
        &user,
        &[
            "user.role == 'anonymous'",
            "user.id == null && user.user_id == null && user.username == null && user.email == null",
            "user.name == null && user.provider == null",
            "user.permissions == [] && user.groups == [] && user.capabilities == []",
            "!('admin' in user.groups)",
            "user['role'] == 'anonymous'",
            "size(user) == 10",
        ],
    );
}

#[test]
fn a_user_is_what_provider_and_mapping_say() {
    let texts = |texts: &[&str]| {
        texts
            .iter()
            .map(|text| (*text).to_owned())
            .collect::<BTreeSet<_>>()
    };
    let mut identity = identity();
    all_hold(
        &PolicyUser::of_identity(&identity),
        &["user.role == 'user'", "user.name == null"],
    );
    identity.username = Some("octocat".to_owned());
    identity.name = Some("Mona".to_owned());
    identity.email = VerifiedEmail::from_claims("mona@example.com", true);
    identity.role = Some("admin".to_owned());
    identity.permissions = texts(&["notes.read", "notes.write"]);
    identity.groups = texts(&["github"]);
    identity.capabilities = texts(&["export"]);
    all_hold(
        &PolicyUser::of_identity(&identity),
        &[
            "user.id == '583231' && user.user_id == user.id",
            "user.username == 'octocat' && user.name == 'Mona' && user.email == 'mona@example.com'",
            "user.provider == 'github' && user.role == 'admin'",
            "'notes.write' in user.permissions && 'github' in user.groups && 'export' in user.capabilities",
        ],
    );
}

#[test]
fn has_says_whether_a_field_has_a_value() {
    let mut identity = identity();
    all_hold(
        &PolicyUser::of_identity(&identity),
        &[
            "!has(user.name)",
            "has(user.id)",
            "has(user.groups)",
            "[1].exists(x, !has(user.email))",
        ],
    );
    identity.name = Some("Mona".to_owned());
    all_hold(
        &PolicyUser::of_identity(&identity),
        &["has(user.name) && user.name.startsWith('M')"],
    );
}

#[test]
fn an_unknown_field_that_is_computed_denies() {
    let outcome = holds(
        "user['de' + 'partment'] == 'x'",
        &PolicyUser::anonymous(),
        json!({}),
    );
    assert_eq!(outcome, Err(ConditionFailure::Missing));
}

#[test]
fn a_user_context_fills_in_what_mxcp_fills_in() {
    all_hold(
        &context(json!({})).unwrap(),
        &[
            "user.id == 'cli_user' && user.username == 'cli_user' && user.provider == 'cli' && user.role == 'user'",
        ],
    );
    let of_test = PolicyUser::of_context(&object(json!({"role": null})), UserContextOrigin::Test).unwrap();
    all_hold(
        &of_test,
        &["user.id == 'test_user' && user.provider == 'test' && user.role == 'user'"],
    );
    let full = json!({
        "user_id": 7, "username": "eve", "email": "eve@example.com", "name": "Eve", "provider": "keycloak",
        "role": "admin", "permissions": ["a"], "groups": ["g"], "capabilities": ["c"], "department": "sales",
    });
    all_hold(
        &context(full).unwrap(),
        &[
            "user.id == '7' && user.username == 'eve' && user.email == 'eve@example.com' && user.name == 'Eve'",
            "user.provider == 'keycloak' && user.role == 'admin'",
            "user.permissions == ['a'] && user.groups == ['g'] && user.capabilities == ['c']",
        ],
    );
}

#[test]
fn a_user_context_that_no_user_can_have_is_refused() {
    let refused = |value: Value| context(value).unwrap_err().to_string();
    assert_eq!(
        refused(json!({"role": ["admin"]})),
        "user context: role must be text"
    );
    assert_eq!(
        refused(json!({"email": true})),
        "user context: email must be text"
    );
    assert_eq!(
        refused(json!({"permissions": "a,b"})),
        "user context: permissions must be a list of texts"
    );
    assert_eq!(
        refused(json!({"groups": ["a", 1]})),
        "user context: groups must be a list of texts"
    );
}

#[test]
fn debugging_output_has_no_personal_data() {
    let user = context(json!({"name": "Eve", "email": "eve@example.com"})).unwrap();
    assert_eq!(
        format!("{user:?}"),
        "PolicyUser { id: Some(\"cli_user\"), role: \"user\", .. }"
    );
}
