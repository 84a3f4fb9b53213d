//! Dates, times, timestamps and intervals as ISO 8601, each in its own precision.

use super::{DataType, EncodeError, quoted, write_display};
use crate::sql_executor::engine::ffi::Interval;

const SECONDS_PER_DAY: i128 = 86_400;

/// How many units a second has, and how many digits they need.
#[derive(Clone, Copy)]
struct Precision {
    units: i128,
    digits: usize,
}

const SECONDS: Precision = Precision { units: 1, digits: 0 };
const MILLIS: Precision = Precision {
    units: 1_000,
    digits: 3,
};
const MICROS: Precision = Precision {
    units: 1_000_000,
    digits: 6,
};
const NANOS: Precision = Precision {
    units: 1_000_000_000,
    digits: 9,
};

/// Appends the stored number as a quoted date, time or timestamp.
pub(super) fn write(out: &mut Vec<u8>, data_type: &DataType, stored: i128) -> Result<(), EncodeError> {
    if is_infinite(data_type, stored) {
        return Err(EncodeError::Infinite(data_type.clone()));
    }
    quoted(out, |out| match data_type {
        DataType::Date => write_date(out, stored),
        DataType::Time => write_time(out, stored, MICROS),
        DataType::TimeNs => write_time(out, stored, NANOS),
        DataType::TimeTz => write_time_tz(out, stored),
        DataType::TimestampS => write_timestamp(out, stored, SECONDS),
        DataType::TimestampMs => write_timestamp(out, stored, MILLIS),
        DataType::TimestampNs => write_timestamp(out, stored, NANOS),
        DataType::TimestampTz => {
            write_timestamp(out, stored, MICROS);
            out.push(b'Z');
        }
        _ => write_timestamp(out, stored, MICROS),
    });
    Ok(())
}

/// DuckDB keeps the two infinities at the ends of the range.
fn is_infinite(data_type: &DataType, stored: i128) -> bool {
    match data_type {
        DataType::Date => stored.abs() == i128::from(i32::MAX),
        DataType::Time | DataType::TimeNs | DataType::TimeTz => false,
        _ => stored.abs() == i128::from(i64::MAX),
    }
}

/// The proleptic Gregorian date of a day number (days since 1970-01-01); years beyond 9999 and before 0 carry a sign.
fn write_date(out: &mut Vec<u8>, days: i128) {
    // Counted in eras of 400 years from the first of March, so that the leap day is the last of its year.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + i128::from(month <= 2);
    match year {
        0..=9_999 => write_display(out, format_args!("{year:04}-{month:02}-{day:02}")),
        _ => write_display(out, format_args!("{year:+07}-{month:02}-{day:02}")),
    }
}

/// A fraction is written only where there is one, in the full digits of its precision.
fn write_time(out: &mut Vec<u8>, units: i128, precision: Precision) {
    let seconds = units.div_euclid(precision.units);
    let fraction = units.rem_euclid(precision.units);
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    write_display(out, format_args!("{hours:02}:{minutes:02}:{:02}", seconds % 60));
    if fraction != 0 {
        write_display(
            out,
            format_args!(".{fraction:0digits$}", digits = precision.digits),
        );
    }
}

fn write_timestamp(out: &mut Vec<u8>, units: i128, precision: Precision) {
    let per_day = SECONDS_PER_DAY * precision.units;
    write_date(out, units.div_euclid(per_day));
    out.push(b'T');
    write_time(out, units.rem_euclid(per_day), precision);
}

/// Forty bits of microseconds, then the offset in seconds, counted down from 15:59:59 east.
fn write_time_tz(out: &mut Vec<u8>, stored: i128) {
    const OFFSET_BITS: u32 = 24;
    const MAX_OFFSET: i128 = 16 * 60 * 60 - 1;
    write_time(out, stored >> OFFSET_BITS, MICROS);
    let offset = MAX_OFFSET - (stored & ((1 << OFFSET_BITS) - 1));
    let sign = if offset < 0 { '-' } else { '+' };
    let (hours, minutes, seconds) = (offset.abs() / 3_600, offset.abs() / 60 % 60, offset.abs() % 60);
    write_display(out, format_args!("{sign}{hours:02}:{minutes:02}"));
    if seconds != 0 {
        write_display(out, format_args!(":{seconds:02}"));
    }
}

/// An ISO 8601 duration with each of DuckDB's three parts in its place (months are not days): `P1Y2M3DT4H5M6.7S`.
pub(super) fn write_interval(out: &mut Vec<u8>, interval: Option<Interval>) {
    let (months, days, micros) = interval.map_or((0, 0, 0), |parts| (parts.months, parts.days, parts.micros));
    let (hours, minutes) = (micros / 3_600_000_000, micros / 60_000_000 % 60);
    let seconds = micros % 60_000_000;
    out.push(b'P');
    let start = out.len();
    write_part(out, i64::from(months / 12), 'Y');
    write_part(out, i64::from(months % 12), 'M');
    write_part(out, i64::from(days), 'D');
    if micros != 0 || out.len() == start {
        out.push(b'T');
        write_part(out, hours, 'H');
        write_part(out, minutes, 'M');
        write_seconds(out, seconds, micros == 0);
    }
}

fn write_part(out: &mut Vec<u8>, value: i64, unit: char) {
    if value != 0 {
        write_display(out, format_args!("{value}{unit}"));
    }
}

fn write_seconds(out: &mut Vec<u8>, micros: i64, even_if_zero: bool) {
    if micros == 0 && !even_if_zero {
        return;
    }
    let sign = if micros < 0 { "-" } else { "" };
    let (whole, fraction) = (micros.abs() / 1_000_000, micros.abs() % 1_000_000);
    write_display(out, format_args!("{sign}{whole}"));
    if fraction != 0 {
        let digits = format!("{fraction:06}");
        write_display(out, format_args!(".{}", digits.trim_end_matches('0')));
    }
    out.push(b'S');
}
