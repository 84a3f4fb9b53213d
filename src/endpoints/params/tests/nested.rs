//! Lists and objects.

use mxcp_actors::sql_executor::value::SqlValue;

use crate::endpoints::fixture::{instant, one, value};

fn object(members: &[(&str, SqlValue)]) -> SqlValue {
    let members = members
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()));
    SqlValue::Struct(members.collect())
}

fn list(elements: &[SqlValue]) -> SqlValue {
    SqlValue::List(elements.to_vec())
}

fn decimal(unscaled: i128, scale: u8) -> SqlValue {
    SqlValue::Decimal { unscaled, scale }
}

const FILTER: &str = "type: object, required: [name], properties: {name: {type: string}, \
                      limit: {type: integer, default: 5}, tags: {type: array, items: {type: string}}}";

#[test]
fn an_object_has_every_declared_property() {
    let set = one(FILTER);
    let expected = object(&[
        ("name", "a".into()),
        ("limit", SqlValue::Integer(5)),
        ("tags", SqlValue::Null),
    ]);
    assert_eq!(value(&set, r#"{"name": "a"}"#), Ok(expected.clone()));
    assert_eq!(
        value(&set, r#"{"tags": null, "name": "a", "limit": null}"#),
        Ok(expected.clone())
    );
    assert_eq!(
        value(&set, r#""{\"name\": \"a\"}""#),
        Ok(expected),
        "as JSON text"
    );
}

#[test]
fn undeclared_properties_follow_unless_they_are_excluded() {
    let set = one("type: object, properties: {a: {type: integer}}");
    assert_eq!(
        value(&set, r#"{"z": [1, "2"], "a": 1}"#),
        Ok(object(&[
            ("a", SqlValue::Integer(1)),
            ("z", list(&[SqlValue::Integer(1), "2".into()]))
        ]))
    );
    assert_eq!(
        value(&set, r#"{"z": {"q": 1.5}, "a": 1}"#),
        Ok(object(&[
            ("a", SqlValue::Integer(1)),
            ("z", object(&[("q", decimal(15, 1))]))
        ]))
    );
    let nameless = "Error validating parameter 'x': expected an object whose members all have names";
    assert_eq!(value(&set, r#"{"a": 1, "": 2}"#).unwrap_err(), nameless);
    assert_eq!(value(&one("type: object"), r#"{"": 1}"#).unwrap_err(), nameless);
    for (set, given) in [
        (&set, r#"{"a": 1, "A": 2}"#),
        (&one("type: object"), r#"{"Role": "admin", "role": "user"}"#),
        (&one("type: object"), r#"{"f": {"Ä": 1, "ä": 2}}"#),
    ] {
        let refused = value(set, given).unwrap_err();
        assert!(refused.contains("more than letter case"), "{given}: {refused}");
    }
    let closed = one("type: object, properties: {name: {type: integer}}, additionalProperties: false");
    assert_eq!(
        value(&closed, r#"{"nam": 1}"#).unwrap_err(),
        "Unknown parameter: x.nam; did you mean \"name\"? Accepted: name"
    );
}

#[test]
fn messages_say_where_inside() {
    let set = one(FILTER);
    assert_eq!(
        value(&set, r#"{"limit": "x", "tags": ["a", null, [1]]}"#).unwrap_err(),
        "Required parameter missing: x.name\n\
         Error validating parameter 'x.limit': expected a whole number, found text\n\
         Error validating parameter 'x.tags[1]': expected text, found null\n\
         Error validating parameter 'x.tags[2]': expected text, found a list"
    );
    assert_eq!(
        value(&set, r#"{"name": "a", "name": "b"}"#).unwrap_err(),
        "Error validating parameter 'x.name': is given twice"
    );
    assert_eq!(
        value(&set, "[]").unwrap_err(),
        "Error validating parameter 'x': expected an object, found a list"
    );
    let required = one("type: object, required: [id]");
    assert_eq!(
        value(&required, "{}").unwrap_err(),
        "Required parameter missing: x.id"
    );
}

#[test]
fn lists_have_sizes_and_may_be_sets() {
    let set = one("type: array, minItems: 1, maxItems: 2, uniqueItems: true, items: {type: number}");
    let refused = |json: &str| value(&set, json).unwrap_err();
    assert_eq!(
        refused("[]"),
        "Error validating parameter 'x': must have at least 1 elements, found 0"
    );
    assert_eq!(
        refused("[1,2,3]"),
        "Error validating parameter 'x': must have at most 2 elements, found 3"
    );
    assert_eq!(
        refused("[1, 1.0]"),
        "Error validating parameter 'x': must not hold equal elements"
    );
    assert_eq!(
        value(&set, "\"[1, 2]\""),
        Ok(list(&[SqlValue::Integer(1), SqlValue::Integer(2)])),
        "as JSON text"
    );
    let texts = one("type: array, uniqueItems: true");
    assert_eq!(
        value(&texts, r#"["1", "11"]"#),
        Ok(list(&["1".into(), "11".into()]))
    );
}

#[test]
fn the_elements_of_a_list_get_one_type_without_losing_digits() {
    let numbers = one("type: array, items: {type: number}");
    assert_eq!(
        value(&numbers, "[1, 2.5, -0.125]"),
        Ok(list(&[decimal(1_000, 3), decimal(2_500, 3), decimal(-125, 3)]))
    );
    assert_eq!(
        value(&numbers, "[1, 1e300]"),
        Ok(list(&[SqlValue::Double(1.0), SqlValue::Double(1e300)]))
    );
    assert_eq!(
        value(&numbers, "[1, 2]"),
        Ok(list(&[SqlValue::Integer(1), SqlValue::Integer(2)]))
    );
    assert_eq!(
        value(&numbers, "[1, 0.1, 9007199254740993]"),
        Ok(list(&[
            decimal(10, 1),
            decimal(1, 1),
            decimal(90_071_992_547_409_930, 1)
        ]))
    );
    assert_eq!(
        value(&numbers, "[1e-20, 1234567890123456789]"),
        Ok(list(&[
            SqlValue::Double(1e-20),
            SqlValue::Double(1_234_567_890_123_456_789.0)
        ])),
        "more digits together than any decimal has"
    );
    let moments = one("type: array, items: {type: string, format: date-time}");
    assert_eq!(
        value(&moments, r#"["1970-01-01T00:00:01", "1970-01-01T00:00:00Z"]"#),
        Ok(list(&[instant(1_000_000), instant(0)]))
    );
    let free = one("type: array");
    assert_eq!(
        value(&free, r#"[{"a": 1}, {"b": [null, 0.5]}, {"a": 2.5}]"#),
        Ok(list(&[
            object(&[("a", decimal(10, 1)), ("b", SqlValue::Null)]),
            object(&[
                ("a", SqlValue::Null),
                ("b", list(&[SqlValue::Null, decimal(5, 1)]))
            ]),
            object(&[("a", decimal(25, 1)), ("b", SqlValue::Null)]),
        ]))
    );
}

#[test]
fn elements_of_several_kinds_stay_as_they_are() {
    let free = one("type: array");
    let mixed = list(&[SqlValue::Integer(1), "a".into(), SqlValue::Boolean(true)]);
    assert_eq!(value(&free, r#"[1, "a", true]"#), Ok(mixed.clone()));
    assert_eq!(value(&free, r#""[1, \"a\", true]""#), Ok(mixed), "as JSON text");
    assert_eq!(
        value(&free, r#"[1, 2.5, [1, 2.5], {"a": "x"}, null]"#),
        Ok(list(&[
            SqlValue::Integer(1),
            decimal(25, 1),
            list(&[SqlValue::Integer(1), decimal(25, 1)]),
            object(&[("a", "x".into())]),
            SqlValue::Null,
        ]))
    );
    assert_eq!(
        value(&free, r#"[{"a": 1}, {"a": "x", "b": 2}]"#),
        Ok(list(&[
            object(&[("a", SqlValue::Integer(1)), ("b", SqlValue::Null)]),
            object(&[("a", "x".into()), ("b", SqlValue::Integer(2))]),
        ]))
    );
}

#[test]
fn depth_and_number_of_values_are_bounded() {
    let set = one("type: array");
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let message = value(&set, &deep).unwrap_err();
    assert!(message.ends_with("is nested deeper than 64 levels"), "{message}");
    let many = format!("[{}1]", "1,".repeat(200_000));
    let message = value(&set, &many).unwrap_err();
    assert!(message.ends_with("holds more than 200000 values"), "{message}");
    let rows = one("type: array, items: {type: object, properties: {a: {type: string}, b: {type: string}}}");
    let empty = format!("[{}{{}}]", "{},".repeat(100_000));
    let message = value(&rows, &empty).unwrap_err();
    assert!(message.ends_with("holds more than 200000 values"), "{message}");
    let object = one("type: object");
    let members = |count: usize| {
        let members: Vec<String> = (0..count).map(|index| format!("\"m{index}\":1")).collect();
        format!("{{{}}}", members.join(","))
    };
    assert!(value(&object, &members(2_000)).is_ok());
    assert_eq!(
        value(&object, &members(2_001)).unwrap_err(),
        "Error validating parameter 'x': has more than 2000 members"
    );
    let members: Vec<String> = (0..1_000).map(|index| format!("\"m{index}\":1")).collect();
    let wide = format!("[{{{}}}{}]", members.join(","), ",{}".repeat(1_000));
    assert_eq!(
        value(&set, &wide).unwrap_err(),
        "Error validating parameter 'x': holds more than 200000 values"
    );
}
