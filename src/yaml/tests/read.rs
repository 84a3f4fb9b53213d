//! The reader: types, messages, unknown keys, lists, substitution.

use std::collections::BTreeMap;

use super::{good, read};
use crate::yaml::{Fields, FromYaml, Item, KeyPath, Located, Problems, Replacement};

#[derive(Debug, PartialEq)]
struct Client {
    id: String,
    port: Option<u16>,
    scopes: Vec<String>,
}

impl FromYaml for Client {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?.named("Client configuration");
        let id = fields.required_string("client_id");
        let port = fields.optional("port");
        let scopes = fields.string_list("scopes").unwrap_or_default();
        fields.finish();
        Some(Self {
            id: id?,
            port,
            scopes,
        })
    }
}

#[test]
fn a_good_mapping_becomes_a_value() {
    let (client, problems) = read("client_id: abc\nport: '8000'\nscopes: one\n", Client::from_yaml);
    assert_eq!(problems, "");
    assert_eq!(
        client.unwrap(),
        Client {
            id: "abc".into(),
            port: Some(8000),
            scopes: vec!["one".into()]
        }
    );
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let text = "- port: 70000\n  scope: x\n- client_id: 5\n  scopes: [a, 1, {}]\n  'a\\nb': 1\n- 17\n";
    let (clients, problems) = read(text, Vec::<Client>::from_yaml);
    assert_eq!(clients, None);
    assert_eq!(
        problems,
        r#"test.yml:1:3: [0]: Client configuration is incomplete: client_id is missing
test.yml:1:9: [0].port: expected a whole number from 0 to 65535, found 70000
test.yml:2:3: [0]: unknown key "scope"; did you mean "scopes"? Accepted keys: client_id, port, scopes
test.yml:3:14: [1].client_id: expected text, found a whole number; put it in quotes to make it text
test.yml:4:15: [1].scopes[1]: expected text, found a whole number; put it in quotes to make it text
test.yml:4:18: [1].scopes[2]: expected text, found a mapping
test.yml:5:3: [1]: unknown key "a\\nb". Accepted keys: client_id, port, scopes
test.yml:6:3: [2]: expected a mapping, found a whole number"#
    );
}

