//! What the type of a column proves about its values, what it contradicts, and what is left to check.

use mxcp_actors::sql_executor::engine::data_type::{DataType, is_nameless};

use super::check::{Check, CheckKind, ListCheck, ObjectCheck};
use crate::endpoints::model::{
    ArrayRules, NumberRules, ObjectRules, StringFormat, StringRules, TypeDefinition, TypeKind,
};
use crate::endpoints::number::ExactNumber;

/// What is known before the first row.
#[derive(Debug)]
pub(super) enum Proof {
    /// Every value of the column is accepted.
    Proven,
    /// It depends on the value.
    Open(Check),
    /// Few values are accepted, if any but null; says why, and which. The check remains.
    Contradicted(Check, String),
}

/// Holds a declared type against a column's type.
pub(super) fn prove(definition: &TypeDefinition, data_type: &DataType) -> Proof {
    let remaining = match (&definition.kind, data_type) {
        (_, DataType::Null) => return Proof::Proven,
        (TypeKind::String(_), DataType::Json) => {
            let reason = "declares string, but the column is JSON and goes out as what it holds; only strings in it and null \
                          can pass: cast it to VARCHAR for its text";
            return Proof::Contradicted(Check::complete(definition), reason.to_owned());
        }
        (_, DataType::Unresolved | DataType::Json | DataType::Unsupported(_)) => {
            return Proof::Open(Check::complete(definition));
        }
        // What has no names goes out as an array, each place with a type of its own.
        (_, DataType::Struct(members)) if is_nameless(members) => {
            return Proof::Open(Check::complete(definition));
        }
        (_, DataType::Union(members)) => return prove_union(definition, members),
        (TypeKind::String(rules), _) if is_text(data_type) => match excluded_format(rules, data_type) {
            Some(format) => {
                let declared = format!("the format {}", format.as_str());
                return Proof::Contradicted(Check::complete(definition), only_null(&declared, data_type));
            }
            None => text(rules, data_type),
        },
        (TypeKind::Boolean, DataType::Boolean) => None,
        (TypeKind::Integer(rules), _) if is_number(data_type) => integer(rules, data_type),
        (TypeKind::Number(rules), _) if is_number(data_type) => {
            (!within(rules, data_type)).then(|| CheckKind::Number(rules.clone()))
        }
        (TypeKind::Array(rules), DataType::List(child)) => return list(definition, rules, child, None),
        (TypeKind::Array(rules), DataType::Array(child, size)) => {
            return list(definition, rules, child, usize::try_from(*size).ok());
        }
        (TypeKind::Object(rules), DataType::Struct(members)) => return object(definition, rules, members),
        (TypeKind::Object(_), DataType::Map(..)) => return Proof::Open(Check::complete(definition)),
        (kind, other) => {
            let reason = only_null(kind.as_str(), other);
            return Proof::Contradicted(Check::complete(definition), reason);
        }
    };
    with_accepted(definition, remaining, data_type)
}

fn only_null(declared: &str, data_type: &DataType) -> String {
    format!("declares {declared}, but the column is {data_type}{ONLY_NULL}")
}

/// What a contradiction means, and what to do.
const ONLY_NULL: &str = "; only null can pass: cast the column, or declare its type";

/// What is left once the values that `enum` accepts are added.
fn with_accepted(definition: &TypeDefinition, remaining: Option<CheckKind>, data_type: &DataType) -> Proof {
    let accepted = definition.accepted.as_ref().map(|accepted| &accepted.value);
    let is_open = accepted.is_some_and(|accepted| match data_type {
        DataType::Enum(words) => !words
            .iter()
            .all(|word| accepted.iter().any(|value| value == word.as_str())),
        _ => true,
    });
    match (is_open, remaining) {
        (false, None) => Proof::Proven,
        (true, _) => Proof::Open(Check::complete(definition)),
        (false, Some(kind)) => Proof::Open(Check { kind, accepted: None }),
    }
}

fn prove_union(definition: &TypeDefinition, members: &[(String, DataType)]) -> Proof {
    let is_proven = |data_type: &DataType| matches!(prove(definition, data_type), Proof::Proven);
    match members.iter().all(|(_, data_type)| is_proven(data_type)) {
        true => Proof::Proven,
        false => Proof::Open(Check::complete(definition)),
    }
}

