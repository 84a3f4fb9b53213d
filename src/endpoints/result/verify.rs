//! Holds encoded JSON against a check, while it is read and without keeping it.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;

use mxcp_actors::sql_executor::engine::plan::OutputPlan;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::check::{Check, CheckKind, ListCheck, ObjectCheck};
use super::error::OutputError;
use crate::endpoints::model::{NumberRules, StringFormat, StringRules};
use crate::endpoints::number::ExactNumber;
use crate::yaml::KeyPath;

/// Which objects of a result are rows, whose members the plan may have hidden.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Rows {
    /// The elements of the result.
    Elements,
    /// The result itself.
    Whole,
    /// None: the values are no objects of columns.
    Nowhere,
}

/// Checks a result. `plan` names the columns that were dropped or masked: they are not held against the check.
pub(super) fn verify(json: &[u8], check: &Check, plan: &OutputPlan, rows: Rows) -> Result<(), OutputError> {
    let refusal = RefCell::new(None);
    let seed = Seed {
        check,
        place: Place::Root,
        plan,
        rows,
        refusal: &refusal,
    };
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let read = seed.deserialize(&mut deserializer);
    match (refusal.into_inner(), read) {
        (Some(refusal), _) => Err(refusal),
        (None, Ok(())) => Ok(()),
        (None, Err(error)) => Err(OutputError::Unreadable(error.to_string())),
    }
}

#[derive(Clone, Copy)]
enum Place<'a> {
    Root,
    Index(&'a Place<'a>, usize),
    Name(&'a Place<'a>, &'a str),
}

impl Place<'_> {
    fn path(&self) -> KeyPath {
        match self {
            Self::Root => KeyPath::root(),
            Self::Index(around, index) => around.path().index(*index),
            Self::Name(around, name) => around.path().key(name),
        }
    }
}

/// One value that is about to be read.
#[derive(Clone, Copy)]
struct Seed<'a> {
    check: &'a Check,
    place: Place<'a>,
    plan: &'a OutputPlan,
    rows: Rows,
    refusal: &'a RefCell<Option<OutputError>>,
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let is_whole_needed = match &self.check.kind {
            CheckKind::List(list) => list.unique,
            _ => false,
        };
        // What is left of a row tells neither which value it was nor whether it differs from others.
        let is_comparable = self.rows == Rows::Nowhere || !self.plan.hides_columns();
        if (self.check.accepted.is_none() && !is_whole_needed) || !is_comparable {
            return deserializer.deserialize_any(self);
        }
        // Comparing needs the value as a whole; it is read once and then checked like any other.
        let value: Value = Deserialize::deserialize(deserializer)?;
        self.compare(&value)?;
        serde::de::IntoDeserializer::into_deserializer(value)
            .deserialize_any(self)
            .map_err(|error: serde_json::Error| D::Error::custom(error))
    }
}

impl Seed<'_> {
    /// Notes what is wrong, and gives the error that ends the reading.
    fn refuse<E: serde::de::Error>(&self, message: impl Into<String>) -> E {
        let message = message.into();
        let error = E::custom(&message);
        let path = self.place.path().to_string();
        self.refusal
            .borrow_mut()
            .get_or_insert(OutputError::Refused { path, message });
        error
    }

    fn wrong_type<T, E: serde::de::Error>(&self, found: &str) -> Result<T, E> {
        let expected = match &self.check.kind {
            CheckKind::Text(_) => "text",
            CheckKind::Number(_) => "a number",
            CheckKind::Integer(_) => "a whole number",
            CheckKind::Boolean => "true or false",
            CheckKind::List(_) => "a list",
            CheckKind::Object(_) => "an object",
        };
        Err(self.refuse(format!("expected {expected}, found {found}")))
    }

    fn compare<E: serde::de::Error>(&self, value: &Value) -> Result<(), E> {
        let is_accepted =
            |accepted: &[Value]| value.is_null() || accepted.iter().any(|known| is_same(known, value));
        match &self.check.accepted {
            Some(accepted) if !is_accepted(accepted) => {
                let shown: Vec<String> = accepted.iter().map(Value::to_string).collect();
                return Err(self.refuse(format!("must be one of: {}", shown.join(", "))));
            }
            _ => {}
        }
        match (&self.check.kind, value) {
            (CheckKind::List(ListCheck { unique: true, .. }), Value::Array(elements)) => {
                let mut seen = HashSet::with_capacity(elements.len());
                match elements.iter().all(|element| seen.insert(element.to_string())) {
                    true => Ok(()),
                    false => Err(self.refuse("must not hold equal elements")),
                }
            }
            _ => Ok(()),
        }
    }

    fn number<E: serde::de::Error>(self, number: Option<ExactNumber>) -> Result<(), E> {
        let (rules, must_be_whole) = match &self.check.kind {
            CheckKind::Number(rules) => (rules, false),
            CheckKind::Integer(rules) => (rules, true),
            CheckKind::Text(_) | CheckKind::Boolean | CheckKind::List(_) | CheckKind::Object(_) => {
                return self.wrong_type("a number");
            }
        };
        let Some(number) = number else {
            return self.wrong_type("a number");
        };
        if must_be_whole && !number.is_whole() {
            return self.wrong_type("a number with a fraction");
        }
        match rules.broken_by(number) {
            Some((relation, bound)) => Err(self.refuse(format!("must be {relation} {bound}"))),
            None => Ok(()),
        }
    }
}

