//! Digits are kept, order is exact, no text makes the reader panic.

use proptest::prelude::*;

use super::*;

fn number(text: &str) -> ExactNumber {
    ExactNumber::parse(text).unwrap_or_else(|| panic!("{text} is a number"))
}

#[test]
fn digits_are_kept_as_they_were_written() {
    for text in [
        "0",
        "-7",
        "1.50",
        "0.1",
        "-0.05",
        "170141183460469231731687303715884105727",
        "-170141183460469231731687303715884105728",
        "12345678901234567890.123456789012345678",
    ] {
        assert_eq!(number(text).to_string(), text);
    }
    for (text, digits) in [
        ("1e3", "1000"),
        ("2.5e-3", "0.0025"),
        ("12.50e1", "125.0"),
        ("0e99999999999", "0"),
    ] {
        assert_eq!(number(text).to_string(), digits, "{text}");
    }
}

#[test]
fn what_no_decimal_holds_is_floating_point() {
    for text in ["1e300", "-1e-50", "1234567890123456789012345678901234567890"] {
        assert!(matches!(number(text), ExactNumber::Double(_)), "{text}");
        let nearest: f64 = text.parse().unwrap();
        assert_eq!(number(text).approximate().to_bits(), nearest.to_bits(), "{text}");
    }
}

#[test]
fn other_texts_are_no_numbers() {
    for text in [
        "", "-", "+1", "1.", ".5", "1e", "1e+", "nan", "inf", "0x10", "1_000", " 1", "1e999", "١",
    ] {
        assert!(ExactNumber::parse(text).is_none(), "{text}");
    }
}

#[test]
fn whole_numbers_may_have_a_point() {
    assert_eq!(number("5.0").whole(), Some(5));
    assert_eq!(number("5.5").whole(), None);
    assert_eq!(number("50e-1").whole(), Some(5));
    assert!(number("1e300").is_whole());
}

#[test]
fn three_tenths_are_a_multiple_of_a_tenth() {
    assert!(number("0.3").is_multiple_of(number("0.1")));
    assert!(number("12").is_multiple_of(number("0.25")));
    assert!(!number("0.35").is_multiple_of(number("0.1")));
}

proptest! {
    #[test]
    fn order_is_that_of_the_numbers(left in any::<i64>(), left_scale in 0_u8..=38, right in any::<i64>(), right_scale in 0_u8..=38) {
        let decimal = |unscaled: i64, scale: u8| ExactNumber::Decimal { unscaled: i128::from(unscaled), scale };
        let (left_number, right_number) = (decimal(left, left_scale), decimal(right, right_scale));
        let by_float = left_number.approximate().total_cmp(&right_number.approximate());
        if by_float.is_ne() {
            prop_assert_eq!(left_number.compare(right_number), by_float);
        }
        prop_assert_eq!(left_number.compare(right_number), right_number.compare(left_number).reverse());
    }

    #[test]
    fn reading_what_was_written_gives_the_same_number(unscaled in any::<i64>(), scale in 1_u8..=38) {
        let written = ExactNumber::Decimal { unscaled: i128::from(unscaled), scale };
        let read = number(&written.to_string());
        prop_assert_eq!(read.to_string(), written.to_string());
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "[-+0-9.eE]{0,60}") {
        let read = ExactNumber::parse(&text);
        if let (Some(read), Ok(float)) = (read, text.parse::<f64>()) {
            prop_assert!(read.approximate().total_cmp(&float).is_eq() || float == 0.0, "{}", text);
        }
    }
}