/// Types whose JSON form is a string.
fn is_text(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::Varchar
            | DataType::Enum(_)
            | DataType::Uuid
            | DataType::Blob
            | DataType::Bit
            | DataType::Interval
            | DataType::Date
            | DataType::Time
            | DataType::TimeNs
            | DataType::TimeTz
            | DataType::TimestampS
            | DataType::TimestampMs
            | DataType::Timestamp
            | DataType::TimestampNs
            | DataType::TimestampTz
    )
}

/// Types whose JSON form is a number.
fn is_number(data_type: &DataType) -> bool {
    range(data_type).is_some()
        || matches!(
            data_type,
            DataType::Float | DataType::Double | DataType::Decimal { .. }
        )
}

fn text(rules: &StringRules, data_type: &DataType) -> Option<CheckKind> {
    let format = rules
        .format
        .filter(|format| !is_format_proven(*format, data_type));
    let rules = StringRules {
        format,
        ..rules.clone()
    };
    let is_open = rules.format.is_some()
        || rules.min_length.is_some_and(|shortest| shortest > 0)
        || rules.max_length.is_some()
        || rules.pattern.is_some();
    is_open.then_some(CheckKind::Text(rules))
}

/// The declared format, if no text of the column's type has it.
fn excluded_format(rules: &StringRules, data_type: &DataType) -> Option<StringFormat> {
    let is_of_any_form = matches!(data_type, DataType::Varchar | DataType::Enum(_) | DataType::Blob);
    let format = rules.format?;
    (!is_of_any_form && !is_format_proven(format, data_type)).then_some(format)
}

fn is_format_proven(format: StringFormat, data_type: &DataType) -> bool {
    let is_timestamp = matches!(
        data_type,
        DataType::TimestampS
            | DataType::TimestampMs
            | DataType::Timestamp
            | DataType::TimestampNs
            | DataType::TimestampTz
    );
    match format {
        StringFormat::Date => *data_type == DataType::Date,
        StringFormat::DateTime => is_timestamp || *data_type == DataType::Date,
        StringFormat::Time => matches!(data_type, DataType::Time | DataType::TimeNs | DataType::TimeTz),
        StringFormat::Duration => *data_type == DataType::Interval,
        // What a timestamp is on the way out is not fixed: seconds, or ISO 8601.
        StringFormat::Timestamp => true,
        StringFormat::Email | StringFormat::Uri => false,
    }
}

fn integer(rules: &NumberRules, data_type: &DataType) -> Option<CheckKind> {
    let is_whole = range(data_type).is_some() || matches!(data_type, DataType::Decimal { scale: 0, .. });
    let is_proven = is_whole && within(rules, data_type);
    (!is_proven).then(|| CheckKind::Integer(rules.clone()))
}

/// The smallest and largest number of an integer type. The largest of `UHUGEINT` is beyond what is ever declared.
fn range(data_type: &DataType) -> Option<(i128, i128)> {
    let signed = |bits: u32| (-(1_i128 << (bits - 1)), (1_i128 << (bits - 1)) - 1);
    let unsigned = |bits: u32| (0, (1_i128 << bits) - 1);
    Some(match data_type {
        DataType::TinyInt => signed(8),
        DataType::SmallInt => signed(16),
        DataType::Integer => signed(32),
        DataType::BigInt => signed(64),
        DataType::HugeInt => (i128::MIN, i128::MAX),
        DataType::UTinyInt => unsigned(8),
        DataType::USmallInt => unsigned(16),
        DataType::UInteger => unsigned(32),
        DataType::UBigInt => unsigned(64),
        DataType::UHugeInt => (0, i128::MAX),
        _ => return None,
    })
}

