//! Rules before a call.

use mxcp_actors::domain::audit_event::PolicyDecision;
use mxcp_actors::domain::user::VerifiedEmail;
use serde_json::{Value, json};

use super::{identity, object, policies, user_with_role};
use crate::policy::{CompiledPolicies, ConditionFailure, Denial, PolicyTrail, PolicyUser, Stage};

const COMPANY_ONLY: &str = concat!(
    "  policies:\n",
    "    input:\n",
    "      - condition: \"!user.email.endsWith('@yourcompany.com')\"\n",
    "        action: deny\n",
    "        reason: Access restricted to company domain\n",
);

const BY_ROLE: &str = concat!(
    "  parameters: [{name: amount, type: number}, {name: user, type: string}]\n",
    "  policies:\n",
    "    input:\n",
    "      - {condition: \"user.role == 'guest'\", action: deny, reason: No guests}\n",
    "      - {condition: \"amount > 3.5\", action: deny}\n",
    "      - {condition: \"amount > 100\", action: deny, reason: Far too much}\n",
);

fn check(
    policies: &CompiledPolicies,
    user: &PolicyUser,
    arguments: Value,
) -> (Result<(), Denial>, PolicyTrail) {
    let mut trail = PolicyTrail::default();
    let outcome = policies.check_input(user, &object(arguments), &mut trail);
    (outcome, trail)
}

#[test]
fn the_first_rule_that_holds_refuses_with_its_reason() {
    let policies = policies(BY_ROLE);
    let (denied, trail) = check(&policies, &user_with_role("guest"), json!({"amount": 1000}));
    let denied = denied.unwrap_err();
    assert_eq!(denied.to_string(), "Policy enforcement failed: No guests");
    assert_eq!((denied.stage, denied.rule), (Stage::Input, 0));
    assert_eq!(
        trail.evaluated().collect::<Vec<_>>(),
        ["input[0]: user.role == 'guest'"]
    );
    assert_eq!(trail.decision(), Some(PolicyDecision::Deny));
    assert_eq!(trail.reason(), Some("No guests"));
}

#[test]
fn a_rule_without_a_reason_refuses_with_the_general_words() {
    let (denied, trail) = check(&policies(BY_ROLE), &user_with_role("user"), json!({"amount": 4}));
    let denied = denied.unwrap_err();
    assert_eq!(
        denied.to_string(),
        "Policy enforcement failed: Access denied by policy"
    );
    assert_eq!(
        denied.log_line(),
        "tools/t.yml:9:9: input[1] denied the call: Access denied by policy"
    );
    assert_eq!(
        trail.evaluated().collect::<Vec<_>>(),
        ["input[0]: user.role == 'guest'", "input[1]: amount > 3.5"]
    );
}

#[test]
fn a_call_that_no_rule_refuses_is_allowed() {
    let (allowed, trail) = check(&policies(BY_ROLE), &user_with_role("user"), json!({"amount": 3}));
    assert_eq!(allowed, Ok(()));
    assert_eq!(trail.evaluated().count(), 3);
    assert_eq!(
        (trail.decision(), trail.reason()),
        (Some(PolicyDecision::Allow), None)
    );
}

#[test]
fn the_caller_is_not_an_argument_named_user() {
    let policies = policies(BY_ROLE);
    let pretending = json!({"amount": 1, "user": {"role": "admin"}});
    assert!(check(&policies, &user_with_role("guest"), pretending).0.is_err());
}

#[test]
fn a_definition_without_policies_leaves_no_trail() {
    let policies = policies("  policies: {}\n");
    let (allowed, trail) = check(&policies, &PolicyUser::anonymous(), json!({}));
    assert_eq!((allowed, trail), (Ok(()), PolicyTrail::default()));
    assert!(policies.is_empty());
}

#[test]
fn nobody_without_an_address_passes_a_rule_on_addresses() {
    let policies = policies(COMPANY_ONLY);
    let with = |address: Option<&str>| {
        let mut identity = identity();
        identity.email = address.and_then(|address| VerifiedEmail::from_claims(address, true));
        check(&policies, &PolicyUser::of_identity(&identity), json!({}))
    };
    assert_eq!(with(Some("a@yourcompany.com")).0, Ok(()));
    assert_eq!(with(Some("a@elsewhere.com")).0.unwrap_err().failure, None);
    let (denied, trail) = with(None);
    let denied = denied.unwrap_err();
    assert_eq!(
        denied.to_string(),
        "Policy enforcement failed: Access restricted to company domain"
    );
    assert_eq!(
        denied.log_line(),
        "tools/t.yml:7:9: input[0] denied the call: Access restricted to company domain \
         (the condition cannot be evaluated: endsWith does not take (null_type, string))"
    );
    assert!(trail.reason().unwrap().contains("cannot be evaluated"));
    assert!(check(&policies, &PolicyUser::anonymous(), json!({})).0.is_err());
}

#[test]
fn a_condition_that_cannot_be_evaluated_denies_where_mxcp_would_allow() {
    let policies = policies(BY_ROLE);
    for amount in [json!(null), json!("4"), json!([4]), json!({"value": 4})] {
        let (denied, _) = check(&policies, &user_with_role("user"), json!({"amount": amount}));
        let denied = denied.unwrap_err();
        assert_eq!(
            denied.to_string(),
            "Policy enforcement failed: Access denied by policy"
        );
        assert!(
            matches!(
                denied.failure.as_deref(),
                Some(ConditionFailure::WrongTypes { .. })
            ),
            "{amount}"
        );
    }
}

#[test]
fn nested_arguments_are_seen_as_they_are() {
    let policies = policies(concat!(
        "  parameters: [{name: order, type: object, properties: {lines: {type: array, items: {type: object}}}}]\n",
        "  policies:\n",
        "    input: [{condition: \"order.lines.exists(line, line.quantity * line.price > 100)\", action: deny}]\n",
    ));
    let order = |price: i64| json!({"order": {"lines": [{"quantity": 1, "price": 1}, {"quantity": 2, "price": price}]}});
    assert!(check(&policies, &PolicyUser::anonymous(), order(50)).0.is_ok());
    assert_eq!(
        check(&policies, &PolicyUser::anonymous(), order(51))
            .0
            .unwrap_err()
            .failure,
        None
    );
}
