//! Time as a value: [`Timestamp`], and the [`Clock`] that everything which needs "now" takes as a parameter.
//!
//! [`SystemClock`] is the only place in the core that asks the operating system. Deadlines and timeouts of
//! running work are monotonic and do not belong here.

use std::fmt;
use std::ops::{Add, Sub};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const MICROSECONDS_PER_SECOND: i64 = 1_000_000;

/// A moment in UTC, in microseconds since the Unix epoch.
///
/// Arithmetic saturates at [`Timestamp::MIN`] and [`Timestamp::MAX`], the years that RFC 3339 can write, so that
/// an absurd lifetime in a configuration means "for ever" and never "in the past".
///
/// Written and read by serde as RFC 3339 text; a database stores [`Timestamp::microseconds`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Timestamp(i64);

impl Timestamp {
    /// 0000-01-01T00:00:00Z.
    pub const MIN: Self = Self(-62_167_219_200 * MICROSECONDS_PER_SECOND);
    /// 9999-12-31T23:59:59.999999Z.
    pub const MAX: Self = Self(253_402_300_800 * MICROSECONDS_PER_SECOND - 1);
    /// 1970-01-01T00:00:00Z.
    pub const UNIX_EPOCH: Self = Self(0);

    /// The moment that many microseconds after the Unix epoch (before it if negative).
    #[must_use]
    pub const fn from_microseconds(microseconds: i64) -> Self {
        if microseconds < Self::MIN.0 {
            Self::MIN
        } else if microseconds > Self::MAX.0 {
            Self::MAX
        } else {
            Self(microseconds)
        }
    }

    /// The moment that many seconds after the Unix epoch (before it if negative).
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self::from_microseconds(seconds.saturating_mul(MICROSECONDS_PER_SECOND))
    }

    /// Microseconds since the Unix epoch.
    #[must_use]
    pub const fn microseconds(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, rounded down: the `NumericDate` of JWT and RFC 7591.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(MICROSECONDS_PER_SECOND)
    }

    /// How long after `earlier` this is; zero if the clock went backwards in between.
    #[must_use]
    pub fn duration_since(self, earlier: Self) -> Duration {
        let microseconds = self.0.saturating_sub(earlier.0);
        Duration::from_micros(u64::try_from(microseconds).unwrap_or(0))
    }

    /// Reads RFC 3339 text with any offset; digits beyond microseconds are dropped.
    pub fn parse_rfc3339(text: &str) -> Result<Self, InvalidTimestamp> {
        let moment = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| InvalidTimestamp)?;
        let microseconds = moment.unix_timestamp_nanos().div_euclid(1_000);
        let microseconds = i64::try_from(microseconds).map_err(|_| InvalidTimestamp)?;
        Ok(Self::from_microseconds(microseconds))
    }
}

/// The text is not a date and time of RFC 3339 section 5.6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an RFC 3339 time; accepted is, for example, 2026-01-31T23:59:59.123456Z")]
pub struct InvalidTimestamp;

/// RFC 3339 in UTC with microseconds, always the same width: `2026-01-31T23:59:59.123456Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The bounds of `Timestamp` lie inside those of the calendar, so the fallback is never taken.
        let moment =
            OffsetDateTime::from_unix_timestamp(self.seconds()).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let microsecond = self.0.rem_euclid(MICROSECONDS_PER_SECOND);
        let mut text = *b"0000-00-00T00:00:00.000000Z";
        write_digits(&mut text[..4], moment.year().unsigned_abs());
        write_digits(&mut text[5..7], u8::from(moment.month()).into());
        write_digits(&mut text[8..10], moment.day().into());
        write_digits(&mut text[11..13], moment.hour().into());
        write_digits(&mut text[14..16], moment.minute().into());
        write_digits(&mut text[17..19], moment.second().into());
        write_digits(&mut text[20..26], u32::try_from(microsecond).unwrap_or(0));
        formatter.write_str(str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

/// Writes the last digits of `number`, as many as have place. Each call writes several timestamps, and the formatting
/// machinery takes ten times as long.
fn write_digits(place: &mut [u8], mut number: u32) {
    for digit in place.iter_mut().rev() {
        *digit = b"0123456789"[(number % 10) as usize];
        number /= 10;
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl From<Timestamp> for String {
    fn from(timestamp: Timestamp) -> Self {
        timestamp.to_string()
    }
}

impl TryFrom<String> for Timestamp {
    type Error = InvalidTimestamp;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse_rfc3339(&text)
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        let microseconds = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self::from_microseconds(self.0.saturating_add(microseconds))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        let microseconds = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self::from_microseconds(self.0.saturating_sub(microseconds))
    }
}

/// Says what time it is.
pub trait Clock: Send + Sync {
    /// The present moment. It may go backwards when the operating system corrects its clock.
    fn now(&self) -> Timestamp;
}

/// The clock of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the time comes in; all others take a Clock"
    )]
    fn now(&self) -> Timestamp {
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => Timestamp::UNIX_EPOCH + since,
            Err(before) => Timestamp::UNIX_EPOCH - before.duration(),
        }
    }
}

