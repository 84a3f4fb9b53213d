//! `--since`: a number and a unit.

use std::time::Duration;

/// Reads `30s`, `10m`, `2h` or `1d`.
pub(super) fn parse(text: &str) -> Result<Duration, String> {
    let wanted = || "expected a whole number and s, m, h or d, such as 30s, 10m, 2h or 1d".to_owned();
    let unit = text.chars().next_back().ok_or_else(wanted)?;
    let seconds: u64 = match unit {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        _ => return Err(wanted()),
    };
    let number = text.strip_suffix(unit).unwrap_or_default();
    if !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wanted());
    }
    let number: u64 = number.parse().map_err(|_| wanted())?;
    number
        .checked_mul(seconds)
        .map(Duration::from_secs)
        .ok_or_else(wanted)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_number_and_a_unit() {
        for (text, seconds) in [
            ("0s", 0),
            ("30s", 30),
            ("10m", 600),
            ("2h", 7_200),
            ("1d", 86_400),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_secs(seconds)));
        }
        for text in [
            "",
            "s",
            "10",
            "-1h",
            "+1h",
            "1.5h",
            "1w",
            " 1h",
            "1 h",
            "1é",
            "99999999999999999999d",
            "9999999999999999999d",
        ] {
            assert!(parse(text).unwrap_err().starts_with("expected"), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_causes_a_panic(text in "\\PC{0,12}") {
            drop(parse(&text));
        }
    }
}
