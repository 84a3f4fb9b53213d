//! The constraints of each type, as written: which keys there are, and which of them make no sense together.

use std::cmp::Ordering;

use regex::{Regex, RegexBuilder};

use super::TypeDefinition;
use crate::endpoints::number::ExactNumber;
use crate::yaml::{Fields, Item, Located, Resolved, Scalar, suggestion};

/// Compiled patterns may take this many bytes; the default of the library is ten times as much.
const PATTERN_SIZE_LIMIT: usize = 1 << 20;

/// `format`: what kind of text a string is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StringFormat {
    /// An e-mail address.
    Email,
    /// A URI.
    Uri,
    /// A calendar date.
    Date,
    /// A time of day.
    Time,
    /// A date and time, with or without an offset.
    DateTime,
    /// An ISO 8601 duration.
    Duration,
    /// Seconds since the Unix epoch.
    Timestamp,
}

impl StringFormat {
    /// The name that files and JSON Schema use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Uri => "uri",
            Self::Date => "date",
            Self::Time => "time",
            Self::DateTime => "date-time",
            Self::Duration => "duration",
            Self::Timestamp => "timestamp",
        }
    }

    const ALL: [Self; 7] = [
        Self::Email,
        Self::Uri,
        Self::Date,
        Self::Time,
        Self::DateTime,
        Self::Duration,
        Self::Timestamp,
    ];
}

/// Constraints of a string. Lengths count characters.
#[derive(Debug, Clone, Default)]
pub struct StringRules {
    /// What kind of text.
    pub format: Option<StringFormat>,
    /// The shortest.
    pub min_length: Option<usize>,
    /// The longest.
    pub max_length: Option<usize>,
    /// A pattern that must be found somewhere in the text.
    pub pattern: Option<Regex>,
}

/// Constraints of a number.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NumberRules {
    /// The smallest.
    pub minimum: Option<ExactNumber>,
    /// The largest.
    pub maximum: Option<ExactNumber>,
    /// What it must be above.
    pub exclusive_minimum: Option<ExactNumber>,
    /// What it must be below.
    pub exclusive_maximum: Option<ExactNumber>,
    /// What it must be a whole multiple of; positive.
    pub multiple_of: Option<ExactNumber>,
}

/// Constraints of an array.
#[derive(Debug, Clone, Default)]
pub struct ArrayRules {
    /// The type of every element; `None` accepts any.
    pub items: Option<Box<TypeDefinition>>,
    /// The fewest elements.
    pub min_items: Option<usize>,
    /// The most elements.
    pub max_items: Option<usize>,
    /// Whether no two elements may be equal.
    pub unique_items: bool,
}

/// Constraints of an object.
#[derive(Debug, Clone)]
pub struct ObjectRules {
    /// The declared properties, in the order of the file.
    pub properties: Vec<(String, TypeDefinition)>,
    /// Names of the properties that must be there.
    pub required: Vec<String>,
    /// Whether other properties may be there.
    pub additional_properties: bool,
}

impl ObjectRules {
    /// Whether the property must be there.
    pub fn requires(&self, property: &str) -> bool {
        self.required.iter().any(|name| name == property)
    }
}

impl StringRules {
    pub(super) const KEYS: [&'static str; 4] = ["format", "minLength", "maxLength", "pattern"];

    pub(super) fn read(fields: &mut Fields<'_>) -> Self {
        let formats = StringFormat::ALL.map(|format| (format.as_str(), format));
        let rules = Self {
            format: fields.optional_with("format", |format| format.choice(&formats)),
            min_length: fields.optional("minLength"),
            max_length: fields.optional("maxLength"),
            pattern: fields.optional_with("pattern", read_pattern),
        };
        refuse_empty_range(
            fields,
            ("minLength", rules.min_length),
            ("maxLength", rules.max_length),
        );
        rules
    }
}

impl NumberRules {
    pub(super) const KEYS: [&'static str; 5] = [
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
    ];

