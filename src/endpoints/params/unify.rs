//! One type for all elements of a list, as SQL wants it, without losing anything: 1 and 2.5 become decimals, an object without
//! a member that its neighbour has gets a NULL there. Elements of several kinds stay as they are: what they become together
//! depends on what the statement expects.

use std::collections::HashMap;

use mxcp_actors::sql_executor::value::SqlValue;

use super::error::ArgumentProblem;
use super::reading::MAXIMUM_VALUES;
use crate::endpoints::number::ExactNumber;

/// Digits of the widest decimal that SQL has.
const MAXIMUM_DIGITS: u32 = 38;

/// The least that a value's type has to hold.
#[derive(Debug, Clone, PartialEq)]
enum Shape {
    /// NULL, or the element of an empty list: fits any type.
    Any,
    /// Digits.
    Integer {
        whole: u32,
    },
    /// Digits before and after the point.
    Decimal {
        whole: u32,
        scale: u8,
    },
    Double,
    Boolean,
    Text,
    Blob,
    Date,
    Time,
    Timestamp,
    Instant,
    Duration,
    List(Box<Shape>),
    Struct(Vec<(String, Shape)>),
    /// Values of several kinds.
    Mixed,
}

/// Gives all elements of every list inside `value` one type.
pub(super) fn unify(value: SqlValue) -> Result<SqlValue, ArgumentProblem> {
    let shape = shape_of(&value);
    Fitting { room: MAXIMUM_VALUES }.fit(value, &shape)
}

fn shape_of(value: &SqlValue) -> Shape {
    match value {
        SqlValue::Null => Shape::Any,
        SqlValue::Boolean(_) => Shape::Boolean,
        SqlValue::Integer(number) => Shape::Integer {
            whole: digits(number.unsigned_abs()),
        },
        SqlValue::Double(_) => Shape::Double,
        SqlValue::Decimal { unscaled, scale } => Shape::Decimal {
            whole: digits(unscaled.unsigned_abs()).saturating_sub(u32::from(*scale)),
            scale: *scale,
        },
        SqlValue::Text(_) => Shape::Text,
        SqlValue::Blob(_) => Shape::Blob,
        SqlValue::Date(_) => Shape::Date,
        SqlValue::Time(_) => Shape::Time,
        SqlValue::Timestamp(_) => Shape::Timestamp,
        SqlValue::DateTime(_) => Shape::Instant,
        SqlValue::Duration(_) => Shape::Duration,
        SqlValue::List(elements) => {
            let shapes = elements.iter().map(shape_of);
            Shape::List(Box::new(shapes.fold(Shape::Any, merge)))
        }
        SqlValue::Struct(members) => {
            let members = members.iter();
            let members = members.map(|(name, member)| (name.clone(), shape_of(member)));
            Shape::Struct(members.collect())
        }
    }
}

fn merge(left: Shape, right: Shape) -> Shape {
    match (left, right) {
        (Shape::Any, other) | (other, Shape::Any) => other,
        (Shape::Double, Shape::Integer { .. } | Shape::Decimal { .. } | Shape::Double)
        | (Shape::Integer { .. } | Shape::Decimal { .. }, Shape::Double) => Shape::Double,
        (Shape::Integer { whole: left }, Shape::Integer { whole: right }) => Shape::Integer {
            whole: left.max(right),
        },
        (Shape::Decimal { whole: left, scale }, Shape::Integer { whole: right })
        | (Shape::Integer { whole: left }, Shape::Decimal { whole: right, scale }) => {
            decimal(left.max(right), scale)
        }
        (
            Shape::Decimal { whole: left, scale },
            Shape::Decimal {
                whole: right,
                scale: other,
            },
        ) => decimal(left.max(right), scale.max(other)),
        (Shape::List(left), Shape::List(right)) => Shape::List(Box::new(merge(*left, *right))),
        (Shape::Struct(left), Shape::Struct(right)) => Shape::Struct(merge_members(left, right)),
        (left, right) if left == right => left,
        _ => Shape::Mixed,
    }
}

fn merge_members(mut left: Vec<(String, Shape)>, right: Vec<(String, Shape)>) -> Vec<(String, Shape)> {
    let positions: HashMap<String, usize> = left
        .iter()
        .enumerate()
        .map(|(position, (name, _))| (name.clone(), position))
        .collect();
    for (name, shape) in right {
        let known = positions.get(&name).and_then(|position| left.get_mut(*position));
        match known {
            Some((_, known)) => *known = merge(std::mem::replace(known, Shape::Any), shape),
            None => left.push((name, shape)),
        }
    }
    left
}

/// A decimal if SQL has one that is wide enough, else floating point.
fn decimal(whole: u32, scale: u8) -> Shape {
    match whole + u32::from(scale) <= MAXIMUM_DIGITS {
        true => Shape::Decimal { whole, scale },
        false => Shape::Double,
    }
}

fn digits(number: u128) -> u32 {
    number.checked_ilog10().map_or(1, |log| log + 1)
}

/// Puts values into their shapes while there is room for members that have to be added.
struct Fitting {
    room: usize,
}

impl Fitting {
    /// Only [`shape_of`] and [`merge`] make shapes, so every value has a place in its own.
    fn fit(&mut self, value: SqlValue, shape: &Shape) -> Result<SqlValue, ArgumentProblem> {
        Ok(match (value, shape) {
            (value @ (SqlValue::Integer(_) | SqlValue::Decimal { .. }), Shape::Double) => {
                let number = ExactNumber::of_sql(&value).map(ExactNumber::approximate);
                number.map_or(value, SqlValue::Double)
            }
            (SqlValue::Integer(number), Shape::Decimal { scale, .. }) => rescaled(number, 0, *scale),
            (SqlValue::Decimal { unscaled, scale }, Shape::Decimal { scale: wanted, .. }) => {
                rescaled(unscaled, scale, *wanted)
            }
            (SqlValue::List(elements), Shape::List(shape)) => {
                let fitted: Result<_, _> = elements
                    .into_iter()
                    .map(|element| self.fit(element, shape))
                    .collect();
                SqlValue::List(fitted?)
            }
            (SqlValue::Struct(members), Shape::Struct(shapes)) => {
                SqlValue::Struct(self.fit_members(members, shapes)?)
            }
            (value, _) => value,
        })
    }

    fn fit_members(
        &mut self,
        members: Vec<(String, SqlValue)>,
        shapes: &[(String, Shape)],
    ) -> Result<Vec<(String, SqlValue)>, ArgumentProblem> {
        let room = self.room.checked_sub(shapes.len());
        self.room = room.ok_or(ArgumentProblem::TooMany(MAXIMUM_VALUES))?;
        let mut given: HashMap<String, SqlValue> = members.into_iter().collect();
        let fitted = shapes.iter().map(|(name, shape)| {
            let value = given.remove(name).unwrap_or(SqlValue::Null);
            Ok((name.clone(), self.fit(value, shape)?))
        });
        fitted.collect()
    }
}

/// The same decimal with more digits after the point, which [`decimal`] made sure to fit.
fn rescaled(unscaled: i128, scale: u8, wanted: u8) -> SqlValue {
    let unit = 10_i128.checked_pow(u32::from(wanted.saturating_sub(scale)));
    match unit.and_then(|unit| unscaled.checked_mul(unit)) {
        Some(unscaled) => SqlValue::Decimal {
            unscaled,
            scale: wanted,
        },
        None => SqlValue::Decimal { unscaled, scale },
    }
}
