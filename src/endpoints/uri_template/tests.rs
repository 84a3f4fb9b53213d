//! What matches, what is refused, and that matching undoes expansion.

use proptest::prelude::*;

use super::*;

fn template(text: &str) -> UriTemplate {
    UriTemplate::parse(text).unwrap()
}

fn values(text: &str, uri: &str) -> Option<Vec<String>> {
    let values = template(text).matches(uri)?;
    Some(values.into_iter().map(|(_, value)| value).collect())
}

#[test]
fn a_variable_is_one_or_more_characters_without_a_slash() {
    let notes = "notes://{owner}/{id}";
    assert_eq!(
        values(notes, "notes://ada/7"),
        Some(vec!["ada".to_owned(), "7".to_owned()])
    );
    for uri in [
        "notes://ada/",
        "notes://ada",
        "notes:///7",
        "notes://ada/7/8",
        "xnotes://ada/7",
        "notes://ada/7\n/",
    ] {
        assert_eq!(values(notes, uri), None, "{uri:?}");
    }
}

#[test]
fn literal_characters_mean_themselves() {
    assert_eq!(values("data://a.b?x={x}", "data://aXb?x=1"), None);
    assert_eq!(
        values("data://a.b?x={x}", "data://a.b?x=1"),
        Some(vec!["1".to_owned()])
    );
    assert_eq!(values("data://all", "data://all"), Some(vec![]));
}

#[test]
fn values_are_percent_decoded() {
    assert_eq!(
        values("n://{x}", "n://a%20b%2Fc%C3%A9"),
        Some(vec!["a b/cé".to_owned()])
    );
    assert_eq!(values("n://{x}", "n://%FF"), None, "not UTF-8");
}

#[test]
fn other_templates_are_refused_with_a_reason() {
    for (text, message) in [
        ("", "expected a URI that starts with a scheme, such as notes://"),
        (
            "{scheme}://x",
            "expected a URI that starts with a scheme, such as notes://",
        ),
        ("n://{x", "a brace is not closed, or not opened"),
        ("n://x}", "a brace is not closed, or not opened"),
        (
            "n://{+x}",
            "{+x} is not accepted: expected a name of letters, digits and _ in braces",
        ),
        (
            "n://{x*}",
            "{x*} is not accepted: expected a name of letters, digits and _ in braces",
        ),
        (
            "n://{}",
            "{} is not accepted: expected a name of letters, digits and _ in braces",
        ),
        ("n://{a}{b}", "{a} and {b} need something between them"),
        ("n://{a}/{a}", "{a} is used twice"),
    ] {
        assert_eq!(
            UriTemplate::parse(text).unwrap_err().to_string(),
            message,
            "{text}"
        );
    }
}

proptest! {
    #[test]
    fn matching_undoes_expansion(values in prop::collection::vec("\\PC{1,12}", 1..5)) {
        let names: Vec<String> = (0..values.len()).map(|index| format!("v{index}")).collect();
        let text = names.iter().fold("x://h".to_owned(), |text, name| format!("{text}/{{{name}}}"));
        let template = template(&text);
        let value_of = |name: &str| names.iter().position(|known| known == name).map(|index| values[index].clone());
        let uri = template.expand(value_of).unwrap();
        prop_assert!(uri.is_ascii());
        let expected: Vec<(String, String)> = names.iter().cloned().zip(values.iter().cloned()).collect();
        prop_assert_eq!(template.matches(&uri), Some(expected));
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "[a-z:/{}+*.%é]{0,30}", uri in "[a-z:/%0-9A-F]{0,30}") {
        if let Ok(template) = UriTemplate::parse(&text) {
            template.matches(&uri);
        }
    }
}
