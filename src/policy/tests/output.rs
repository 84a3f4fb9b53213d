//! Rules on results: when they are decided, what they leave to the engine, what the audit log says.

use std::collections::BTreeSet;

use mxcp_actors::domain::audit_event::PolicyDecision;
use mxcp_actors::sql_executor::engine::plan::{OutputPlan, ResultShape};
use serde_json::{Value, json};

use super::{policies, user_with_role};
use crate::policy::{
    CompiledPolicies, ConditionFailure, Denial, OutputRules, PolicyTrail, PolicyUser, Redaction,
};

fn output(rules: &str) -> CompiledPolicies {
    policies(&format!("  policies:\n    output:\n{rules}"))
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Decides before the query.
fn on_user(policies: &CompiledPolicies, user: &PolicyUser) -> (Result<Redaction, Denial>, PolicyTrail) {
    let mut trail = PolicyTrail::default();
    match policies.output() {
        OutputRules::OnUser(rules) => (rules.check(user, &mut trail), trail),
        other => panic!("expected rules on the user, found {other:?}"),
    }
}

/// Decides after the query, and applies the decision.
fn on_response(policies: &CompiledPolicies, json: &str) -> (Result<Value, Denial>, PolicyTrail) {
    let mut trail = PolicyTrail::default();
    let OutputRules::OnResponse(rules) = policies.output() else {
        panic!("expected rules on the response");
    };
    let redaction = rules.check(&user_with_role("user"), json.as_bytes(), &mut trail);
    let redacted = redaction.map(|redaction| {
        let json = redaction.apply(json.as_bytes()).unwrap();
        serde_json::from_slice(&json).unwrap()
    });
    (redacted, trail)
}

#[test]
fn rules_that_do_not_look_at_the_result_become_part_of_the_plan() {
    let policies = output(concat!(
        "      - {condition: \"user.role != 'hr'\", action: filter_fields, fields: [salary, ssn]}\n",
        "      - {condition: \"user.role == 'guest'\", action: mask_fields, fields: [email, salary]}\n",
    ));
    let plan = OutputPlan::shaped(ResultShape::SingleRow);
    let (redaction, trail) = on_user(&policies, &user_with_role("guest"));
    let (narrowed, rest) = redaction.unwrap().split(&plan);
    assert_eq!(narrowed.shape, ResultShape::SingleRow);
    assert_eq!(narrowed.dropped, names(&["salary", "ssn"]));
    assert_eq!(narrowed.masked, names(&["email", "salary"]));
    assert!(rest.is_nothing());
    assert_eq!(
        trail.evaluated().collect::<Vec<_>>(),
        ["output[0]: user.role != 'hr'", "output[1]: user.role == 'guest'"]
    );
    assert_eq!(trail.decision(), Some(PolicyDecision::Warn));
    assert_eq!(trail.reason(), Some("Output modified by mask_fields"));
}

#[test]
fn rules_that_do_not_hold_change_nothing() {
    let policies =
        output("      - {condition: \"user.role != 'hr'\", action: filter_fields, fields: [salary]}\n");
    let (redaction, trail) = on_user(&policies, &user_with_role("hr"));
    let (plan, rest) = redaction.unwrap().split(&OutputPlan::rows());
    assert_eq!((plan, rest.is_nothing()), (OutputPlan::rows(), true));
    assert_eq!(
        (trail.decision(), trail.reason()),
        (Some(PolicyDecision::Allow), None)
    );
}

#[test]
fn an_output_rule_can_refuse() {
    let policies = output(concat!(
        "      - {condition: \"user.role == 'guest'\", action: deny, reason: Not for guests}\n",
        "      - {condition: \"user.role != 'hr'\", action: deny}\n",
    ));
    let told = |role: &str| {
        on_user(&policies, &user_with_role(role))
            .0
            .unwrap_err()
            .to_string()
    };
    assert_eq!(told("guest"), "Output policy enforcement failed: Not for guests");
    assert_eq!(
        told("user"),
        "Output policy enforcement failed: Output blocked by policy"
    );
    assert!(on_user(&policies, &user_with_role("hr")).0.is_ok());
}

#[test]
fn a_rule_that_would_mask_refuses_when_it_cannot_be_evaluated() {
    let policies = output(
        "      - {condition: \"!user.email.endsWith('@x')\", action: mask_fields, fields: [a], reason: Names are private}\n",
    );
    let (denied, trail) = on_user(&policies, &PolicyUser::anonymous());
    let denied = denied.unwrap_err();
    assert_eq!(
        denied.to_string(),
        "Output policy enforcement failed: Output blocked by policy"
    );
    assert!(matches!(
        denied.failure.as_deref(),
        Some(ConditionFailure::WrongTypes { .. })
    ));
    assert_eq!(trail.decision(), Some(PolicyDecision::Deny));
}

#[test]
fn one_condition_on_the_response_makes_all_rules_wait_for_it() {
    let policies = output(concat!(
        "      - {condition: \"user.role == 'user'\", action: filter_fields, fields: [total]}\n",
        "      - {condition: \"response.exists(row, row.total > 100)\", action: mask_fields, fields: [name, total]}\n",
    ));
    let (redacted, trail) = on_response(
        &policies,
        r#"[{"name":"a","total":5,"id":1},{"name":"b","total":100.5,"id":2}]"#,
    );
    // The second rule sees the total that the first one takes away.
    assert_eq!(
        redacted.unwrap(),
        json!([{"name": "****", "id": 1}, {"name": "****", "id": 2}])
    );
    assert_eq!(trail.reason(), Some("Output modified by mask_fields"));
    let (redacted, trail) = on_response(&policies, r#"[{"name":"a","total":5}]"#);
    assert_eq!(redacted.unwrap(), json!([{"name": "a"}]));
    assert_eq!(trail.reason(), Some("Output modified by filter_fields"));
}

#[test]
fn a_response_that_a_condition_does_not_fit_is_refused() {
    let policies = output("      - {condition: \"response.total > 100\", action: deny, reason: Too much}\n");
    assert_eq!(
        on_response(&policies, r#"{"total":100}"#).0.unwrap(),
        json!({"total": 100})
    );
    let denied = |json: &str| on_response(&policies, json).0.unwrap_err();
    assert_eq!(denied(r#"{"total":101}"#).failure, None);
    for response in [
        r#"{"total":null}"#,
        r#"{"sum":1}"#,
        "[]",
        "null",
        r#"{"total":"1"}"#,
    ] {
        let denied = denied(response);
        assert_eq!(denied.to_string(), "Output policy enforcement failed: Too much");
        assert!(denied.failure.is_some(), "{response}");
    }
    for broken in ["", "{", r#"{"total":1} x"#, "NaN", "\"\u{1}\""] {
        assert_eq!(
            denied(broken).failure.as_deref(),
            Some(&ConditionFailure::UnreadableValues),
            "{broken}"
        );
    }
}

#[test]
fn lists_in_a_result_do_not_switch_policies_off() {
    let policies = output(
        "      - {condition: \"response.exists(row, 'x' in row.tags)\", action: filter_fields, fields: [secret]}\n",
    );
    let (redacted, _) = on_response(&policies, r#"[{"tags":["x","y"],"secret":[1,2]}]"#);
    assert_eq!(redacted.unwrap(), json!([{"tags": ["x", "y"]}]));
}

#[test]
fn without_output_rules_there_is_nothing_to_decide() {
    let policies = policies("  policies:\n    input: [{condition: \"false\", action: deny}]\n");
    assert!(matches!(policies.output(), OutputRules::None));
}

#[test]
fn both_stages_are_one_trail() {
    let policies = policies(concat!(
        "  policies:\n",
        "    input: [{condition: \"user.role == 'guest'\", action: deny}]\n",
        "    output: [{condition: \"user.role == 'user'\", action: mask_fields, fields: [a]}]\n",
    ));
    let mut trail = PolicyTrail::default();
    let user = user_with_role("user");
    policies
        .check_input(&user, &serde_json::Map::new(), &mut trail)
        .unwrap();
    let OutputRules::OnUser(rules) = policies.output() else {
        panic!("these rules look at the user only");
    };
    assert!(!rules.check(&user, &mut trail).unwrap().is_nothing());
    assert_eq!(
        trail.evaluated().collect::<Vec<_>>(),
        ["input[0]: user.role == 'guest'", "output[0]: user.role == 'user'"]
    );
    assert_eq!(trail.decision(), Some(PolicyDecision::Warn));
}
