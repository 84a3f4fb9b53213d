//! What is found out about policies before the first call, with file and line.

use super::{Loaded, load};
use crate::policy::UserField;

fn input(rules: &str) -> Loaded {
    load(&format!(
        "  parameters:\n    - {{name: amount, type: number}}\n    - {{name: package, type: string}}\n  policies:\n    input:\n{rules}"
    ))
}

#[track_caller]
fn refused(condition: &str, expected: &str) {
    let loaded = input(&format!("      - {{condition: \"{condition}\", action: deny}}\n"));
    assert!(loaded.policies.is_none(), "{condition} was accepted");
    assert!(
        loaded.errors.iter().any(|error| error.contains(expected)),
        "{condition}: {:?}",
        loaded.errors
    );
}

#[test]
fn an_error_has_its_file_line_and_column() {
    let loaded = input("      - condition: amount >\n        action: deny\n");
    assert_eq!(
        loaded.errors,
        ["tools/t.yml:10:20: tool.policies.input[0].condition: \
          not a CEL expression: line 1, column 9: mismatched input '<EOF>'"]
    );
}

#[test]
fn every_rule_is_checked_whatever_is_wrong_with_others() {
    let loaded = input(
        "      - {condition: amuont > 5, action: deny}\n      - {condition: usr.role == 'x', action: deny}\n    output:\n      - {condition: respnse.x == 1, action: mask_fields}\n",
    );
    let told: Vec<&str> = loaded
        .errors
        .iter()
        .filter_map(|error| error.split_once(".condition: "))
        .map(|(_, message)| message)
        .collect();
    assert_eq!(
        told,
        [
            "unknown variable \"amuont\"; did you mean \"amount\"?",
            "unknown variable \"usr\"; did you mean \"user\"?",
            "the rule is incomplete: mask_fields needs fields, the names that it is about",
            "unknown variable \"respnse\"; did you mean \"response\"?",
        ]
    );
}

#[test]
fn an_unknown_field_of_the_caller_is_an_error_wherever_it_stands() {
    for condition in [
        "user.nme == 'x'",
        "user['nme'] == 'x'",
        "has(user.nme)",
        "amount > 5 && [1].exists(x, user.nme == 'x')",
        ".user.nme == 'x'",
    ] {
        refused(
            condition,
            "unknown field user.nme; did you mean \\\"name\\\"?"
                .replace('\\', "")
                .as_str(),
        );
    }
    refused("user.department == 'x'", "unknown field user.department.");
}

#[test]
fn unknown_functions_and_wrong_calls_are_errors() {
    refused("user.name.lowerAscii() == 'x'", "unknown function lowerAscii().");
    refused(
        "user.name.startWith('x')",
        "unknown function startWith(); did you mean \"startsWith\"?",
    );
    refused(
        "startsWith(user.name, 'x')",
        "startsWith() cannot be called like this; expected text.startsWith(prefix)",
    );
    refused(
        "size(user.groups, 1) == 1",
        "size() cannot be called like this; expected size(x) or x.size()",
    );
    refused(
        "user.groups.exists(user.name == 'x')",
        "exists() cannot be called like this; expected list.exists(name, condition)",
    );
    refused("optional.of(1).hasValue()", "unknown function of()");
    refused("amount.?x == 1", "not a CEL expression");
    refused(
        "google.protobuf.Int32Value{value: 1} == 1",
        "values of the type google.protobuf.Int32Value cannot be made",
    );
}

#[test]
fn stages_see_their_own_variables() {
    refused(
        "response.x == 1",
        "unknown variable \"response\": input rules run before there is a response",
    );
    let loaded = load(
        "  parameters: [{name: amount, type: number}]\n  policies:\n    output: [{condition: amount > 5, action: deny}]\n",
    );
    assert!(loaded.errors[0].contains("output rules see user and response; use an input rule for arguments"));
    refused("package == 'x'", "not a CEL expression: line 1, column 1");
    refused(
        "[1].exists(user, user == 1)",
        "\"user\" cannot be the variable of a loop",
    );
}

#[test]
fn what_is_never_true_and_never_false_is_an_error() {
    for condition in [
        "5",
        "'x'",
        "null",
        "[1]",
        "{'a': 1}",
        "amount + 1",
        "-amount",
        "size(user.groups)",
        "[1].map(x, x)",
        "amount > 5 ? 1 : 2",
    ] {
        refused(condition, "neither true nor false");
    }
}

#[test]
fn rules_without_effect_are_warned_about_and_accepted() {
    let loaded = load(concat!(
        "  parameters: [{name: user, type: string}]\n",
        "  return: {type: string}\n",
        "  policies:\n",
        "    input:\n",
        "      - {condition: \"true\", action: mask_fields, fields: [a]}\n",
        "      - {condition: \"false\", action: deny, fields: [a]}\n",
        "    output:\n",
        "      - {condition: \"true\", action: filter_sensitive_fields}\n",
        "      - {condition: \"true\", action: filter_fields, fields: [a]}\n",
    ));
    let places: Vec<&str> = loaded
        .warnings
        .iter()
        .map(|warning| warning.split_once(": ").unwrap().0)
        .collect();
    assert_eq!(
        places,
        [
            "tools/t.yml:5:23",
            "tools/t.yml:9:21",
            "tools/t.yml:10:53",
            "tools/t.yml:12:21",
            "tools/t.yml:13:21"
        ]
    );
    for (warning, expected) in loaded.warnings.iter().zip([
        "user is the caller",
        "mask_fields: only deny has one in an input rule",
        "deny does not look at fields",
        "filter_sensitive_fields: the return type marks nothing as sensitive",
        "filter_fields: the declared result has no fields",
    ]) {
        assert!(warning.contains(expected), "{warning}");
    }
    assert!(loaded.policies.is_some() && loaded.errors.is_empty());
}

#[test]
fn a_field_that_the_return_type_does_not_have_is_warned_about() {
    let row = "{type: object, properties: {ssn: {type: string}, name: {type: string}}}";
    for returns in [row.to_owned(), format!("{{type: array, items: {row}}}")] {
        let loaded = load(&format!(
            "  return: {returns}\n  policies:\n    output: [{{condition: \"true\", action: mask_fields, fields: [snn, name]}}]\n"
        ));
        assert_eq!(loaded.warnings.len(), 1, "{:?}", loaded.warnings);
        assert!(
            loaded.warnings[0].contains("the return type has no property \"snn\"; did you mean \"ssn\"?")
        );
    }
}

#[test]
fn what_conditions_look_at_is_known() {
    let policies = super::policies(concat!(
        "  parameters: [{name: amount, type: number}, {name: note, type: string}]\n",
        "  policies:\n",
        "    input: [{condition: \"user.role != 'admin' && [1].exists(note, note > amount)\", action: deny}]\n",
        "    output: [{condition: \"!('vip' in user.groups) && has(user.email)\", action: deny}]\n",
    ));
    let reads = policies.reads();
    assert_eq!(
        reads.user.iter().copied().collect::<Vec<_>>(),
        [UserField::Email, UserField::Role, UserField::Groups]
    );
    assert_eq!(reads.arguments.iter().collect::<Vec<_>>(), ["amount"]);
    assert!(!reads.response);
    let whole = super::policies(
        "  policies:\n    output: [{condition: \"size(user) > size(response)\", action: deny}]\n",
    );
    assert_eq!(whole.reads().user.len(), UserField::ALL.len());
    assert!(whole.reads().response);
}
