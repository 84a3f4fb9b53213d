//! What is read out of queries and forms, and what is refused.

use proptest::prelude::*;
use url::form_urlencoded;

use super::*;

fn parse(text: &str) -> Result<Parameters, InvalidParameters> {
    Parameters::parse(text.as_bytes(), LONGEST_FORM)
}

#[test]
fn a_form_is_decoded_as_browsers_encode_it() {
    let form = parse("client_id=a%20b&scope=mcp%3Aread+mcp:write&&state=%C3%A9&flag").unwrap();
    assert_eq!(form.required("client_id"), Ok("a b"));
    assert_eq!(form.required("scope"), Ok("mcp:read mcp:write"));
    assert_eq!(form.required("state"), Ok("é"));
    assert!(form.contains("flag"));
}

#[test]
fn an_empty_parameter_counts_as_absent() {
    let form = parse("state=&code").unwrap();
    assert_eq!(form.optional("state"), Ok(None));
    assert_eq!(
        form.required("code"),
        Err(InvalidParameters::Missing { name: "code" })
    );
}

#[test]
fn a_repeated_parameter_is_refused_even_if_one_is_empty_or_both_are_equal() {
    for text in [
        "state=a&state=b",
        "state=a&state=a",
        "state=&state=a",
        "st%61te=a&state=b",
    ] {
        let repeated = InvalidParameters::Repeated { name: "state" };
        assert_eq!(parse(text).unwrap().optional("state"), Err(repeated), "{text}");
    }
}

#[test]
fn a_parameter_that_may_be_repeated_keeps_its_order() {
    let form = parse("resource=b&x=1&resource=a").unwrap();
    assert_eq!(form.all("resource").collect::<Vec<_>>(), ["b", "a"]);
}

#[test]
fn what_is_too_long_or_too_much_or_no_text_is_refused() {
    assert_eq!(
        Parameters::parse(b"abcd=1", 5),
        Err(InvalidParameters::TooLong { most: 5 })
    );
    assert_eq!(
        parse(&"a=1&".repeat(MOST_PARAMETERS + 1)),
        Err(InvalidParameters::TooMany)
    );
    assert!(parse(&"a=1&".repeat(MOST_PARAMETERS)).is_ok());
    assert_eq!(parse("state=%ff"), Err(InvalidParameters::NotText));
    assert_eq!(
        Parameters::parse(b"state=\xff", 100),
        Err(InvalidParameters::NotText)
    );
    let too_long = InvalidParameters::ValueTooLong {
        name: "state",
        most: 3,
    };
    assert_eq!(
        parse("state=abcd").unwrap().optional_within("state", 3),
        Err(too_long)
    );
    assert_eq!(
        parse("state=abc").unwrap().optional_within("state", 3),
        Ok(Some("abc"))
    );
}

#[test]
fn values_are_not_printed() {
    let form = parse("client_secret=hunter2").unwrap();
    assert_eq!(format!("{form:?}"), "[\"client_secret\"]");
}

proptest! {
    #[test]
    fn whatever_is_encoded_is_read_back(pairs in proptest::collection::vec((".{0,20}", ".{0,40}"), 0..10)) {
        let text = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
        prop_assert_eq!(Parameters::parse(text.as_bytes(), LONGEST_FORM), Ok(Parameters(pairs)));
    }

    #[test]
    fn every_text_is_read_as_browsers_do_or_refused(text in "[a-c=&+%0-9f\u{e9}]{0,60}") {
        if let Ok(Parameters(pairs)) = parse(&text) {
            let browser: Vec<_> = form_urlencoded::parse(text.as_bytes()).into_owned().collect();
            prop_assert_eq!(pairs, browser);
        }
    }

    #[test]
    fn no_bytes_cause_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        drop(Parameters::parse(&bytes, LONGEST_FORM));
    }
}