/// Equal values; numbers by what they mean: 1 equals 1.0.
fn is_same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            ExactNumber::parse(&left.to_string()) == ExactNumber::parse(&right.to_string())
        }
        _ => left == right,
    }
}

/// The first rule that a text breaks.
fn broken_text_rule(text: &str, rules: &StringRules) -> Option<String> {
    if rules.min_length.is_some() || rules.max_length.is_some() {
        let length = text.chars().count();
        if let Some(shortest) = rules.min_length.filter(|shortest| length < *shortest) {
            return Some(format!(
                "must have at least {shortest} characters, found {length}"
            ));
        }
        if let Some(longest) = rules.max_length.filter(|longest| length > *longest) {
            return Some(format!("must have at most {longest} characters, found {length}"));
        }
    }
    if let Some(pattern) = rules.pattern.as_ref().filter(|pattern| !pattern.is_match(text)) {
        return Some(format!("must match the pattern {}", pattern.as_str()));
    }
    let format = rules.format.filter(|format| !is_formatted(text, *format))?;
    Some(format!("expected {}", format.expectation()))
}

/// As for arguments, but a date must be written in full: clients hold it against the published schema.
fn is_formatted(text: &str, format: StringFormat) -> bool {
    const FULL_DATE: usize = 10;
    format.accepts(text) && (format != StringFormat::Date || text.len() == FULL_DATE)
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value of the declared type")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<(), E> {
        match self.check.kind {
            CheckKind::Boolean => Ok(()),
            _ => self.wrong_type("a boolean"),
        }
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<(), E> {
        self.number(Some(ExactNumber::Integer(i128::from(number))))
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<(), E> {
        self.number(Some(ExactNumber::Integer(i128::from(number))))
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<(), E> {
        if matches!(&self.check.kind, CheckKind::Number(rules) if *rules == NumberRules::default()) {
            return Ok(());
        }
        // The shortest digits are those that were written, up to seventeen of them: 0.3 is three tenths again.
        let written = serde_json::Number::from_f64(number).map(|number| number.to_string());
        self.number(written.and_then(|text| ExactNumber::parse(&text)))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        let CheckKind::Text(rules) = &self.check.kind else {
            return self.wrong_type("text");
        };
        match broken_text_rule(text, rules) {
            Some(message) => Err(self.refuse(message)),
            None => Ok(()),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let CheckKind::List(list) = &self.check.kind else {
            return self.wrong_type("a list");
        };
        let rows = match self.rows {
            Rows::Elements => Rows::Whole,
            Rows::Whole | Rows::Nowhere => Rows::Nowhere,
        };
        let mut count = 0;
        loop {
            let place = Place::Index(&self.place, count);
            let next = match list.items.as_deref() {
                Some(check) => elements.next_element_seed(Seed {
                    check,
                    place,
                    rows,
                    ..self
                })?,
                None => elements.next_element::<IgnoredAny>()?.map(drop),
            };
            if next.is_none() {
                break;
            }
            count += 1;
        }
        if let Some(fewest) = list.min_items.filter(|fewest| count < *fewest) {
            return Err(self.refuse(format!("must have at least {fewest} elements, found {count}")));
        }
        if let Some(most) = list.max_items.filter(|most| count > *most) {
            return Err(self.refuse(format!("must have at most {most} elements, found {count}")));
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let CheckKind::Object(object) = &self.check.kind else {
            return self.wrong_type("an object");
        };
        let is_row = self.rows == Rows::Whole;
        let mut found = vec![false; object.required.len()];
        while let Some(Name(name)) = members.next_key::<Name<'de>>()? {
            let is_masked = is_row && self.plan.masked.contains(name.as_ref());
            let check = object.properties.iter().find(|(known, _)| *known == name);
            match check.filter(|_| !is_masked) {
                Some((_, check)) => {
                    let place = Place::Name(&self.place, &name);
                    let rows = Rows::Nowhere;
                    members.next_value_seed(Seed {
                        check,
                        place,
                        rows,
                        ..self
                    })?;
                }
                None => {
                    members.next_value::<IgnoredAny>()?;
                }
            }
            if object
                .only
                .as_ref()
                .is_some_and(|only| !only.iter().any(|known| *known == name))
            {
                return Err(self.refuse(format!("Unexpected property: {name}")));
            }
            if let Some(position) = object.required.iter().position(|required| *required == name)
                && let Some(found) = found.get_mut(position)
            {
                *found = true;
            }
        }
        self.check_required(object, &found, is_row)
    }
}

/// A member's name, borrowed where it can be.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl Seed<'_> {
    fn check_required<E: serde::de::Error>(
        &self,
        object: &ObjectCheck,
        found: &[bool],
        is_row: bool,
    ) -> Result<(), E> {
        let is_hidden = |name: &str| is_row && self.plan.dropped.contains(name);
        let missing: Vec<&str> = object
            .required
            .iter()
            .zip(found)
            .filter(|(name, found)| !**found && !is_hidden(name))
            .map(|(name, _)| name.as_str())
            .collect();
        match missing.is_empty() {
            true => Ok(()),
            false => Err(self.refuse(format!("Missing required properties: {}", missing.join(", ")))),
        }
    }
}
