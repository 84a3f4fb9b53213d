//! Lists and objects, declared ones and free ones.

use std::collections::HashSet;

use mxcp_actors::sql_executor::value::SqlValue;
use serde_json::value::RawValue;

use super::distinct::are_distinct;
use super::error::ArgumentProblem;
use super::given::{self, Given};
use super::place::{MAXIMUM_DEPTH, Place};
use super::reading::Reading;
use super::rule::{ListRule, ObjectRule, Rule};
use super::scalar::check_size;
use crate::endpoints::number::ExactNumber;
use crate::json::Members;
use crate::yaml::suggestion;

/// Suggestions are looked for among the declared names, for names of at most this length.
const LONGEST_SUGGESTED: usize = 64;

/// How many members an object may have whose type says nothing about them. Each becomes a field of a type in SQL, and the time
/// that DuckDB takes for those grows with their square.
const MAXIMUM_MEMBERS: usize = 2_000;

impl ListRule {
    /// A list, or the JSON text of one.
    pub(super) fn read(
        &self,
        given: &Given<'_>,
        place: &Place<'_>,
        reading: &mut Reading,
    ) -> Option<SqlValue> {
        let found = given.kind();
        let elements = match given {
            Given::List(json) => given::elements(json),
            Given::Text(text) => given::embedded(text).and_then(|raw| given::elements(raw.get())),
            _ => None,
        };
        let Some(elements) = elements else {
            let expected = "a list";
            return reading.refuse(place, ArgumentProblem::WrongType { expected, found });
        };
        if let Some(problem) = check_size(elements.len(), "elements", self.min_items, self.max_items) {
            return reading.refuse(place, problem);
        }
        let values = read_elements(&elements, self.items.as_deref(), place, reading)?;
        if self.unique && !are_distinct(&values) {
            return reading.refuse(place, ArgumentProblem::NotUnique);
        }
        Some(SqlValue::List(values))
    }
}

/// Every element is read, even after one was refused, until nothing more would be reported.
fn read_elements(
    elements: &[&RawValue],
    rule: Option<&Rule>,
    place: &Place<'_>,
    reading: &mut Reading,
) -> Option<Vec<SqlValue>> {
    let mut values = Vec::with_capacity(elements.len());
    let mut is_complete = true;
    for (index, raw) in elements.iter().enumerate() {
        if reading.is_full() {
            return None;
        }
        match read_value(raw, rule, &place.index(index), reading) {
            Some(value) => values.push(value),
            None => is_complete = false,
        }
    }
    is_complete.then_some(values)
}

/// A value by its rule, or any value where there is none.
fn read_value(
    raw: &RawValue,
    rule: Option<&Rule>,
    place: &Place<'_>,
    reading: &mut Reading,
) -> Option<SqlValue> {
    if place.depth() > MAXIMUM_DEPTH {
        return reading.refuse(place, ArgumentProblem::TooDeep(MAXIMUM_DEPTH));
    }
    let Some(given) = Given::of(raw) else {
        return reading.refuse(place, ArgumentProblem::NotUnicode);
    };
    if let Some(rule) = rule {
        return rule.read(given, place, reading);
    }
    reading.count(1, place)?;
    free(given, place, reading)
}

/// A value without a declared type.
fn free(given: Given<'_>, place: &Place<'_>, reading: &mut Reading) -> Option<SqlValue> {
    match given {
        Given::Null => Some(SqlValue::Null),
        Given::Boolean(value) => Some(SqlValue::Boolean(value)),
        Given::Text(text) => Some(SqlValue::Text(text.into_owned())),
        Given::Number(text) => match ExactNumber::parse(text) {
            Some(number) => Some(number.into_sql()),
            None => reading.refuse(
                place,
                ArgumentProblem::Expected("a number that is not beyond 1.7e308"),
            ),
        },
        Given::List(json) => {
            let elements = given::elements(json).unwrap_or_default();
            read_elements(&elements, None, place, reading).map(SqlValue::List)
        }
        Given::Object(json) => match Members::of(json) {
            Some(members) => read_others(members, HashSet::new(), place, reading).map(SqlValue::Struct),
            None => reading.refuse(place, ArgumentProblem::NotUnicode),
        },
    }
}