/// A clock that stands still until a test moves it, shared by reference between threads.
#[derive(Debug)]
pub struct FixedClock(AtomicI64);

impl FixedClock {
    /// A clock that stands at `now`.
    #[must_use]
    pub const fn at(now: Timestamp) -> Self {
        Self(AtomicI64::new(now.microseconds()))
    }

    /// Moves the clock forward.
    pub fn advance(&self, duration: Duration) {
        self.set(self.now() + duration);
    }

    /// Moves the clock to any moment, also backwards.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.microseconds(), Ordering::SeqCst);
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_microseconds(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn writes_utc_with_microseconds() {
        let moment = Timestamp::from_microseconds(1_704_067_200_000_042);
        assert_eq!(moment.to_string(), "2024-01-01T00:00:00.000042Z");
        assert_eq!(moment.seconds(), 1_704_067_200);
    }

    #[test]
    fn seconds_before_the_epoch_round_down() {
        assert_eq!(Timestamp::from_microseconds(-1).seconds(), -1);
        assert_eq!(
            Timestamp::from_microseconds(-1).to_string(),
            "1969-12-31T23:59:59.999999Z"
        );
    }

    #[test]
    fn reads_offsets_and_refuses_other_text() {
        let moment = Timestamp::parse_rfc3339("2024-01-01T02:00:00.5+02:00");
        assert_eq!(moment, Ok(Timestamp::from_microseconds(1_704_067_200_500_000)));
        assert_eq!(Timestamp::parse_rfc3339("2024-01-01"), Err(InvalidTimestamp));
    }

    #[test]
    fn arithmetic_saturates_instead_of_wrapping() {
        assert_eq!(Timestamp::MAX + Duration::MAX, Timestamp::MAX);
        assert_eq!(Timestamp::MIN - Duration::MAX, Timestamp::MIN);
        assert_eq!(Timestamp::from_seconds(i64::MAX), Timestamp::MAX);
        assert_eq!(Timestamp::MAX.to_string(), "9999-12-31T23:59:59.999999Z");
        assert_eq!(Timestamp::MIN.to_string(), "0000-01-01T00:00:00.000000Z");
    }

    #[test]
    fn no_time_has_passed_when_the_clock_went_backwards() {
        let clock = FixedClock::at(Timestamp::from_seconds(100));
        let earlier = clock.now();
        clock.set(Timestamp::from_seconds(40));
        assert_eq!(clock.now().duration_since(earlier), Duration::ZERO);
        clock.advance(Duration::from_secs(90));
        assert_eq!(clock.now().duration_since(earlier), Duration::from_secs(30));
    }

    #[test]
    fn the_system_clock_is_past_the_first_release() {
        assert!(SystemClock.now() > Timestamp::from_seconds(1_700_000_000));
    }

    proptest! {
        #[test]
        fn text_round_trips(microseconds in Timestamp::MIN.0..=Timestamp::MAX.0) {
            let moment = Timestamp::from_microseconds(microseconds);
            prop_assert_eq!(Timestamp::parse_rfc3339(&moment.to_string()), Ok(moment));
        }

        #[test]
        fn text_sorts_like_time(left in Timestamp::MIN.0..=Timestamp::MAX.0, right in Timestamp::MIN.0..=Timestamp::MAX.0) {
            let (left, right) = (Timestamp(left), Timestamp(right));
            prop_assert_eq!(left.cmp(&right), left.to_string().cmp(&right.to_string()));
        }
    }
}