/// Whether the bounds hold for every number of the type.
fn within(rules: &NumberRules, data_type: &DataType) -> bool {
    let is_unbounded = *rules == NumberRules::default();
    let ends = range(data_type).map(|(low, high)| [ExactNumber::Integer(low), ExactNumber::Integer(high)]);
    let bounds = NumberRules {
        multiple_of: None,
        ..rules.clone()
    };
    let is_every = |step: ExactNumber| ExactNumber::Integer(1).is_multiple_of(step);
    is_unbounded
        || ends.is_some_and(|ends| {
            ends.into_iter().all(|end| bounds.broken_by(end).is_none())
                && rules.multiple_of.is_none_or(is_every)
        })
}

fn list(definition: &TypeDefinition, rules: &ArrayRules, child: &DataType, size: Option<usize>) -> Proof {
    let items = match rules.items.as_deref().map(|items| prove(items, child)) {
        None | Some(Proof::Proven) => None,
        Some(Proof::Open(check)) => Some(Box::new(check)),
        Some(Proof::Contradicted(_, reason)) => {
            return Proof::Contradicted(Check::complete(definition), format!("its elements: {reason}"));
        }
    };
    let has_size =
        |minimum: usize, maximum: usize| size.is_some_and(|size| (minimum..=maximum).contains(&size));
    let is_size_proven = has_size(
        rules.min_items.unwrap_or(0),
        rules.max_items.unwrap_or(usize::MAX),
    ) || (rules.min_items.unwrap_or(0) == 0 && rules.max_items.is_none());
    let is_proven = items.is_none() && is_size_proven && !rules.unique_items;
    let remaining = (!is_proven).then_some(CheckKind::List(ListCheck {
        items,
        min_items: rules.min_items,
        max_items: rules.max_items,
        unique: rules.unique_items,
    }));
    with_accepted(definition, remaining, &DataType::Null)
}

/// Holds declared properties against named columns or members, of which every row has all.
fn object(definition: &TypeDefinition, rules: &ObjectRules, members: &[(String, DataType)]) -> Proof {
    let (check, mut findings) = members_check(rules, members);
    let wrong_members = missing(rules, members).or_else(|| undeclared(rules, members));
    let wrong_members = wrong_members.map(|reason| format!("declares object, but: {reason}{ONLY_NULL}"));
    if let Some(reason) = wrong_members.or_else(|| findings.pop()) {
        return Proof::Contradicted(Check::complete(definition), reason);
    }
    let remaining = (!check.properties.is_empty()).then_some(CheckKind::Object(check));
    with_accepted(definition, remaining, &DataType::Null)
}

/// The properties that are left to check, and what their types contradict.
pub(super) fn members_check(
    rules: &ObjectRules,
    members: &[(String, DataType)],
) -> (ObjectCheck, Vec<String>) {
    let mut findings = Vec::new();
    let mut properties = Vec::new();
    for (name, definition) in &rules.properties {
        let Some((_, data_type)) = members.iter().find(|(member, _)| member == name) else {
            continue;
        };
        match prove(definition, data_type) {
            Proof::Proven => {}
            Proof::Open(check) => properties.push((name.clone(), check)),
            Proof::Contradicted(check, reason) => {
                findings.push(format!("{name} {reason}"));
                properties.push((name.clone(), check));
            }
        }
    }
    let check = ObjectCheck {
        properties,
        required: Vec::new(),
        only: None,
    };
    (check, findings)
}

/// Required properties that no column provides.
pub(super) fn missing(rules: &ObjectRules, members: &[(String, DataType)]) -> Option<String> {
    let is_there = |name: &str| members.iter().any(|(member, _)| member == name);
    let missing: Vec<&str> = rules
        .required
        .iter()
        .map(String::as_str)
        .filter(|name| !is_there(name))
        .collect();
    (!missing.is_empty()).then(|| format!("Missing required properties: {}", missing.join(", ")))
}

/// Columns that the type does not allow.
pub(super) fn undeclared(rules: &ObjectRules, members: &[(String, DataType)]) -> Option<String> {
    let is_declared = |name: &str| rules.properties.iter().any(|(known, _)| known == name);
    let names: Vec<&str> = members
        .iter()
        .map(|(name, _)| name.as_str())
        .filter(|name| !is_declared(name))
        .collect();
    (!rules.additional_properties && !names.is_empty())
        .then(|| format!("Unexpected property: {}", names.join(", ")))
}
