//! What an unquoted scalar means: the YAML 1.1 rules, exactly as `PyYAML`'s `safe_load` applies them, because
//! existing projects were written against it. Pure functions over text.

/// The meaning of a scalar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Resolved {
    /// `~`, `null`, or nothing.
    Null,
    /// `true`, `yes`, `on` and their opposites, in lower case, capitalised or upper case.
    Boolean(bool),
    /// Decimal, `0x` hexadecimal, `0b` binary, `017` octal, `1:30` base 60; with `_` between digits.
    Integer(i128),
    /// `1.5`, `1.5e+3`, `.inf`, `.nan`, `1:30.5`; also integers that do not fit into 128 bits.
    Float(f64),
    /// Everything else, dates included.
    Text,
}

impl Resolved {
    /// What the text means without quotes.
    pub fn of_plain(text: &str) -> Self {
        match text {
            "" | "~" | "null" | "Null" | "NULL" => return Self::Null,
            "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
                return Self::Boolean(true);
            }
            "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
                return Self::Boolean(false);
            }
            _ => {}
        }
        integer(text).or_else(|| float(text)).unwrap_or(Self::Text)
    }

    /// The kind in the words of error messages.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Null => "nothing (null)",
            Self::Boolean(_) => "a boolean",
            Self::Integer(_) => "a whole number",
            Self::Float(_) => "a number",
            Self::Text => "text",
        }
    }
}

fn split_sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

fn integer(text: &str) -> Option<Resolved> {
    let (negative, unsigned) = split_sign(text);
    if let Some(digits) = unsigned.strip_prefix("0b") {
        return radix(negative, digits, 2);
    }
    if let Some(digits) = unsigned.strip_prefix("0x") {
        return radix(negative, digits, 16);
    }
    if unsigned.contains(':') {
        return base_sixty_integer(negative, unsigned);
    }
    if unsigned.len() > 1 && unsigned.starts_with('0') {
        return radix(negative, unsigned, 8);
    }
    unsigned
        .starts_with(|c: char| c.is_ascii_digit())
        .then(|| radix(negative, unsigned, 10))?
}

fn radix(negative: bool, digits: &str, base: u32) -> Option<Resolved> {
    let digits: String = digits.chars().filter(|c| *c != '_').collect();
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(base)) {
        return None;
    }
    match i128::from_str_radix(&digits, base) {
        Ok(magnitude) => Some(Resolved::Integer(if negative { -magnitude } else { magnitude })),
        Err(_) => Some(Resolved::Float(signed(negative, wide_magnitude(&digits, base)))),
    }
}

/// The nearest float of a digit string that is too long for an integer.
fn wide_magnitude(digits: &str, base: u32) -> f64 {
    if base == 10 {
        return digits.parse().unwrap_or(f64::INFINITY);
    }
    let digits = digits.chars().filter_map(|digit| digit.to_digit(base));
    digits.fold(0.0, |sum, digit| sum * f64::from(base) + f64::from(digit))
}

fn signed(negative: bool, magnitude: f64) -> f64 {
    if negative { -magnitude } else { magnitude }
}

/// `[1-9][0-9_]*(:[0-5]?[0-9])+`
fn base_sixty_integer(negative: bool, text: &str) -> Option<Resolved> {
    let mut parts = text.split(':');
    let first = parts
        .next()
        .filter(|first| first.starts_with(|c: char| matches!(c, '1'..='9')))?;
    let Some(Resolved::Integer(mut sum)) = radix(false, first, 10) else {
        return None;
    };
    for part in parts {
        sum = sum
            .checked_mul(60)?
            .checked_add(i128::from(base_sixty_digit(part)?))?;
    }
    Some(Resolved::Integer(if negative { -sum } else { sum }))
}

fn base_sixty_digit(part: &str) -> Option<u8> {
    let fits = matches!(part.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']);
    fits.then(|| part.parse().ok())?
}

fn float(text: &str) -> Option<Resolved> {
    if matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Some(Resolved::Float(f64::NAN));
    }
    let (negative, unsigned) = split_sign(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return Some(Resolved::Float(signed(negative, f64::INFINITY)));
    }
    if unsigned.contains(':') {
        return base_sixty_float(negative, unsigned);
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    if !is_mantissa(mantissa, unsigned.len() < text.len()) || !exponent.is_none_or(is_signed_exponent) {
        return None;
    }
    let digits: String = unsigned.chars().filter(|c| *c != '_').collect();
    digits
        .parse()
        .ok()
        .map(|magnitude| Resolved::Float(signed(negative, magnitude)))
}

/// `[0-9][0-9_]*\.[0-9_]*`, or `\.[0-9][0-9_]*` where no sign stands before it.
fn is_mantissa(mantissa: &str, has_sign: bool) -> bool {
    let Some((whole, fraction)) = mantissa.split_once('.') else {
        return false;
    };
    let is_digits = |text: &str| text.chars().all(|c| c.is_ascii_digit() || c == '_');
    let starts_with_digit = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    if whole.is_empty() {
        !has_sign && starts_with_digit(fraction) && is_digits(fraction)
    } else {
        starts_with_digit(whole) && is_digits(whole) && is_digits(fraction)
    }
}

/// YAML 1.1 wants a sign in the exponent: `1.5e3` is text, `1.5e+3` a number.
fn is_signed_exponent(exponent: &str) -> bool {
    let digits = exponent.strip_prefix(['+', '-']);
    digits.is_some_and(|digits| !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit()))
}

/// `[0-9][0-9_]*(:[0-5]?[0-9])+\.[0-9_]*`
fn base_sixty_float(negative: bool, text: &str) -> Option<Resolved> {
    let (whole, fraction) = text.split_once('.')?;
    let mut parts = whole.split(':');
    let first: String = parts.next()?.chars().filter(|c| *c != '_').collect();
    let is_digits = |text: &str| text.chars().all(|c| c.is_ascii_digit() || c == '_');
    if !first.starts_with(|c: char| c.is_ascii_digit()) || !is_digits(&first) || !is_digits(fraction) {
        return None;
    }
    let mut sum: f64 = first.parse().ok()?;
    for part in parts {
        sum = sum * 60.0 + f64::from(base_sixty_digit(part)?);
    }
    let fraction: String = fraction.chars().filter(|c| *c != '_').collect();
    let fraction: f64 = format!("0.{fraction}").parse().ok()?;
    Some(Resolved::Float(signed(negative, sum + fraction)))
}
