//! Text, numbers and booleans: which forms are taken, and their constraints. Lists and objects are next door.

use std::borrow::Cow;

use mxcp_actors::sql_executor::value::SqlValue;

use super::error::ArgumentProblem;
use super::given::Given;
use super::place::Place;
use super::reading::Reading;
use crate::endpoints::model::{NumberRules, StringFormat, StringRules};
use crate::endpoints::number::ExactNumber;
use crate::endpoints::{duration, temporal};

/// Text; numbers and booleans are taken as they were written.
pub(super) fn text(
    given: Given<'_>,
    rules: &StringRules,
    place: &Place<'_>,
    reading: &mut Reading,
) -> Option<SqlValue> {
    let expected = rules.format.map_or("text", StringFormat::expectation);
    let text = match given {
        Given::Text(text) => text,
        Given::Number(text) if matches!(rules.format, None | Some(StringFormat::Timestamp)) => {
            Cow::Borrowed(text)
        }
        Given::Boolean(value) if rules.format.is_none() => {
            Cow::Borrowed(if value { "true" } else { "false" })
        }
        other => {
            let found = other.kind();
            return reading.refuse(place, ArgumentProblem::WrongType { expected, found });
        }
    };
    check_text(&text, rules).map_or(Some(()), |problem| reading.refuse(place, problem))?;
    let Some(format) = rules.format else {
        return Some(SqlValue::Text(text.into_owned()));
    };
    let expected = match format {
        StringFormat::Duration if format.accepts(&text) => BEYOND_INTERVAL,
        _ => expected,
    };
    let value = formatted(&text, format);
    value.or_else(|| reading.refuse(place, ArgumentProblem::Expected(expected)))
}

/// What is expected of a duration that is well written, and that SQL has no value for.
const BEYOND_INTERVAL: &str =
    "a duration of at most 178956970 years, 2147483647 days and 2562047788 hours, in whole microseconds";

/// The value for SQL of a text with a format; `None` if it does not have the format.
fn formatted(text: &str, format: StringFormat) -> Option<SqlValue> {
    match format {
        StringFormat::Date => temporal::parse_date(text).map(SqlValue::Date),
        StringFormat::Time => temporal::parse_time(text).map(SqlValue::Time),
        StringFormat::DateTime => temporal::parse_date_time(text).map(SqlValue::DateTime),
        StringFormat::Timestamp => {
            let seconds = ExactNumber::parse(text)?;
            temporal::parse_epoch_seconds(seconds).map(SqlValue::Timestamp)
        }
        StringFormat::Duration => duration::parse(text).map(SqlValue::Duration),
        StringFormat::Email | StringFormat::Uri => {
            format.accepts(text).then(|| SqlValue::Text(text.to_owned()))
        }
    }
}

/// The first constraint that the text breaks.
fn check_text(text: &str, rules: &StringRules) -> Option<ArgumentProblem> {
    if rules.min_length.is_some() || rules.max_length.is_some() {
        let length = text.chars().count();
        let broken = check_size(length, "characters", rules.min_length, rules.max_length);
        if broken.is_some() {
            return broken;
        }
    }
    let pattern = rules.pattern.as_ref().filter(|pattern| !pattern.is_match(text))?;
    Some(ArgumentProblem::Pattern(pattern.as_str().to_owned()))
}

/// Whether there are too few or too many of something.
pub(super) fn check_size(
    found: usize,
    unit: &'static str,
    minimum: Option<usize>,
    maximum: Option<usize>,
) -> Option<ArgumentProblem> {
    let (relation, bound) = match (minimum, maximum) {
        (Some(minimum), _) if found < minimum => ("at least", minimum),
        (_, Some(maximum)) if found > maximum => ("at most", maximum),
        _ => return None,
    };
    Some(ArgumentProblem::Size {
        relation,
        bound,
        unit,
        found,
    })
}

/// Any number, also in quotes.
pub(super) fn number(
    given: &Given<'_>,
    rules: &NumberRules,
    place: &Place<'_>,
    reading: &mut Reading,
) -> Option<SqlValue> {
    let number = read_number(given, "a number", place, reading)?;
    bounded(number, rules, place, reading).map(ExactNumber::into_sql)
}

/// A whole number, also as `5.0` or in quotes. `5.5` is refused: cutting it would lose something.
pub(super) fn integer(
    given: &Given<'_>,
    rules: &NumberRules,
    place: &Place<'_>,
    reading: &mut Reading,
) -> Option<SqlValue> {
    let number = read_number(given, "a whole number", place, reading)?;
    let Some(whole) = number.whole() else {
        let expected = match number.is_whole() {
            true => "a whole number of at most 128 bits",
            false => "a whole number, without a fraction",
        };
        return reading.refuse(place, ArgumentProblem::Expected(expected));
    };
    bounded(ExactNumber::Integer(whole), rules, place, reading).map(ExactNumber::into_sql)
}

fn read_number(
    given: &Given<'_>,
    expected: &'static str,
    place: &Place<'_>,
    reading: &mut Reading,
) -> Option<ExactNumber> {
    let number = match given {
        Given::Number(text) => ExactNumber::parse(text),
        Given::Text(text) => ExactNumber::parse(text),
        other => {
            let found = other.kind();
            return reading.refuse(place, ArgumentProblem::WrongType { expected, found });
        }
    };
    number.or_else(|| match given {
        Given::Number(_) => reading.refuse(
            place,
            ArgumentProblem::Expected("a number that is not beyond 1.7e308"),
        ),
        other => {
            let found = other.kind();
            reading.refuse(place, ArgumentProblem::WrongType { expected, found })
        }
    })
}

fn bounded(
    number: ExactNumber,
    rules: &NumberRules,
    place: &Place<'_>,
    reading: &mut Reading,
) -> Option<ExactNumber> {
    match rules.broken_by(number) {
        Some((relation, bound)) => reading.refuse(place, ArgumentProblem::OutOfBounds { relation, bound }),
        None => Some(number),
    }
}

/// `true`, `yes`, `on`, `1` and their opposites, in any case; quotes do not matter.
pub(super) fn boolean(given: &Given<'_>, place: &Place<'_>, reading: &mut Reading) -> Option<SqlValue> {
    let word = match given {
        Given::Boolean(value) => return Some(SqlValue::Boolean(*value)),
        Given::Number(text) => text,
        Given::Text(text) => text.as_ref(),
        Given::Null | Given::List(_) | Given::Object(_) => "",
    };
    let is_one_of = |words: [&str; 4]| words.iter().any(|known| known.eq_ignore_ascii_case(word));
    if is_one_of(["true", "yes", "on", "1"]) {
        return Some(SqlValue::Boolean(true));
    }
    if is_one_of(["false", "no", "off", "0"]) {
        return Some(SqlValue::Boolean(false));
    }
    let (expected, found) = ("true or false", given.kind());
    reading.refuse(place, ArgumentProblem::WrongType { expected, found })
}
