//! What a type accepts, compiled: constraints as they are checked, default and `enum` as the values that SQL gets.

use mxcp_actors::sql_executor::engine::data_type::DataType;
use mxcp_actors::sql_executor::value::SqlValue;
use serde_json::Value;
use serde_json::value::RawValue;

use super::error::ArgumentProblem;
use super::given::Given;
use super::place::Place;
use super::reading::Reading;
use crate::endpoints::model::{
    NumberRules, ObjectRules, StringFormat, StringRules, TypeDefinition, TypeKind,
};
use crate::endpoints::number::ExactNumber;
use crate::yaml::{Located, Problems};

/// One compiled type.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    pub(super) kind: RuleKind,
    /// The value of an absent argument.
    pub(super) default: Option<SqlValue>,
    accepted: Option<Accepted>,
    pub(super) sensitive: bool,
}

#[derive(Debug, Clone)]
pub(super) enum RuleKind {
    Text(StringRules),
    Number(NumberRules),
    Integer(NumberRules),
    Boolean,
    List(ListRule),
    Object(ObjectRule),
}

#[derive(Debug, Clone)]
pub(super) struct ListRule {
    pub(super) items: Option<Box<Rule>>,
    pub(super) min_items: Option<usize>,
    pub(super) max_items: Option<usize>,
    pub(super) unique: bool,
}

#[derive(Debug, Clone)]
pub(super) struct ObjectRule {
    pub(super) properties: Vec<PropertyRule>,
    /// Required names that are not declared.
    pub(super) required_others: Vec<String>,
    pub(super) additional: bool,
}

#[derive(Debug, Clone)]
pub(super) struct PropertyRule {
    pub(super) name: String,
    pub(super) rule: Rule,
    pub(super) required: bool,
}

/// The only accepted values.
#[derive(Debug, Clone)]
struct Accepted {
    values: Vec<SqlValue>,
    /// The values as messages list them.
    shown: String,
}

impl Rule {
    /// Compiles a type. Reports a default or an accepted value that the type itself refuses.
    pub(super) fn compile(definition: &TypeDefinition, problems: &mut Problems) -> Option<Self> {
        let kind = compile_kind(&definition.kind, problems);
        let mut rule = Self {
            kind: kind?,
            default: None,
            accepted: None,
            sensitive: definition.sensitive,
        };
        let accepted = definition
            .accepted
            .as_ref()
            .map(|accepted| rule.compile_accepted(accepted, problems));
        if let Some(accepted) = accepted {
            rule.accepted = Some(accepted?);
        }
        let default = definition
            .default
            .as_ref()
            .map(|default| rule.compile_default(default, problems));
        if let Some(default) = default {
            rule.default = Some(default?);
        }
        Some(rule)
    }

    /// Null in the list says that the value may be absent, which is not for the type to say.
    fn compile_accepted(&self, accepted: &Located<Vec<Value>>, problems: &mut Problems) -> Option<Accepted> {
        let listed = accepted.value.iter().filter(|value| !value.is_null());
        let shown: Vec<String> = listed.clone().map(Value::to_string).collect();
        let values: Option<Vec<SqlValue>> = listed
            .map(|value| self.constant(value, accepted, problems))
            .collect();
        Some(Accepted {
            values: values?,
            shown: shown.join(", "),
        })
    }

    /// Null stands for NULL, whatever the type.
    fn compile_default(&self, default: &Located<Value>, problems: &mut Problems) -> Option<SqlValue> {
        match default.value.is_null() {
            true => Some(SqlValue::Null),
            false => self.constant(&default.value, default, problems),
        }
    }

    fn constant<T>(&self, value: &Value, place: &Located<T>, problems: &mut Problems) -> Option<SqlValue> {
        let mut reading = Reading::default();
        let raw = RawValue::from_string(value.to_string()).ok();
        let given = raw.as_deref().and_then(Given::of);
        let read = given.and_then(|given| self.read(given, &Place::root(), &mut reading));
        for error in reading.into_errors() {
            let message = match error.path.as_str() {
                "" => error.problem.to_string(),
                path => format!("{path} {}", error.problem),
            };
            place.refuse::<()>(problems, message);
        }
        read
    }

    /// Reads a given value. `None` after reporting why it is not accepted.
    pub(super) fn read(
        &self,
        given: Given<'_>,
        place: &Place<'_>,
        reading: &mut Reading,
    ) -> Option<SqlValue> {
        reading.count(1, place)?;
        let value = match &self.kind {
            RuleKind::Text(rules) => super::scalar::text(given, rules, place, reading),
            RuleKind::Number(rules) => super::scalar::number(&given, rules, place, reading),
            RuleKind::Integer(rules) => super::scalar::integer(&given, rules, place, reading),
            RuleKind::Boolean => super::scalar::boolean(&given, place, reading),
            RuleKind::List(rule) => rule.read(&given, place, reading),
            RuleKind::Object(rule) => rule.read(&given, place, reading),
        }?;
        match &self.accepted {
            Some(accepted) if !accepted.values.iter().any(|other| is_same(&value, other)) => {
                reading.refuse(place, ArgumentProblem::NotAccepted(accepted.shown.clone()))
            }
            _ => Some(value),
        }
    }

