//! Rules that hold for all arguments.

use std::collections::HashSet;

use proptest::prelude::*;
use serde_json::{Map, Number, Value};

use crate::endpoints::fixture::{arguments, parameters};

/// Members whose names differ in more than letter case; others are refused.
fn members(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::btree_map("\\PC{1,6}", value, 0..4).prop_map(|members| {
        let mut names = HashSet::new();
        let distinct = members
            .into_iter()
            .filter(|(name, _)| names.insert(name.to_lowercase()));
        distinct.collect()
    })
}

/// JSON of one type each, so that lists have one.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            (inner.clone(), 0_usize..4).prop_map(|(element, count)| vec![element; count].into()),
            members(inner).prop_map(Value::from),
        ]
    })
}

fn with_members(members: Map<String, Value>) -> String {
    Value::Object(members).to_string()
}

proptest! {
    #[test]
    fn free_values_come_back_as_they_went_in(object in members(any_json())) {
        let set = parameters("    - {name: x, type: object}");
        let given = Value::Object(object);
        let values = arguments(&set, &with_members(Map::from_iter([("x".to_owned(), given.clone())])));
        let json = Value::Object(set.to_json(&values.unwrap()));
        prop_assert_eq!(&json["x"], &given);
    }

    #[test]
    fn declared_values_come_back_as_they_went_in(
        text in "\\PC{0,20}",
        integer in any::<i64>(),
        number in (-1_000_000_000_i64..1_000_000_000, 0_u32..6),
        flag in any::<bool>(),
        day in (1_i16..=9999, 1_i8..=12, 1_i8..=28),
        integers in prop::collection::vec(any::<i64>(), 0..5),
    ) {
        let set = parameters(
            "    - {name: text, type: string}
    - {name: integer, type: integer}
    - {name: number, type: number}
    - {name: flag, type: boolean}
    - {name: day, type: string, format: date}
    - {name: integers, type: array, items: {type: integer}}",
        );
        let number = format!("{}e-{}", number.0, number.1);
        let number: f64 = number.parse().unwrap();
        let given = Map::from_iter([
            ("text".to_owned(), text.into()),
            ("integer".to_owned(), integer.into()),
            ("number".to_owned(), Value::Number(Number::from_f64(number).unwrap())),
            ("flag".to_owned(), flag.into()),
            ("day".to_owned(), format!("{:04}-{:02}-{:02}", day.0, day.1, day.2).into()),
            ("integers".to_owned(), integers.into()),
        ]);
        let values = arguments(&set, &with_members(given.clone())).unwrap();
        prop_assert_eq!(set.to_json(&values), given.clone());
        prop_assert_eq!(set.to_redacted_json(&values), given);
    }

    #[test]
    fn no_arguments_make_the_reader_panic(json in any_json(), text in "\\PC{0,20}") {
        let set = parameters(
            "    - {name: a, type: object, default: null, properties: {b: {type: array, uniqueItems: true}}}
    - {name: b, type: array, default: null, items: {type: number}}
    - {name: c, type: string, format: date-time, default: null}",
        );
        for name in ["a", "b", "c"] {
            let given = Map::from_iter([(name.to_owned(), json.clone())]);
            drop(arguments(&set, &with_members(given)));
            drop(set.read_texts([(name, text.as_str())]));
        }
    }
}
