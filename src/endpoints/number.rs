//! Numbers with all their digits: read from the text of a JSON number, compared and divided without a detour through
//! binary floating point. No types, no bounds of definitions here.

use std::cmp::Ordering;
use std::fmt;

use mxcp_actors::sql_executor::value::SqlValue;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// Digits of the widest decimal that SQL has.
const MAXIMUM_DIGITS: u32 = 38;

/// A number, exact wherever 128 bits or 38 decimal digits hold it.
#[derive(Debug, Clone, Copy)]
pub enum ExactNumber {
    /// A whole number that was written without point or exponent, or whose exponent leaves it whole.
    Integer(i128),
    /// `unscaled` divided by ten to the power of `scale`.
    Decimal {
        /// All digits, without the point.
        unscaled: i128,
        /// Digits after the point, from 1 to 38.
        scale: u8,
    },
    /// A number that only binary floating point can hold. Always finite.
    Double(f64),
}

impl ExactNumber {
    /// Reads `-12`, `1.50`, `2.5e-3`. `None` for other texts and for numbers beyond the range of `f64`.
    pub fn parse(text: &str) -> Option<Self> {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        if unsigned.bytes().all(|byte| byte.is_ascii_digit())
            && let Ok(whole) = text.parse()
        {
            return Some(Self::Integer(whole));
        }
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent_of(exponent)?),
            None => (unsigned, Exponent::Small(0)),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
            Some(_) => return None,
            None => (mantissa, ""),
        };
        let is_digits = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) {
            return None;
        }
        let sign = if unsigned.len() < text.len() { "-" } else { "" };
        exact(&format!("{sign}{whole}{fraction}"), fraction.len(), &exponent)
            .or_else(|| Self::from_f64(text.parse().ok()?))
    }

    /// A finite floating-point number, by the shortest digits that mean it.
    pub fn from_f64(number: f64) -> Option<Self> {
        number.is_finite().then_some(Self::Double(number))
    }

    /// The number as a whole one, if it is one: `5.0` is 5, `5.5` is not.
    pub fn whole(self) -> Option<i128> {
        match self {
            Self::Integer(number) => Some(number),
            Self::Decimal { unscaled, scale } => {
                let unit = power_of_ten(scale);
                (unscaled % unit == 0).then_some(unscaled / unit)
            }
            Self::Double(_) => None,
        }
    }

    /// Whether the number has no fraction, even if it is beyond 128 bits.
    pub fn is_whole(self) -> bool {
        match self {
            Self::Integer(_) | Self::Decimal { .. } => self.whole().is_some(),
            Self::Double(number) => number.fract() == 0.0,
        }
    }

    /// The nearest floating-point number.
    #[expect(clippy::cast_precision_loss, reason = "the nearest is what is asked for")]
    pub fn approximate(self) -> f64 {
        match self {
            Self::Integer(number) => number as f64,
            // Reading the digits rounds once; dividing two rounded numbers would round three times.
            Self::Decimal { unscaled, .. } => self.to_string().parse().unwrap_or(unscaled as f64),
            Self::Double(number) => number,
        }
    }

    /// The order of two numbers, exact unless one of them is a floating-point number.
    pub fn compare(self, other: Self) -> Ordering {
        match (self.parts(), other.parts()) {
            (Some((left, left_scale)), Some((right, right_scale))) => {
                let (left_unit, right_unit) = (power_of_ten(left_scale), power_of_ten(right_scale));
                let fraction = |rest: i128, scale: u8| {
                    let missing = left_scale.max(right_scale) - scale;
                    rest.saturating_mul(power_of_ten(missing))
                };
                let whole = left.div_euclid(left_unit).cmp(&right.div_euclid(right_unit));
                whole.then_with(|| {
                    let left = fraction(left.rem_euclid(left_unit), left_scale);
                    left.cmp(&fraction(right.rem_euclid(right_unit), right_scale))
                })
            }
            _ => self.approximate().total_cmp(&other.approximate()),
        }
    }

    /// Whether the number is a whole multiple of `step`, which is positive.
    pub fn is_multiple_of(self, step: Self) -> bool {
        let exact = self
            .parts()
            .zip(step.parts())
            .and_then(|((number, scale), (step, step_scale))| {
                let common = scale.max(step_scale);
                let number = number.checked_mul(power_of_ten(common - scale))?;
                let step = step.checked_mul(power_of_ten(common - step_scale))?;
                number.checked_rem(step).map(|rest| rest == 0)
            });
        exact.unwrap_or_else(|| self.approximate() % step.approximate() == 0.0)
    }

    /// The number as a value for SQL.
    pub fn into_sql(self) -> SqlValue {
        match self {
            Self::Integer(number) => SqlValue::Integer(number),
            Self::Decimal { unscaled, scale } => SqlValue::Decimal { unscaled, scale },
            Self::Double(number) => SqlValue::Double(number),
        }
    }

    /// The number that a value for SQL is; `None` for other values.
    pub fn of_sql(value: &SqlValue) -> Option<Self> {
        match value {
            SqlValue::Integer(number) => Some(Self::Integer(*number)),
            SqlValue::Decimal { unscaled, scale } => Some(Self::Decimal {
                unscaled: *unscaled,
                scale: *scale,
            }),
            SqlValue::Double(number) => Self::from_f64(*number),
            _ => None,
        }
    }

    fn parts(self) -> Option<(i128, u8)> {
        match self {
            Self::Integer(number) => Some((number, 0)),
            Self::Decimal { unscaled, scale } => Some((unscaled, scale)),
            Self::Double(_) => None,
        }
    }
}

