//! What columns prove, and what is said about results that break their type.

use std::sync::Arc;

use mxcp_actors::sql_executor::engine::data_type::DataType;
use mxcp_actors::sql_executor::engine::plan::{OutputPlan, ResultShape};
use proptest::prelude::*;

use super::{Finding, OutputContract, Shape};
use crate::endpoints::fixture::type_of;

fn columns(columns: &[(&str, DataType)]) -> Vec<(String, DataType)> {
    columns
        .iter()
        .map(|(name, data_type)| ((*name).to_owned(), data_type.clone()))
        .collect()
}

fn compile(returns: &str, known: &[(&str, DataType)]) -> OutputContract {
    let (contract, findings) = OutputContract::compile(Some(&type_of(returns)), &columns(known));
    assert_eq!(findings, [], "{returns}");
    contract
}

fn refused(contract: &OutputContract, json: &str) -> String {
    let error = contract.check(json.as_bytes(), &OutputPlan::rows()).unwrap_err();
    let text = error.to_string();
    text.strip_prefix("Output validation failed: ")
        .unwrap()
        .to_owned()
}

fn assert_accepted(contract: &OutputContract, json: &str) {
    assert_eq!(
        contract.check(json.as_bytes(), &OutputPlan::rows()),
        Ok(()),
        "{json}"
    );
}

/// Whether a column's type alone proves the declared type of a value.
fn is_proven(returns: &str, data_type: DataType) -> bool {
    let returns = type_of(returns);
    let (contract, _) = OutputContract::compile(Some(&returns), &columns(&[("v", data_type)]));
    contract.is_proven()
}

fn words(words: &[&str]) -> DataType {
    DataType::Enum(
        words
            .iter()
            .map(|word| (*word).to_owned())
            .collect::<Arc<[String]>>(),
    )
}

#[test]
fn column_types_prove_what_they_can() {
    for (returns, data_type) in [
        ("{type: integer}", DataType::HugeInt),
        ("{type: integer}", DataType::Decimal { width: 10, scale: 0 }),
        ("{type: integer, minimum: 0, maximum: 255}", DataType::UTinyInt),
        ("{type: number}", DataType::Double),
        ("{type: number}", DataType::Decimal { width: 10, scale: 2 }),
        ("{type: boolean}", DataType::Boolean),
        ("{type: string}", DataType::Varchar),
        ("{type: string}", DataType::Uuid),
        ("{type: string, minLength: 0}", DataType::Blob),
        ("{type: string, format: date}", DataType::Date),
        ("{type: string, format: date-time}", DataType::Timestamp),
        ("{type: string, format: duration}", DataType::Interval),
        ("{type: string, enum: [a, b, c]}", words(&["a", "b"])),
        ("{type: string}", DataType::Null),
        (
            "{type: string}",
            DataType::Union(vec![("a".to_owned(), DataType::Varchar)]),
        ),
    ] {
        assert!(
            is_proven(returns, data_type.clone()),
            "{data_type} proves {returns}"
        );
    }
    for (returns, data_type) in [
        ("{type: integer}", DataType::Double),
        ("{type: integer, minimum: 0}", DataType::Integer),
        ("{type: integer, multipleOf: 2}", DataType::Integer),
        ("{type: number, maximum: 1}", DataType::Double),
        ("{type: string, minLength: 1}", DataType::Varchar),
        ("{type: string, format: date}", DataType::Varchar),
        ("{type: string, enum: [a]}", words(&["a", "b"])),
        ("{type: string}", DataType::Json),
        ("{type: string}", DataType::Integer),
        (
            "{type: string}",
            DataType::Union(vec![("a".to_owned(), DataType::Integer)]),
        ),
    ] {
        assert!(
            !is_proven(returns, data_type.clone()),
            "{data_type} does not prove {returns}"
        );
    }
}

