//! What of a result is hidden, in every form that results have.

use mxcp_actors::sql_executor::engine::plan::{OutputPlan, ResultShape};
use serde_json::Value;

use super::{policies, user_with_role};
use crate::policy::{OutputRules, PolicyTrail, Redaction, UnreadableResult};

/// The redaction of a tool with this return type and this action.
fn redaction(returns: &str, action: &str) -> Redaction {
    let policies = policies(&format!(
        "{returns}  policies:\n    output: [{{condition: \"true\", action: {action}}}]\n"
    ));
    let OutputRules::OnUser(rules) = policies.output() else {
        panic!("the rule looks at nothing");
    };
    rules
        .check(&user_with_role("user"), &mut PolicyTrail::default())
        .unwrap()
}

fn returning(returns: &str) -> String {
    format!("  return: {returns}\n")
}

#[track_caller]
fn becomes(redaction: &Redaction, json: &str, expected: &str) {
    let redacted = redaction.apply(json.as_bytes()).unwrap();
    assert_eq!(std::str::from_utf8(&redacted).unwrap(), expected, "{json}");
}

#[test]
fn fields_are_dropped_from_rows_and_from_a_row() {
    let filter = redaction("", "filter_fields, fields: [b, missing]");
    becomes(
        &filter,
        r#"[{"a":1,"b":2},{"b":2},{"a":{"b":3}}]"#,
        r#"[{"a":1},{},{"a":{"b":3}}]"#,
    );
    becomes(&filter, r#"{"b":[1],"a":[{"b":1}]}"#, r#"{"a":[{"b":1}]}"#);
    for untouched in ["[]", "{}", "null", "1.50", "\"b\"", r#"["b",[{"b":1}]]"#] {
        becomes(&filter, untouched, untouched);
    }
}

#[test]
fn fields_are_masked_whatever_they_hold() {
    let mask = redaction("", "mask_fields, fields: [b]");
    becomes(
        &mask,
        r#"[{"b":1},{"b":null,"a":2},{"b":{"c":[1]}},{"b":"x"}]"#,
        r#"[{"b":"****"},{"b":"****","a":2},{"b":"****"},{"b":"****"}]"#,
    );
}

#[test]
fn what_stays_keeps_its_digits_and_its_order() {
    let filter = redaction("", "filter_fields, fields: [x]");
    becomes(
        &filter,
        r#"[ {"z":12345678901234567890123456789.50, "x":1,"a":1e400 ,"é\n":"\u00e9\/" } ]"#,
        r#"[{"z":12345678901234567890123456789.50,"a":1e400,"é\n":"\u00e9\/"}]"#,
    );
}

#[test]
fn a_name_is_recognised_however_it_is_written() {
    let filter = redaction("", "filter_fields, fields: [ssn]");
    becomes(&filter, r#"{"s\u0073n":1,"SSN":2,"ssn":3}"#, r#"{"SSN":2}"#);
}

#[test]
fn sensitive_parts_are_hidden_at_every_level() {
    let person = "{type: object, properties: {name: {type: string}, ssn: {type: string, sensitive: true}, \
                  home: {type: object, properties: {street: {type: string, sensitive: true}, town: {type: string}}}, \
                  cards: {type: array, items: {type: object, properties: {number: {type: string, sensitive: true}, kind: {type: string}}}}, \
                  keys: {type: array, items: {type: string, sensitive: true}}}}";
    let given = r#"{"name":"a","ssn":"1","home":{"street":"s","town":"t"},"cards":[{"number":"4","kind":"v"},{"number":"5"}],"keys":["k"],"more":{"ssn":"2"}}"#;
    let shown =
        r#"{"name":"a","home":{"town":"t"},"cards":[{"kind":"v"},{}],"keys":[null],"more":{"ssn":"2"}}"#;
    let of_row = redaction(&returning(person), "filter_sensitive_fields");
    becomes(&of_row, given, shown);
    becomes(&of_row, "null", "null");
    let of_rows = redaction(
        &returning(&format!("{{type: array, items: {person}}}")),
        "filter_sensitive_fields",
    );
    becomes(
        &of_rows,
        &format!("[{given},{given}]"),
        &format!("[{shown},{shown}]"),
    );
    becomes(&of_rows, "[]", "[]");
}

#[test]
fn undeclared_members_go_where_none_are_allowed() {
    let returns = "{type: object, additionalProperties: false, properties: {a: {type: string}, b: {type: string, sensitive: true}}}";
    let closed = redaction(&returning(returns), "filter_sensitive_fields");
    becomes(&closed, r#"{"a":"1","b":"2","c":"3"}"#, r#"{"a":"1"}"#);
    // The engine does not know which columns are declared.
    let (plan, rest) = closed.split(&OutputPlan::rows());
    assert!(plan.dropped.contains("b"));
    becomes(&rest, r#"{"a":"1","c":"3"}"#, r#"{"a":"1"}"#);
}

#[test]
fn a_sensitive_whole_is_null() {
    for (returns, given, shown) in [
        ("{type: string, sensitive: true}", "\"x\"", "null"),
        ("{type: object, sensitive: true}", r#"{"a":1}"#, "null"),
        ("{type: array, sensitive: true}", "[1]", "null"),
        (
            "{type: array, items: {type: string, sensitive: true}}",
            r#"["x","y"]"#,
            "[null,null]",
        ),
        (
            "{type: array, items: {type: object, sensitive: true}}",
            r#"[{"a":1}]"#,
            "[null]",
        ),
    ] {
        let hidden = redaction(&returning(returns), "filter_sensitive_fields");
        becomes(&hidden, given, shown);
        let (plan, rest) = hidden.split(&OutputPlan::rows());
        assert_eq!(plan, OutputPlan::rows());
        becomes(&rest, given, shown);
    }
}

#[test]
fn what_does_not_have_the_declared_form_is_hidden_as_a_whole() {
    let row = "{type: object, properties: {home: {type: object, properties: {street: {type: string, sensitive: true}}}}}";
    let hidden = redaction(&returning(row), "filter_sensitive_fields");
    for unexpected in [r#""{\"street\":\"s\"}""#, "[\"s\"]", "1"] {
        becomes(
            &hidden,
            &format!(r#"{{"home":{unexpected},"a":1}}"#),
            r#"{"home":null,"a":1}"#,
        );
    }
    becomes(&hidden, r#"[{"home":{"street":"s"}}]"#, "null");
    becomes(&hidden, "\"s\"", "null");
    let rows = redaction(
        &returning(&format!("{{type: array, items: {row}}}")),
        "filter_sensitive_fields",
    );
    becomes(&rows, r#"{"home":{"street":"s"}}"#, "null");
    becomes(
        &rows,
        r#"[{"home":{"street":"s"}},["s"],"s"]"#,
        r#"[{"home":{}},null,null]"#,
    );
}

#[test]
fn the_engine_hides_sensitive_columns_itself() {
    let row = "{type: object, properties: {a: {type: string}, b: {type: string, sensitive: true}}}";
    for returns in [row.to_owned(), format!("{{type: array, items: {row}}}")] {
        let (plan, rest) =
            redaction(&returning(&returns), "filter_sensitive_fields").split(&OutputPlan::rows());
        assert_eq!(plan.dropped.iter().collect::<Vec<_>>(), ["b"]);
        assert!(rest.is_nothing());
    }
    let nested = "{type: object, properties: {b: {type: string, sensitive: true}, c: {type: object, properties: {d: {type: string, sensitive: true}}}}}";
    let (plan, rest) = redaction(&returning(nested), "filter_sensitive_fields").split(&OutputPlan::rows());
    assert_eq!(plan.dropped.iter().collect::<Vec<_>>(), ["b"]);
    becomes(&rest, r#"{"c":{"d":"x","e":1}}"#, r#"{"c":{"e":1}}"#);
}

#[test]
fn a_result_without_fields_keeps_its_only_column() {
    for shape in [ResultShape::Values, ResultShape::SingleValue] {
        let given = OutputPlan::shaped(shape);
        let (plan, rest) = redaction("", "mask_fields, fields: [a]").split(&given);
        assert_eq!(plan, given);
        becomes(&rest, "[1,2]", "[1,2]");
    }
}

#[test]
fn actions_add_up_and_dropping_wins() {
    let policies = policies(concat!(
        "  return: {type: object, properties: {a: {type: string}, b: {type: string, sensitive: true}, c: {type: string}, d: {type: string}}}\n",
        "  policies:\n",
        "    output:\n",
        "      - {condition: \"size(response) > 0\", action: mask_fields, fields: [a, b, c]}\n",
        "      - {condition: \"response.a == 'x'\", action: filter_fields, fields: [c]}\n",
        "      - {condition: \"response.b == 'y'\", action: filter_sensitive_fields}\n",
    ));
    let OutputRules::OnResponse(rules) = policies.output() else {
        panic!("these rules look at the response");
    };
    let json = br#"{"a":"x","b":"y","c":"z","d":"w"}"#;
    let redaction = rules
        .check(&user_with_role("user"), json, &mut PolicyTrail::default())
        .unwrap();
    let redacted: Value = serde_json::from_slice(&redaction.apply(json).unwrap()).unwrap();
    assert_eq!(redacted, serde_json::json!({"a": "****", "d": "w"}));
}

#[test]
fn what_cannot_be_read_is_withheld() {
    let filter = redaction("", "filter_fields, fields: [a]");
    for broken in ["", "{", "[{\"a\":1}", "{\"a\":1} {}", "[{\"a\":1},]"] {
        assert_eq!(filter.apply(broken.as_bytes()), Err(UnreadableResult), "{broken}");
    }
    assert_eq!(filter.apply(b"\"\xff\""), Err(UnreadableResult));
}