enum Exponent {
    Small(i32),
    /// Too long for an integer; only the floating-point reader can tell zero from infinity.
    Huge,
}

fn exponent_of(text: &str) -> Option<Exponent> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(text.parse().map_or(Exponent::Huge, Exponent::Small))
}

/// The exact number of signed digits with `fraction` of them behind the point. `None` where it does not fit.
fn exact(digits: &str, fraction: usize, exponent: &Exponent) -> Option<ExactNumber> {
    let unscaled: i128 = digits.parse().ok()?;
    if unscaled == 0 && fraction == 0 {
        return Some(ExactNumber::Integer(0));
    }
    let Exponent::Small(exponent) = exponent else {
        return None;
    };
    let scale = i64::try_from(fraction).ok()? - i64::from(*exponent);
    if scale <= 0 {
        let shift = u32::try_from(-scale).ok()?;
        let unit = 10_i128.checked_pow(shift)?;
        return unscaled.checked_mul(unit).map(ExactNumber::Integer);
    }
    let scale = u8::try_from(scale)
        .ok()
        .filter(|scale| u32::from(*scale) <= MAXIMUM_DIGITS)?;
    let fits = unscaled.unsigned_abs() < 10_u128.pow(MAXIMUM_DIGITS);
    fits.then_some(ExactNumber::Decimal { unscaled, scale })
}

/// Scales are at most 38, whose power fits into 128 bits; a larger one saturates.
fn power_of_ten(scale: u8) -> i128 {
    10_i128.checked_pow(u32::from(scale)).unwrap_or(i128::MAX)
}

impl PartialEq for ExactNumber {
    fn eq(&self, other: &Self) -> bool {
        self.compare(*other).is_eq()
    }
}

/// The digits as JSON writes them.
impl fmt::Display for ExactNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(number) => write!(formatter, "{number}"),
            Self::Decimal { unscaled, scale } => {
                let scale = usize::from(*scale);
                let sign = if *unscaled < 0 { "-" } else { "" };
                let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = scale + 1);
                let (whole, fraction) = digits.split_at(digits.len() - scale);
                write!(formatter, "{sign}{whole}.{fraction}")
            }
            Self::Double(number) => match serde_json::Number::from_f64(*number) {
                Some(number) => write!(formatter, "{number}"),
                None => formatter.write_str("null"),
            },
        }
    }
}

/// With all digits, also where `serde_json` would round them.
impl Serialize for ExactNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.to_string();
        RawValue::from_string(text)
            .map_err(serde::ser::Error::custom)?
            .serialize(serializer)
    }
}

#[cfg(test)]
mod tests;