#[test]
fn nested_types_are_proven_by_their_parts() {
    let list = DataType::List(Box::new(DataType::BigInt));
    let returns =
        "{type: array, items: {type: object, properties: {l: {type: array, items: {type: integer}}}}}";
    assert!(compile(returns, &[("l", list.clone())]).is_proven());
    let returns = "{type: object, properties: {l: {type: array, maxItems: 2}}}";
    assert!(compile(returns, &[("l", DataType::Array(Box::new(DataType::BigInt), 2))]).is_proven());
    let open = compile(returns, &[("l", list)]);
    assert_accepted(&open, r#"{"l":[1,2]}"#);
    assert_eq!(
        refused(&open, r#"{"l":[1,2,3]}"#),
        "l: must have at most 2 elements, found 3"
    );
    let returns =
        "{type: object, properties: {s: {type: object, required: [a], properties: {a: {type: integer}}}}}";
    let structure = |name: &str| DataType::Struct(vec![(name.to_owned(), DataType::Integer)]);
    assert!(compile(returns, &[("s", structure("a"))]).is_proven());
    let (_, findings) = OutputContract::compile(Some(&type_of(returns)), &columns(&[("s", structure("b"))]));
    assert_eq!(
        findings,
        [Finding::Doubtful(
            "s declares object, but: Missing required properties: a; only null can pass: cast the column, or declare its type"
                .to_owned()
        )]
    );
}

#[test]
fn a_struct_without_names_is_an_array() {
    let compile = |kind: &str| {
        let returns = format!("{{type: object, properties: {{s: {{type: {kind}}}}}}}");
        compile(
            &returns,
            &[("s", DataType::Struct(vec![(String::new(), DataType::Integer)]))],
        )
    };
    assert_accepted(&compile("array"), r#"{"s":[1]}"#);
    assert_eq!(
        refused(&compile("object"), r#"{"s":[1]}"#),
        "s: expected an object, found a list"
    );
}

#[test]
fn without_a_return_type_everything_passes() {
    let (contract, findings) = OutputContract::compile(None, &columns(&[("a", DataType::Integer)]));
    assert!(contract.is_proven() && findings.is_empty());
    assert_eq!(
        (contract.shape(), contract.plan()),
        (Shape::Rows, OutputPlan::rows())
    );
    assert_accepted(&contract, "[{\"a\":1}]");
}

#[test]
fn shapes_follow_the_return_type() {
    for (returns, shape, in_engine) in [
        ("{type: array}", Shape::Rows, ResultShape::Rows),
        (
            "{type: array, items: {type: object}}",
            Shape::Rows,
            ResultShape::Rows,
        ),
        (
            "{type: array, items: {type: string}}",
            Shape::Values,
            ResultShape::Values,
        ),
        ("{type: object}", Shape::SingleRow, ResultShape::SingleRow),
        ("{type: boolean}", Shape::SingleValue, ResultShape::SingleValue),
    ] {
        let contract = compile(returns, &[]);
        assert_eq!(
            (contract.shape(), contract.plan().shape),
            (shape, in_engine),
            "{returns}"
        );
    }
}

#[test]
fn what_is_left_open_is_checked_on_the_bytes() {
    let contract = compile(
        "{type: array, maxItems: 3, items: {type: object, required: [id], properties: {
            id: {type: integer, minimum: 1}, mail: {type: string, format: email},
            tags: {type: array, uniqueItems: true, items: {type: string, enum: [a, b]}}}}}",
        &[],
    );
    assert_accepted(
        &contract,
        r#"[{"id":1,"mail":"a@b.c","tags":["a","b",null],"other":{}},{"id":null},{"id":2.0}]"#,
    );
    for (json, message) in [
        ("{}", "expected a list, found an object"),
        ("[1]", "[0]: expected an object, found a number"),
        ("[{}]", "[0]: Missing required properties: id"),
        (r#"[{"id":1},{"id":0}]"#, "[1].id: must be at least 1"),
        (
            r#"[{"id":1.5}]"#,
            "[0].id: expected a whole number, found a number with a fraction",
        ),
        (r#"[{"id":"1"}]"#, "[0].id: expected a whole number, found text"),
        (
            r#"[{"id":true}]"#,
            "[0].id: expected a whole number, found a boolean",
        ),
        (
            r#"[{"id":1,"mail":"x"}]"#,
            "[0].mail: expected an e-mail address (name@example.org)",
        ),
        (
            r#"[{"id":1,"tags":["a","a"]}]"#,
            "[0].tags: must not hold equal elements",
        ),
        (
            r#"[{"id":1,"tags":["c"]}]"#,
            "[0].tags[0]: must be one of: \"a\", \"b\"",
        ),
        (
            r#"[{"id":1},{"id":1},{"id":1},{"id":1}]"#,
            "must have at most 3 elements, found 4",
        ),
    ] {
        assert_eq!(refused(&contract, json), message, "{json}");
    }
}

#[test]
fn numbers_are_judged_by_their_digits() {
    let tenths = compile("{type: number, multipleOf: 0.1}", &[]);
    assert_accepted(&tenths, "0.3");
    assert_eq!(refused(&tenths, "0.35"), "must be a multiple of 0.1");
    let whole = compile("{type: integer}", &[]);
    assert_accepted(&whole, "123456789012345678901234567890");
    assert_accepted(&whole, "18446744073709551615");
}

#[test]
fn an_object_may_exclude_other_members() {
    let contract = compile(
        "{type: object, properties: {a: {type: object, additionalProperties: false}}}",
        &[],
    );
    assert_accepted(&contract, r#"{"a":{},"b":1}"#);
    assert_eq!(
        refused(&contract, r#"{"a":{"x":1}}"#),
        "a: Unexpected property: x"
    );
}

#[test]
fn what_policies_hid_is_not_held_against_the_result() {
    let contract = compile(
        "{type: array, items: {type: object, required: [id, ssn], properties: {id: {type: integer}, ssn: {type: integer}}}}",
        &[],
    );
    let plan = OutputPlan {
        dropped: ["id".to_owned()].into(),
        masked: ["ssn".to_owned()].into(),
        ..contract.plan()
    };
    let hidden = br#"[{"ssn":"****"}]"#;
    assert_eq!(contract.check(hidden, &plan), Ok(()));
    assert_eq!(
        refused(&contract, r#"[{"ssn":"****"}]"#),
        "[0].ssn: expected a whole number, found text"
    );
}

#[test]
fn rows_that_policies_made_equal_still_count_as_different() {
    let returns =
        "{type: array, uniqueItems: true, items: {type: object, properties: {id: {type: integer}}}}";
    let contract = compile(returns, &[]);
    let plan = OutputPlan {
        masked: ["id".to_owned()].into(),
        ..contract.plan()
    };
    let masked = r#"[{"id":"****"},{"id":"****"}]"#;
    assert_eq!(contract.check(masked.as_bytes(), &plan), Ok(()));
    assert_eq!(
        refused(&contract, r#"[{"id":1},{"id":1}]"#),
        "must not hold equal elements"
    );
}

#[test]
fn a_list_of_values_takes_them_out_of_their_rows() {
    let contract = compile(
        "{type: array, items: {type: number}}",
        &[("n", DataType::Decimal { width: 5, scale: 2 })],
    );
    assert!(contract.is_proven());
    assert_eq!(contract.plan().shape, ResultShape::Values);
}

#[test]
fn a_repeated_column_has_the_name_that_it_gets_in_json() {
    let returns = "{type: object, required: [a, a_1], properties: {a: {type: integer}, a_1: {type: string}}}";
    assert!(compile(returns, &[("a", DataType::Integer), ("a", DataType::Varchar)]).is_proven());
}

proptest! {
    #[test]
    fn no_bytes_make_the_check_panic(bytes in "[\\[\\]{}\",:a0-9.e-]{0,40}") {
        let contract = compile("{type: array, uniqueItems: true, items: {type: object, properties: {a: {type: integer}}}}", &[]);
        drop(contract.check(bytes.as_bytes(), &OutputPlan::rows()));
    }
}