#[test]
fn wrong_kinds_are_named() {
    let message = |text: &str, reader: fn(Item<'_>) -> Option<()>| read(text, reader).1;
    let boolean = |item: Item<'_>| item.boolean().map(drop);
    let text = |item: Item<'_>| item.non_empty_string().map(drop);
    assert_eq!(
        message("maybe", boolean),
        "test.yml:1:1: expected true or false, found text"
    );
    assert_eq!(
        message("1", boolean),
        "test.yml:1:1: expected true or false, found a whole number"
    );
    assert_eq!(
        message("[a]", boolean),
        "test.yml:1:1: expected true or false, found a list"
    );
    assert_eq!(
        message("~", text),
        "test.yml:1:1: expected text, found nothing (null)"
    );
    assert_eq!(message("''", text), "test.yml:1:1: must not be empty");
    assert_eq!(
        message("yes", text),
        "test.yml:1:1: expected text, found a boolean; put it in quotes to make it text"
    );
}

#[test]
fn choices_suggest_the_nearest_word() {
    let choices = [("none", 0), ("github", 1), ("google", 2)];
    let choose = |text: &str| read(text, |item| item.choice(&choices));
    assert_eq!(choose("github"), (Some(1), String::new()));
    assert_eq!(
        choose("gihub").1,
        "test.yml:1:1: \"gihub\" is not accepted; did you mean \"github\"? Accepted: none, github, google"
    );
    assert_eq!(
        choose("okta").1,
        "test.yml:1:1: \"okta\" is not accepted. Accepted: none, github, google"
    );
    assert_eq!(
        choose("[]").1,
        "test.yml:1:1: expected one of none, github, google, found a list"
    );
}

#[test]
fn null_is_absent_for_optional_and_visible_through_take() {
    let node = good("a:\nb: null\n");
    let mut problems = Problems::new();
    let mut fields = Fields::of(&node, KeyPath::root(), &mut problems).unwrap();
    assert_eq!(fields.optional_string("a"), None);
    assert!(fields.take("b").unwrap().is_null());
    assert!(fields.take("c").is_none());
    assert_eq!(fields.string_list("a"), Some(vec![]));
    assert!(fields.required_string("a").is_none());
    fields.finish();
    assert_eq!(problems.to_string(), "test.yml:1:1: a is missing");
}

#[test]
fn free_keys_become_a_map_and_paths_stay_readable() {
    let (map, problems) = read("a: 1\nb.c: x\n", BTreeMap::<String, u8>::from_yaml);
    assert_eq!(map, None);
    assert_eq!(
        problems,
        "test.yml:2:6: \"b.c\": expected a whole number from 0 to 255, found text"
    );
}

#[test]
fn json_refuses_what_json_cannot_say() {
    let (_, problems) = read("a:\n  - .inf\n", serde_json::Value::from_yaml);
    assert_eq!(
        problems,
        "test.yml:2:5: infinity and not-a-number cannot be expressed in JSON"
    );
}

#[test]
fn substituted_text_fits_text_and_other_types_and_is_not_shown() {
    let mut node = good("port: ${PORT}\nname: ${PORT}\nkind: ${PORT}\nlist: [a, '${PORT}']\nbad: ${NO}\n");
    let mut problems = Problems::new();
    node.substitute(&KeyPath::root(), &mut problems, &mut |text| match text {
        "${PORT}" => Replacement {
            text: Some("80808080".to_owned()),
            ..Replacement::default()
        },
        "${NO}" => Replacement {
            errors: vec!["NO is not set".to_owned()],
            ..Replacement::default()
        },
        _ => Replacement::default(),
    });
    assert_eq!(problems.to_string(), "test.yml:5:6: bad: NO is not set");

    let mut problems = Problems::new();
    let mut fields = Fields::of(&node, KeyPath::root(), &mut problems).unwrap();
    assert_eq!(fields.optional::<u32>("port"), Some(80_808_080));
    assert_eq!(fields.optional_string("name").as_deref(), Some("80808080"));
    assert_eq!(
        fields.string_list("list"),
        Some(vec!["a".to_owned(), "80808080".to_owned()])
    );
    assert_eq!(fields.optional::<u16>("port"), None);
    assert_eq!(
        fields.optional_with("kind", |item| item.choice(&[("a", 1)])),
        None
    );
    assert_eq!(fields.optional_string("bad"), None);
    assert_eq!(fields.optional::<u16>("bad"), None);
    fields.finish();
    assert_eq!(
        problems.to_string(),
        "test.yml:1:7: port: expected a whole number from 0 to 65535, found text\n\
         test.yml:3:7: kind: the value is not accepted. Accepted: a"
    );
}

#[test]
fn an_answer_without_a_reason_is_still_an_error() {
    let error = Problems::new().into_result::<()>(None).unwrap_err();
    assert_eq!(error.len(), 1);
}

#[test]
#[should_panic(expected = "`finish` was not called for auth")]
fn a_forgotten_finish_is_found_by_any_test() {
    let node = good("a: 1\n");
    let mut problems = Problems::new();
    let mut fields = Fields::of(&node, KeyPath::root().key("auth"), &mut problems).unwrap();
    assert_eq!(fields.optional::<u8>("a"), Some(1));
}

#[test]
fn unreadable_files_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut problems = Problems::new();
    assert!(crate::yaml::load(&folder.path().join("no.yml"), "no.yml", &mut problems).is_none());
    assert!(crate::yaml::load(folder.path(), "folder", &mut problems).is_none());
    let messages: Vec<String> = problems.errors().iter().map(ToString::to_string).collect();
    assert_eq!(
        messages[0],
        "no.yml: cannot be read: No such file or directory (os error 2)"
    );
    assert_eq!(messages[1], "folder: cannot be read: is a directory");
}

#[test]
fn a_located_value_remembers_its_place() {
    let (port, _) = read("port:\n  - 80\n", |item| {
        Vec::<Located<u16>>::from_yaml(item.entry("port")?)
    });
    let port = port.unwrap().remove(0).map(u32::from);
    let mut problems = Problems::new();
    assert_eq!(port.refuse::<()>(&mut problems, "is taken"), None);
    port.warn(&mut problems, "is low");
    assert_eq!(problems.to_string(), "test.yml:2:5: port[0]: is taken");
    assert_eq!(
        problems.warnings()[0].to_string(),
        "test.yml:2:5: port[0]: is low"
    );
}
