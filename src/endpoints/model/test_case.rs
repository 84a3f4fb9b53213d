//! `tests`: calls with an expected answer. Running and comparing them is another room's business.

use serde_json::{Map, Value};

use crate::yaml::{Fields, FromYaml, Item, Location};

/// One test. Every expectation that is present must hold.
#[derive(Debug, Clone, PartialEq)]
pub struct TestCase {
    /// Where the test starts.
    pub location: Location,
    /// Its name.
    pub name: String,
    /// What it shows.
    pub description: Option<String>,
    /// Argument names and values, in the order of the file.
    pub arguments: Vec<(String, Value)>,
    /// The user on whose behalf it runs.
    pub user_context: Option<Map<String, Value>>,
    /// The exact answer; `Some(Value::Null)` expects null.
    pub result: Option<Value>,
    /// Fields or an element that the answer has.
    pub result_contains: Option<Value>,
    /// Fields that the answer does not have.
    pub result_not_contains: Option<Vec<String>>,
    /// An element of the list, or fields of one.
    pub result_contains_item: Option<Value>,
    /// Elements of the list, or fields of them.
    pub result_contains_all: Option<Vec<Value>>,
    /// The length of the list.
    pub result_length: Option<u64>,
    /// A part of the answer's text.
    pub result_contains_text: Option<String>,
}

impl FromYaml for TestCase {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?.named("the test");
        let location = fields.location().clone();
        let name = fields.required_string("name");
        let description = fields.optional_string("description");
        let arguments = fields.required_with("arguments", |arguments| arguments.list_with(read_argument));
        let user_context = fields.optional_with("user_context", read_map);
        let result = present(&mut fields, "result");
        let result_contains = present(&mut fields, "result_contains");
        let result_not_contains = fields.optional("result_not_contains");
        let result_contains_item = present(&mut fields, "result_contains_item");
        let result_contains_all = fields.optional("result_contains_all");
        let result_length = fields.optional("result_length");
        let result_contains_text = fields.optional("result_contains_text");
        fields.finish();
        Some(Self {
            location,
            name: name?,
            description,
            arguments: arguments?,
            user_context,
            result,
            result_contains,
            result_not_contains,
            result_contains_item,
            result_contains_all,
            result_length,
            result_contains_text,
        })
    }
}

/// A value that is there, be it null.
fn present(fields: &mut Fields<'_>, key: &'static str) -> Option<Value> {
    fields.take(key)?.json()
}

fn read_argument(item: Item<'_>) -> Option<(String, Value)> {
    let mut fields = item.fields()?.named("the argument");
    let key = fields.required_string("key");
    if !fields.has("value") {
        fields.refuse_all("the argument is incomplete: value is missing");
    }
    let value = present(&mut fields, "value");
    fields.finish();
    Some((key?, value?))
}

fn read_map(mut item: Item<'_>) -> Option<Map<String, Value>> {
    match item.again().json()? {
        Value::Object(map) => Some(map),
        _ => item.refuse_kind("a mapping"),
    }
}
