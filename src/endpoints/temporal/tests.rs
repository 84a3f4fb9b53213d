//! Texts to counts and back, and what is refused rather than rounded.

use proptest::prelude::*;

use super::*;

#[test]
fn dates_count_days() {
    assert_eq!(parse_date("1970-01-01"), Some(0));
    assert_eq!(parse_date("2024-02-29"), Some(19_782));
    assert_eq!(parse_date("2024-2-9"), Some(19_762));
    assert_eq!(parse_date("1969-12-31"), Some(-1));
    for text in [
        "2023-02-29",
        "2024-13-01",
        "24-01-01",
        "2024-01-01T00:00:00",
        "2024-01",
        "-2024-01-01",
        "٢٠٢٤-01-01",
    ] {
        assert_eq!(parse_date(text), None, "{text}");
    }
}

#[test]
fn times_count_microseconds() {
    assert_eq!(parse_time("00:00:01.5"), Some(1_500_000));
    assert_eq!(parse_time("13:45"), Some(49_500_000_000));
    for text in [
        "24:00:00",
        "23:59:60",
        "10",
        "101112",
        "10:11:12Z",
        "10:11:12+01:00",
        "10:11:12.0000001",
        "T10:11",
        "",
    ] {
        assert_eq!(parse_time(text), None, "{text}");
    }
}

#[test]
fn a_date_time_is_an_instant_in_utc_unless_it_has_an_offset() {
    let instant = |text: &str| parse_date_time(text).map(|instant| instant.micros);
    assert_eq!(instant("1970-01-01T00:00:01Z"), Some(1_000_000));
    assert_eq!(instant("1970-01-01T02:00:00+02:00"), Some(0));
    assert_eq!(instant("1970-01-01T00:00:01.000001"), Some(1_000_001));
    assert_eq!(instant("1970-01-01 00:00:01"), Some(1_000_000));
    assert_eq!(instant("1970-01-02"), Some(86_400_000_000));
    assert_eq!(instant("1970-01-01T00:00:00.0000001"), None);
    for text in [
        "yesterday",
        "2016-12-31T23:59:60Z",
        "2016-12-31T23:59:60",
        "2024-01-02T03:04:05[Europe/Berlin]",
        "2024-01-02Z",
    ] {
        assert_eq!(instant(text), None, "{text}");
    }
    assert_eq!(
        instant("2024-01-02T03:04:05+01:00[Europe/Berlin]"),
        instant("2024-01-02T02:04:05Z")
    );
}

#[test]
fn the_end_of_time_is_an_instant() {
    let last = 253_402_300_799_000_000;
    for text in [
        "9999-12-31T23:59:59Z",
        "9999-12-31T23:59:59+00:00",
        "9999-12-31T18:59:59-05:00",
    ] {
        assert_eq!(
            parse_date_time(text).map(|instant| instant.micros),
            Some(last),
            "{text}"
        );
    }
    assert_eq!(instant_text(last).as_deref(), Some("9999-12-31T23:59:59Z"));
}

#[test]
fn seconds_of_the_epoch_may_have_a_fraction() {
    let read = |text: &str| parse_epoch_seconds(ExactNumber::parse(text).unwrap());
    assert_eq!(read("1700000000"), Some(1_700_000_000_000_000));
    assert_eq!(read("-0.5"), Some(-500_000));
    assert_eq!(read("0.0000001"), None);
    assert_eq!(read("99999999999999999"), None);
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(days in -700_000_i32..2_900_000, micros in 0_i64..86_400_000_000) {
        prop_assume!(days >= -719_528);
        prop_assert_eq!(parse_date(&date_text(days).unwrap()), Some(days));
        prop_assert_eq!(parse_time(&time_text(micros).unwrap()), Some(micros));
        let instant = |text: &str| parse_date_time(text).map(|instant| instant.micros);
        let moment = i64::from(days) * 86_400_000_000 + micros;
        prop_assert_eq!(instant(&date_time_text(moment).unwrap()), Some(moment));
        prop_assert_eq!(instant(&instant_text(moment).unwrap()), Some(moment));
    }

    #[test]
    fn no_text_makes_a_reader_panic(text in "[-0-9T:.Z+ \\[\\]a-zé]{0,40}") {
        parse_date(&text);
        parse_time(&text);
        parse_date_time(&text);
    }
}
