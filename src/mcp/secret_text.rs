//! Takes secrets out of encoded JSON by their value, leaving the rest as it is, byte for byte: numbers stay exact.

use mxcp_actors::audit_logger::redaction::REDACTED;
use mxcp_actors::domain::secret::Secret;
use serde_json::Value;

/// A shorter one is no token, and would be found everywhere.
const SHORTEST: usize = 8;

/// The text without these secrets. They can only stand inside JSON's strings, where what replaces them is as good.
pub(super) fn without(text: Vec<u8>, secrets: &[Secret]) -> Vec<u8> {
    let secrets = secrets.iter().map(escaped);
    secrets
        .filter(|secret| secret.expose().len() >= SHORTEST)
        .fold(text, |text, secret| replaced(text, secret.expose().as_bytes()))
}

/// The secret as it stands inside a JSON string.
fn escaped(secret: &Secret) -> Secret {
    let quoted = Value::from(secret.expose()).to_string();
    Secret::new(quoted.get(1..quoted.len() - 1).unwrap_or_default())
}

fn replaced(text: Vec<u8>, secret: &[u8]) -> Vec<u8> {
    let finder = memchr::memmem::Finder::new(secret);
    let places: Vec<usize> = finder.find_iter(&text).collect();
    if places.is_empty() {
        return text;
    }
    let mut left = Vec::with_capacity(text.len());
    let mut after = 0;
    for place in places {
        left.extend(text.get(after..place).unwrap_or_default());
        left.extend(REDACTED.as_bytes());
        after = place + secret.len();
    }
    left.extend(text.get(after..).unwrap_or_default());
    left
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cleaned(text: &str, secret: &str) -> String {
        String::from_utf8(without(text.as_bytes().to_vec(), &[Secret::new(secret)])).unwrap()
    }

    #[test]
    fn a_token_is_taken_out_wherever_it_stands_and_numbers_stay_exact() {
        let json = r#"{"gho_canary1":["x gho_canary1gho_canary1 y",0.10000000000000000000001]}"#;
        let expected = r#"{"[REDACTED]":["x [REDACTED][REDACTED] y",0.10000000000000000000001]}"#;
        assert_eq!(cleaned(json, "gho_canary1"), expected);
    }

    #[test]
    fn a_token_with_characters_that_json_escapes_is_found() {
        let json = serde_json::to_string(&["Bearer a\"b\\c/d=="]).unwrap();
        assert_eq!(cleaned(&json, "a\"b\\c/d=="), r#"["Bearer [REDACTED]"]"#);
    }

    proptest! {
        #[test]
        fn what_is_left_is_json_without_the_token(before in "\\PC{0,20}", after in "\\PC{0,20}") {
            let json = serde_json::to_string(&[format!("{before}gho_canary1{after}")]).unwrap();
            let left = cleaned(&json, "gho_canary1");
            prop_assert!(!left.contains("gho_canary1"));
            prop_assert_eq!(serde_json::from_str::<[String; 1]>(&left).unwrap(), [format!("{before}[REDACTED]{after}")]);
        }
    }
}
