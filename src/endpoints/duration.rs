//! ISO 8601 durations as text, and as the months, days and microseconds that SQL keeps apart. No formats' names, no
//! messages here.

use mxcp_actors::sql_executor::value::Duration;

const MONTHS_PER_YEAR: i128 = 12;
const DAYS_PER_WEEK: i128 = 7;
const MICROS_PER_SECOND: i128 = 1_000_000;
const MICROS_PER_MINUTE: i128 = 60 * MICROS_PER_SECOND;
const MICROS_PER_HOUR: i128 = 60 * MICROS_PER_MINUTE;
/// Digits of a second's fraction that SQL keeps.
const FRACTION_DIGITS: usize = 6;

/// One number with its unit: `-1.5S`.
struct Part<'a> {
    is_negative: bool,
    whole: &'a str,
    fraction: &'a str,
    unit: char,
}

/// Whether the text is `P1Y2M3DT4H5M6.7S` or `P2W`, with at least one part; each part may be negative, as SQL's intervals
/// are.
pub(super) fn is_duration(text: &str) -> bool {
    parts(text).is_some()
}

/// The duration in SQL's parts; `None` for what is no duration, and for one that SQL cannot hold to the last digit.
pub(super) fn parse(text: &str) -> Option<Duration> {
    let (date, time) = parts(text)?;
    let (mut months, mut days, mut micros) = (0_i128, 0_i128, 0_i128);
    for part in date {
        let number = part.number()?;
        match part.unit {
            'Y' => months = months.checked_add(number.checked_mul(MONTHS_PER_YEAR)?)?,
            'M' => months = months.checked_add(number)?,
            'W' => days = number.checked_mul(DAYS_PER_WEEK)?,
            _ => days = number,
        }
    }
    for part in time {
        let part = match part.unit {
            'H' => part.number()?.checked_mul(MICROS_PER_HOUR)?,
            'M' => part.number()?.checked_mul(MICROS_PER_MINUTE)?,
            _ => part.micros()?,
        };
        micros = micros.checked_add(part)?;
    }
    Some(Duration {
        months: months.try_into().ok()?,
        days: days.try_into().ok()?,
        micros: micros.try_into().ok()?,
        text: text.to_owned(),
    })
}

impl Part<'_> {
    fn number(&self) -> Option<i128> {
        let number: i128 = self.whole.parse().ok()?;
        Some(if self.is_negative { -number } else { number })
    }

    /// Seconds in microseconds. Digits beyond them must be zero.
    fn micros(&self) -> Option<i128> {
        let (kept, rest) = match self.fraction.split_at_checked(FRACTION_DIGITS) {
            Some(split) => split,
            None => (self.fraction, ""),
        };
        if rest.bytes().any(|digit| digit != b'0') {
            return None;
        }
        let fraction: i128 = format!("{kept:0<FRACTION_DIGITS$}").parse().ok()?;
        let fraction = if self.is_negative { -fraction } else { fraction };
        self.number()?
            .checked_mul(MICROS_PER_SECOND)?
            .checked_add(fraction)
    }
}

/// The parts before and after the `T`.
fn parts(text: &str) -> Option<(Vec<Part<'_>>, Vec<Part<'_>>)> {
    let rest = text.strip_prefix('P')?;
    let is_there = |parts: &Vec<Part<'_>>| !parts.is_empty();
    match rest.split_once('T') {
        None => {
            let date = parts_of(rest, "YMD").or_else(|| parts_of(rest, "W"));
            Some((date.filter(is_there)?, Vec::new()))
        }
        Some((date, time)) => Some((parts_of(date, "YMD")?, parts_of(time, "HMS").filter(is_there)?)),
    }
}

/// Numbers with these units, each at most once and in order. `None` for anything else.
fn parts_of<'a>(text: &'a str, units: &str) -> Option<Vec<Part<'a>>> {
    let (mut rest, mut units, mut parts) = (text, units, Vec::new());
    while !rest.is_empty() {
        let end = rest.find(|c: char| c.is_ascii_alphabetic())?;
        let (number, tail) = rest.split_at(end);
        let unit = tail.chars().next()?;
        let (_, later) = units.split_once(unit)?;
        let (is_negative, number) = match number.strip_prefix('-') {
            Some(number) => (true, number),
            None => (false, number),
        };
        let (whole, fraction) = match number.split_once('.') {
            Some((whole, fraction)) if unit == 'S' && !fraction.is_empty() => (whole, fraction),
            Some(_) => return None,
            None => (number, ""),
        };
        let is_digits = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) {
            return None;
        }
        parts.push(Part {
            is_negative,
            whole,
            fraction,
            unit,
        });
        rest = tail.get(unit.len_utf8()..)?;
        units = later;
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(text: &str) -> Option<(i32, i32, i64)> {
        let duration = parse(text)?;
        assert_eq!(duration.text, text);
        Some((duration.months, duration.days, duration.micros))
    }

    #[test]
    fn the_parts_are_those_of_sql() {
        for (text, expected) in [
            ("P1D", (0, 1, 0)),
            ("PT1S", (0, 0, 1_000_000)),
            ("P1Y2M3DT4H5M6.7S", (14, 3, 14_706_700_000)),
            ("P2W", (0, 14, 0)),
            ("PT-1M-30S", (0, 0, -90_000_000)),
            ("PT-0.5S", (0, 0, -500_000)),
            ("P1Y-2M", (10, 0, 0)),
            ("PT36H", (0, 0, 129_600_000_000)),
            ("PT0.000001000S", (0, 0, 1)),
            ("P2147483647M", (i32::MAX, 0, 0)),
            ("PT9223372036854.775807S", (0, 0, i64::MAX)),
        ] {
            assert_eq!(parsed(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_sql_cannot_hold_is_a_duration_without_a_value() {
        for text in [
            "PT0.0000001S",
            "P2147483648M",
            "P178956971Y",
            "P2147483648D",
            "P306783379W",
            "PT9223372036854.775808S",
            "PT999999999999999999999999999999999999999999H",
        ] {
            assert!(is_duration(text), "{text}");
            assert_eq!(parsed(text), None, "{text}");
        }
    }

    #[test]
    fn other_texts_are_no_durations() {
        for text in [
            "", "P", "PT", "1D", "P1S", "PT1D", "P1M1Y", "P1DT", "P1.5D", "PT1.S", "P1W2D", "P1D ", "PxD",
            "1 day", "PT1,5S", "+P1D", "-P1D", "P--1D",
        ] {
            assert!(!is_duration(text), "{text}");
            assert_eq!(parsed(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_unit_is_lost(
            years in -1_000_000_i32..1_000_000,
            months in -1_000_000_i32..1_000_000,
            days in any::<i32>(),
            hours in -1_000_000_i64..1_000_000,
            minutes in -1_000_000_i64..1_000_000,
            micros in -1_000_000_000_000_i64..1_000_000_000_000,
        ) {
            let sign = if micros < 0 { "-" } else { "" };
            let (seconds, fraction) = (micros.abs() / 1_000_000, micros.abs() % 1_000_000);
            let text = format!("P{years}Y{months}M{days}DT{hours}H{minutes}M{sign}{seconds}.{fraction:06}S");
            let expected = (years * 12 + months, days, (hours * 60 + minutes) * 60_000_000 + micros);
            prop_assert_eq!(parsed(&text), Some(expected));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[-PTYMWDHS0-9.]{0,12}|.{0,6}") {
            prop_assert!(is_duration(&text) || parse(&text).is_none());
        }
    }
}
