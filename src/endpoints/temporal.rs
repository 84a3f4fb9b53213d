//! Dates and times as text and as the numbers that SQL counts them in: days and microseconds since 1970. No formats'
//! names, no messages here.

use std::str::FromStr as _;

use jiff::civil::{Date, Time};
use jiff::fmt::temporal::Pieces;
use jiff::{SignedDuration, Timestamp};
use mxcp_actors::sql_executor::value::DateTime;

use super::number::ExactNumber;

const EPOCH: Date = Date::constant(1970, 1, 1);
const SECONDS_PER_DAY: i64 = 86_400;
const MICROSECONDS_PER_SECOND: i64 = 1_000_000;
const NANOSECONDS_PER_MICROSECOND: i128 = 1_000;

/// `2024-02-29`; also without padding, `2024-2-9`. Days since 1970-01-01.
pub(crate) fn parse_date(text: &str) -> Option<i32> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    let date = Date::new(digits(year)?, digits(month)?, digits(day)?).ok()?;
    i32::try_from(date.duration_since(EPOCH).as_secs() / SECONDS_PER_DAY).ok()
}

/// `13:45`, `13:45:10`, `13:45:10.25`, without an offset. Microseconds since midnight.
pub(crate) fn parse_time(text: &str) -> Option<i64> {
    if !text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.'))
        || !text.contains(':')
    {
        return None;
    }
    let time = Time::from_str(text).ok().filter(|_| !has_leap_second(text))?;
    microseconds(time.duration_since(Time::midnight()))
}

/// ISO 8601. Without an offset or `Z` it is what a clock in UTC shows; a date alone is its midnight. Digits beyond the
/// microsecond must be zero. The name of a zone in brackets is accepted beside an offset only.
pub(crate) fn parse_date_time(text: &str) -> Option<DateTime> {
    let pieces = Pieces::parse(text).ok().filter(|_| !has_leap_second(text))?;
    let date_time = pieces
        .date()
        .to_datetime(pieces.time().unwrap_or(Time::midnight()));
    let since_epoch = date_time.duration_since(EPOCH.to_datetime(Time::midnight()));
    let clock = microseconds(since_epoch)?;
    let micros = match pieces.to_numeric_offset() {
        Some(offset) if pieces.time().is_some() => {
            clock.checked_sub(i64::from(offset.seconds()) * MICROSECONDS_PER_SECOND)?
        }
        None if pieces.time_zone_annotation().is_none() => clock,
        Some(_) | None => return None,
    };
    Some(DateTime {
        micros,
        text: text.to_owned(),
    })
}

/// Seconds since 1970-01-01T00:00:00Z to microseconds. Digits beyond the microsecond must be zero.
pub(crate) fn parse_epoch_seconds(seconds: ExactNumber) -> Option<i64> {
    let micros = match seconds {
        ExactNumber::Integer(seconds) => seconds.checked_mul(1_000_000)?,
        ExactNumber::Decimal { unscaled, scale } => {
            let unit = 10_i128.checked_pow(u32::from(scale))?;
            let micros = unscaled.checked_mul(1_000_000)?;
            (micros % unit == 0).then_some(micros / unit)?
        }
        ExactNumber::Double(_) => return None,
    };
    let micros = i64::try_from(micros).ok()?;
    Timestamp::from_microsecond(micros).ok().map(|_| micros)
}

/// A date as ISO 8601; `None` beyond the years -9999 to 9999.
pub(crate) fn date_text(days: i32) -> Option<String> {
    let since_epoch = SignedDuration::from_secs(i64::from(days) * SECONDS_PER_DAY);
    EPOCH.checked_add(since_epoch).ok().map(|date| date.to_string())
}

/// A time of day as ISO 8601.
pub(crate) fn time_text(micros: i64) -> Option<String> {
    let time = Time::midnight()
        .checked_add(SignedDuration::from_micros(micros))
        .ok()?;
    Some(time.to_string())
}

/// A date and time without a zone as ISO 8601.
pub(crate) fn date_time_text(micros: i64) -> Option<String> {
    let midnight = EPOCH.to_datetime(Time::midnight());
    let date_time = midnight.checked_add(SignedDuration::from_micros(micros)).ok()?;
    Some(date_time.to_string())
}

/// An instant as ISO 8601 in UTC.
pub(crate) fn instant_text(micros: i64) -> Option<String> {
    date_time_text(micros).map(|text| text + "Z")
}

/// SQL has no second 60, and the library would take it for the second before.
fn has_leap_second(text: &str) -> bool {
    let second = text.split(':').nth(2);
    second.is_some_and(|second| second.starts_with("60"))
}

/// One or more digits, and nothing else.
fn digits<N: std::str::FromStr>(text: &str) -> Option<N> {
    let is_plain = !text.is_empty() && text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    is_plain.then(|| text.parse().ok())?
}

/// Whole microseconds; `None` if something would be lost.
fn microseconds(duration: SignedDuration) -> Option<i64> {
    let nanoseconds = duration.as_nanos();
    (nanoseconds % NANOSECONDS_PER_MICROSECOND == 0)
        .then(|| i64::try_from(nanoseconds / NANOSECONDS_PER_MICROSECOND).ok())?
}

#[cfg(test)]
mod tests;