    pub(super) fn read(fields: &mut Fields<'_>) -> Self {
        let rules = Self {
            minimum: fields.optional_with("minimum", read_number),
            maximum: fields.optional_with("maximum", read_number),
            exclusive_minimum: fields.optional_with("exclusiveMinimum", read_number),
            exclusive_maximum: fields.optional_with("exclusiveMaximum", read_number),
            multiple_of: fields.optional_with("multipleOf", read_step),
        };
        if let (Some(minimum), Some(maximum)) = (rules.minimum, rules.maximum)
            && minimum.compare(maximum).is_gt()
        {
            fields.refuse(
                "maximum",
                format!("expected at least minimum, which is {minimum}, found {maximum}"),
            );
        }
        rules
    }
}

impl ArrayRules {
    pub(super) const KEYS: [&'static str; 4] = ["items", "minItems", "maxItems", "uniqueItems"];

    pub(super) fn read(fields: &mut Fields<'_>) -> Self {
        let rules = Self {
            items: fields.optional("items").map(Box::new),
            min_items: fields.optional("minItems"),
            max_items: fields.optional("maxItems"),
            unique_items: fields.optional_bool("uniqueItems").unwrap_or_default(),
        };
        refuse_empty_range(
            fields,
            ("minItems", rules.min_items),
            ("maxItems", rules.max_items),
        );
        rules
    }
}

impl ObjectRules {
    pub(super) const KEYS: [&'static str; 3] = ["properties", "required", "additionalProperties"];

    pub(super) fn read(fields: &mut Fields<'_>) -> Self {
        let properties = fields.optional_with("properties", read_properties);
        let required: Option<Vec<Located<String>>> = fields.optional("required");
        let rules = Self {
            required: without_repetitions(required.as_deref().unwrap_or_default()),
            additional_properties: fields.optional_bool("additionalProperties").unwrap_or(true),
            properties: properties.unwrap_or_default(),
        };
        if !rules.properties.is_empty() {
            rules.check_required(fields, &required.unwrap_or_default());
        }
        rules
    }

    /// A name that must be there and is not declared is most often misspelt.
    fn check_required(&self, fields: &mut Fields<'_>, required: &[Located<String>]) {
        let declared: Vec<&str> = self.properties.iter().map(|(name, _)| name.as_str()).collect();
        for name in required.iter().filter(|name| !declared.contains(&&*name.value)) {
            let hint = suggestion(&name.value, &declared);
            let message = format!("{:?} is not among the properties{hint}", name.value);
            match self.additional_properties {
                true => fields.warn_at(name, message),
                false => fields.refuse_at(
                    name,
                    format!("{message} No object has it while additionalProperties is false"),
                ),
            }
        }
    }
}

/// A schema that names a property twice is refused by clients.
fn without_repetitions(names: &[Located<String>]) -> Vec<String> {
    let mut different: Vec<String> = Vec::with_capacity(names.len());
    for Located { value, .. } in names {
        if !different.contains(value) {
            different.push(value.clone());
        }
    }
    different
}

/// In the order of the file, which a map would lose.
fn read_properties(item: Item<'_>) -> Option<Vec<(String, TypeDefinition)>> {
    let mut properties = Vec::new();
    item.map_with(|name, property| {
        let definition = TypeDefinition::read_value(property)?;
        properties.push((name.to_owned(), definition));
        Some(())
    })?;
    Some(properties)
}

fn refuse_empty_range(
    fields: &mut Fields<'_>,
    (low, minimum): (&str, Option<usize>),
    (high, maximum): (&str, Option<usize>),
) {
    if let (Some(minimum), Some(maximum)) = (minimum, maximum)
        && minimum > maximum
    {
        fields.refuse(
            high,
            format!("expected at least {low}, which is {minimum}, found {maximum}"),
        );
    }
}

fn read_pattern(mut item: Item<'_>) -> Option<Regex> {
    let text = item.again().string()?;
    match RegexBuilder::new(&text).size_limit(PATTERN_SIZE_LIMIT).build() {
        Ok(pattern) => Some(pattern),
        Err(regex::Error::CompiledTooBig(limit)) => item.refuse(format!(
            "the compiled pattern is larger than the {limit} bytes that are accepted"
        )),
        Err(error) => {
            let reason = error.to_string();
            let reason = reason
                .lines()
                .last()
                .unwrap_or_default()
                .trim_start_matches("error: ");
            item.refuse(format!("is not a regular expression: {reason}"))
        }
    }
}

/// A number with all the digits that were written.
fn read_number(item: Item<'_>) -> Option<ExactNumber> {
    let Some(text) = item.node().as_scalar().map(Scalar::text) else {
        return item.refuse_kind("a number");
    };
    match Resolved::of_plain(text) {
        Resolved::Integer(number) => Some(ExactNumber::Integer(number)),
        Resolved::Float(number) => ExactNumber::parse(text)
            .or_else(|| ExactNumber::from_f64(number))
            .or_else(|| item.refuse("expected a finite number")),
        Resolved::Text => ExactNumber::parse(text).or_else(|| item.refuse_kind("a number")),
        Resolved::Null | Resolved::Boolean(_) => item.refuse_kind("a number"),
    }
}

fn read_step(mut item: Item<'_>) -> Option<ExactNumber> {
    let step = read_number(item.again())?;
    match step.compare(ExactNumber::Integer(0)).is_gt() {
        true => Some(step),
        false => item.refuse(format!("expected a number above 0, found {step}")),
    }
}

impl NumberRules {
    /// The first constraint that a number breaks: the relation in the words of messages, and the bound.
    pub(crate) fn broken_by(&self, number: ExactNumber) -> Option<(&'static str, ExactNumber)> {
        let checks = [
            ("at least", self.minimum, Ordering::is_ge as fn(Ordering) -> bool),
            ("at most", self.maximum, Ordering::is_le),
            ("more than", self.exclusive_minimum, Ordering::is_gt),
            ("less than", self.exclusive_maximum, Ordering::is_lt),
        ];
        let broken = checks.into_iter().find_map(|(relation, bound, holds)| {
            let bound = bound?;
            (!holds(number.compare(bound))).then_some((relation, bound))
        });
        broken.or_else(|| {
            let step = self.multiple_of.filter(|step| !number.is_multiple_of(*step))?;
            Some(("a multiple of", step))
        })
    }
}