    /// The value of an absent argument: the default, or nothing with a report.
    pub(super) fn absent(&self, place: &Place<'_>, reading: &mut Reading) -> Option<SqlValue> {
        match &self.default {
            Some(default) => Some(default.clone()),
            None => reading.refuse(place, ArgumentProblem::Missing),
        }
    }

    /// The type in SQL of every value that the rule lets through; `None` where that depends on the value.
    pub(super) fn data_type(&self) -> Option<DataType> {
        match &self.kind {
            RuleKind::Text(rules) => match rules.format {
                None | Some(StringFormat::Email | StringFormat::Uri) => Some(DataType::Varchar),
                Some(StringFormat::Date) => Some(DataType::Date),
                Some(StringFormat::Time) => Some(DataType::Time),
                Some(StringFormat::Timestamp) => Some(DataType::Timestamp),
                Some(StringFormat::DateTime) => Some(DataType::TimestampTz),
                // Text where the statement asks for it.
                Some(StringFormat::Duration) => Some(DataType::Interval),
            },
            RuleKind::Number(_) => Some(DataType::Double),
            RuleKind::Integer(rules) => Some(integer_type(rules)),
            RuleKind::Boolean => Some(DataType::Boolean),
            RuleKind::List(rule) => {
                let element = rule.items.as_deref()?.data_type()?;
                Some(DataType::List(Box::new(element)))
            }
            RuleKind::Object(rule) => rule.data_type(),
        }
    }

    /// Whether two values of the rule may need different types in SQL, so that a list of them has to be made one.
    pub(super) fn varies(&self) -> bool {
        match &self.kind {
            RuleKind::Number(_) => true,
            RuleKind::Text(_) | RuleKind::Integer(_) | RuleKind::Boolean => false,
            RuleKind::List(rule) => rule.items.as_deref().is_none_or(Self::varies),
            RuleKind::Object(rule) => {
                rule.additional || rule.properties.iter().any(|property| property.rule.varies())
            }
        }
    }

    /// Whether a value holds a list of values that have to be made one type.
    pub(super) fn needs_unifying(&self) -> bool {
        match &self.kind {
            RuleKind::List(rule) => rule.items.as_deref().is_none_or(Self::varies),
            RuleKind::Object(rule) => {
                rule.additional
                    || rule
                        .properties
                        .iter()
                        .any(|property| property.rule.needs_unifying())
            }
            RuleKind::Text(_) | RuleKind::Number(_) | RuleKind::Integer(_) | RuleKind::Boolean => false,
        }
    }
}

fn compile_kind(kind: &TypeKind, problems: &mut Problems) -> Option<RuleKind> {
    Some(match kind {
        TypeKind::String(rules) => RuleKind::Text(rules.clone()),
        TypeKind::Number(rules) => RuleKind::Number(rules.clone()),
        TypeKind::Integer(rules) => RuleKind::Integer(rules.clone()),
        TypeKind::Boolean => RuleKind::Boolean,
        TypeKind::Array(rules) => {
            let items = rules.items.as_ref().map(|items| Rule::compile(items, problems));
            RuleKind::List(ListRule {
                items: match items {
                    Some(items) => Some(Box::new(items?)),
                    None => None,
                },
                min_items: rules.min_items,
                max_items: rules.max_items,
                unique: rules.unique_items,
            })
        }
        TypeKind::Object(rules) => RuleKind::Object(compile_object(rules, problems)?),
    })
}

fn compile_object(rules: &ObjectRules, problems: &mut Problems) -> Option<ObjectRule> {
    let properties: Vec<Option<PropertyRule>> = rules
        .properties
        .iter()
        .map(|(name, definition)| {
            Some(PropertyRule {
                name: name.clone(),
                rule: Rule::compile(definition, problems)?,
                required: rules.requires(name),
            })
        })
        .collect();
    let is_declared = |name: &str| rules.properties.iter().any(|(declared, _)| declared == name);
    Some(ObjectRule {
        properties: properties.into_iter().collect::<Option<_>>()?,
        required_others: rules
            .required
            .iter()
            .filter(|name| !is_declared(name))
            .cloned()
            .collect(),
        additional: rules.additional_properties,
    })
}

impl ObjectRule {
    /// With undeclared members the type depends on the value.
    fn data_type(&self) -> Option<DataType> {
        if self.additional || self.properties.is_empty() {
            return None;
        }
        let members: Option<Vec<(String, DataType)>> = self
            .properties
            .iter()
            .map(|property| Some((property.name.clone(), property.rule.data_type()?)))
            .collect();
        members.map(DataType::Struct)
    }
}

/// `BIGINT`, unless the definition itself speaks of larger numbers.
fn integer_type(rules: &NumberRules) -> DataType {
    let bounds = [
        rules.minimum,
        rules.maximum,
        rules.exclusive_minimum,
        rules.exclusive_maximum,
    ];
    let is_huge = |bound: ExactNumber| {
        bound.whole().is_none_or(|bound| i64::try_from(bound).is_err()) && bound.is_whole()
    };
    match bounds.into_iter().flatten().any(is_huge) {
        true => DataType::HugeInt,
        false => DataType::BigInt,
    }
}

/// Equal values; numbers by what they mean.
fn is_same(left: &SqlValue, right: &SqlValue) -> bool {
    match (ExactNumber::of_sql(left), ExactNumber::of_sql(right)) {
        (Some(left), Some(right)) => left == right,
        _ => left == right,
    }
}