/// Members that are not declared. `taken` are the names that are, in lower case: SQL does not tell letter case apart, but policies
/// do, so that of two such names they would see another one than SQL.
fn read_others(
    members: Members<'_>,
    mut taken: HashSet<String>,
    place: &Place<'_>,
    reading: &mut Reading,
) -> Option<Vec<(String, SqlValue)>> {
    if members.0.len() > MAXIMUM_MEMBERS {
        return reading.refuse(place, ArgumentProblem::TooWide(MAXIMUM_MEMBERS));
    }
    let mut values = Vec::with_capacity(members.0.len());
    for (name, raw) in members.0 {
        if name.is_empty() {
            return reading.refuse(
                place,
                ArgumentProblem::Expected("an object whose members all have names"),
            );
        }
        let place = place.name(&name);
        let value = read_value(raw, None, &place, reading)?;
        if !taken.insert(name.to_lowercase()) {
            let is_twice = values.iter().any(|(known, _)| *known == name);
            return reading.refuse(
                &place,
                match is_twice {
                    true => ArgumentProblem::GivenTwice,
                    false => ArgumentProblem::Expected(
                        "a name that differs from the others in more than letter case, which SQL does not tell apart",
                    ),
                },
            );
        }
        values.push((name.into_owned(), value));
    }
    Some(values)
}

impl ObjectRule {
    /// An object, or the JSON text of one. The value holds every declared property, NULL where it is absent, so that SQL
    /// can name each of them; undeclared ones follow.
    pub(super) fn read(
        &self,
        given: &Given<'_>,
        place: &Place<'_>,
        reading: &mut Reading,
    ) -> Option<SqlValue> {
        let found = given.kind();
        let embedded = match given {
            Given::Text(text) => given::embedded(text),
            _ => None,
        };
        let json = match (given, embedded) {
            (Given::Object(json), _) => Some(*json),
            (_, Some(raw)) if raw.get().starts_with('{') => Some(raw.get()),
            _ => None,
        };
        let Some(json) = json else {
            let expected = "an object";
            return reading.refuse(place, ArgumentProblem::WrongType { expected, found });
        };
        match Members::of(json) {
            Some(members) => self.read_members(members, place, reading).map(SqlValue::Struct),
            None => reading.refuse(place, ArgumentProblem::NotUnicode),
        }
    }

    /// The values of all declared members, then those of the others.
    pub(super) fn read_members(
        &self,
        members: Members<'_>,
        place: &Place<'_>,
        reading: &mut Reading,
    ) -> Option<Vec<(String, SqlValue)>> {
        let mut declared: Vec<Option<&RawValue>> = vec![None; self.properties.len()];
        let mut others = Vec::new();
        for (name, raw) in members.0 {
            let position = self.properties.iter().position(|property| property.name == name);
            match position.and_then(|position| declared.get_mut(position)) {
                Some(slot @ None) => *slot = Some(raw),
                Some(Some(_)) => reading.report(&place.name(&name), ArgumentProblem::GivenTwice),
                None if self.additional => others.push((name, raw)),
                None => reading.report(&place.name(&name), self.unknown(&name)),
            }
            if reading.is_full() {
                return None;
            }
        }
        for name in &self.required_others {
            if !others.iter().any(|(other, _)| other == name) {
                reading.report(&place.name(name), ArgumentProblem::Missing);
            }
        }
        let mut values = self.read_declared(&declared, place, reading)?;
        let taken = self
            .properties
            .iter()
            .map(|property| property.name.to_lowercase());
        values.extend(read_others(Members(others), taken.collect(), place, reading)?);
        Some(values)
    }

    fn read_declared(
        &self,
        given: &[Option<&RawValue>],
        place: &Place<'_>,
        reading: &mut Reading,
    ) -> Option<Vec<(String, SqlValue)>> {
        // Absent properties become values too.
        reading.count(given.len(), place)?;
        let values: Vec<Option<(String, SqlValue)>> = self
            .properties
            .iter()
            .zip(given)
            .map(|(property, raw)| {
                let place = place.name(&property.name);
                let value = match raw.filter(|raw| raw.get() != "null") {
                    Some(raw) => read_value(raw, Some(&property.rule), &place, reading),
                    None if property.required => property.rule.absent(&place, reading),
                    None => Some(property.rule.default.clone().unwrap_or(SqlValue::Null)),
                };
                Some((property.name.clone(), value?))
            })
            .collect();
        values.into_iter().collect()
    }

    fn unknown(&self, name: &str) -> ArgumentProblem {
        unknown(
            name,
            self.properties.iter().map(|property| property.name.as_str()),
        )
    }
}

/// The report of a name that is not declared.
pub(super) fn unknown<'a>(name: &str, declared: impl Iterator<Item = &'a str>) -> ArgumentProblem {
    let declared: Vec<&str> = declared.collect();
    let hint = match name.len() <= LONGEST_SUGGESTED {
        true => suggestion(name, &declared),
        false => ".".to_owned(),
    };
    ArgumentProblem::Unknown {
        hint,
        accepted: declared.into_iter().map(str::to_owned).collect(),
    }
}
