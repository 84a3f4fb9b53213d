//! Members found, missing, wrong and doubled.

use super::*;

fn read(json: &str) -> Result<Object<'_>, InvalidParams> {
    Object::read("params", serde_json::from_str(json).unwrap())
}

#[test]
fn members_are_found_by_name_and_borrowed() {
    let object = read(r#"{"unknown":[1,{"name":"inner"}],"name":"a","n\u0061me2":1,"uri":null}"#).unwrap();
    assert!(matches!(object.string(Field::Name), Ok(Cow::Borrowed("a"))));
    assert!(!object.has(Field::Uri));
    assert_eq!(object.optional_string(Field::Uri), Ok(None));
}

#[test]
fn an_escaped_name_is_the_same_name() {
    let object = read(r#"{"n\u0061me":"a"}"#).unwrap();
    assert_eq!(object.string(Field::Name).as_deref(), Ok("a"));
}

#[test]
fn errors_name_the_field_and_what_is_accepted() {
    let text = |error: InvalidParams| error.to_string();
    let object = read(r#"{"name":5,"arguments":[]}"#).unwrap();
    assert_eq!(
        text(object.string(Field::Name).unwrap_err()),
        "params.name: must be a string"
    );
    assert_eq!(
        text(object.string(Field::Uri).unwrap_err()),
        "params.uri: missing, must be a string"
    );
    assert_eq!(
        text(object.optional_raw_object(Field::Arguments).unwrap_err()),
        "params.arguments: must be an object"
    );
    assert_eq!(text(read("[1]").unwrap_err()), "params: must be an object");
    assert_eq!(
        text(read(r#"{"name":"a","n\u0061me":"b"}"#).unwrap_err()),
        "params.name: given more than once"
    );
    assert_eq!(
        text(read(r#"{"\ud800":1}"#).unwrap_err()),
        "params: a member name is not valid Unicode"
    );
}
