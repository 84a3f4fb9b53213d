//! All parameters of one definition, compiled, and the three forms in which arguments arrive.

use mxcp_actors::sql_executor::engine::statement::Declared;
use mxcp_actors::sql_executor::value::SqlValue;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::error::{ArgumentError, ArgumentProblem};
use super::given::Given;
use super::json;
use super::nested::unknown;
use super::place::Place;
use super::reading::Reading;
use super::rule::{ObjectRule, PropertyRule, Rule};
use super::unify::unify;
use crate::endpoints::model::Parameter;
use crate::json::Members;
use crate::yaml::Problems;

/// Compiled parameters. Values that it answers are in the order of the declaration, one for each parameter.
#[derive(Debug, Clone)]
pub struct ParameterSet {
    /// The arguments are an object without undeclared members.
    root: ObjectRule,
}

impl ParameterSet {
    /// Compiles declared parameters. `None` after reporting defaults and accepted values that break their own type.
    pub fn compile(parameters: &[Parameter], problems: &mut Problems) -> Option<Self> {
        let properties: Vec<Option<PropertyRule>> = parameters
            .iter()
            .map(|parameter| {
                Some(PropertyRule {
                    name: parameter.name.value.clone(),
                    rule: Rule::compile(&parameter.definition, problems)?,
                    required: parameter.is_required(),
                })
            })
            .collect();
        Some(Self {
            root: ObjectRule {
                properties: properties.into_iter().collect::<Option<_>>()?,
                required_others: Vec::new(),
                additional: false,
            },
        })
    }

    /// Names of the parameters, in the order of the declaration.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.root.properties.iter().map(|property| property.name.as_str())
    }

    /// Names and SQL types of the parameters, for the check of a statement.
    pub fn declared(&self) -> Vec<Declared> {
        let properties = self.root.properties.iter();
        properties
            .map(|property| (property.name.clone(), property.rule.data_type()))
            .collect()
    }

    /// Reads the arguments of a call. Absent arguments and null are an empty object; a null argument is an absent one.
    pub fn read_json(
        &self,
        arguments: Option<&RawValue>,
    ) -> Result<Vec<(String, SqlValue)>, Vec<ArgumentError>> {
        let (mut reading, root) = (Reading::default(), Place::root());
        let members = match arguments.map(RawValue::get) {
            None | Some("null") => Some(Members(Vec::new())),
            Some(json) if json.starts_with('{') => match Members::of(json) {
                Some(members) => Some(members),
                None => reading.refuse(&root, ArgumentProblem::NotUnicode),
            },
            Some(_) => {
                let found = arguments.and_then(Given::of).map_or("text", |given| given.kind());
                let expected = "an object";
                reading.refuse(&root, ArgumentProblem::WrongType { expected, found })
            }
        };
        let values = members.and_then(|members| self.root.read_members(members, &root, &mut reading));
        self.finish(values, reading)
    }

    /// Reads arguments that are all text: `name=value` of a command line, variables of a URI, arguments of a prompt.
    pub fn read_texts<'a>(
        &self,
        arguments: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Vec<(String, SqlValue)>, Vec<ArgumentError>> {
        let (mut reading, root) = (Reading::default(), Place::root());
        let mut given: Vec<Option<&str>> = vec![None; self.root.properties.len()];
        for (name, text) in arguments {
            let place = root.name(name);
            let position = self.names().position(|known| known == name);
            match position.and_then(|position| given.get_mut(position)) {
                Some(slot @ None) => *slot = Some(text),
                Some(Some(_)) => reading.report(&place, ArgumentProblem::GivenTwice),
                None => reading.report(&place, unknown(name, self.names())),
            }
        }
        let properties = self.root.properties.iter();
        let values: Vec<Option<(String, SqlValue)>> = properties
            .zip(given)
            .map(|(property, text)| {
                let place = root.name(&property.name);
                let value = match text {
                    Some(text) => property.rule.read(Given::Text(text.into()), &place, &mut reading),
                    None => property.rule.absent(&place, &mut reading),
                };
                Some((property.name.clone(), value?))
            })
            .collect();
        self.finish(values.into_iter().collect(), reading)
    }

    fn finish(
        &self,
        values: Option<Vec<(String, SqlValue)>>,
        mut reading: Reading,
    ) -> Result<Vec<(String, SqlValue)>, Vec<ArgumentError>> {
        let root = Place::root();
        let unified = values.and_then(|values| {
            let rules = self.root.properties.iter();
            let unified = values.into_iter().zip(rules).map(|((name, value), property)| {
                if !property.rule.needs_unifying() {
                    return Some((name, value));
                }
                match unify(value) {
                    Ok(value) => Some((name, value)),
                    Err(problem) => reading.refuse(&root.name(&name), problem),
                }
            });
            unified.collect::<Option<Vec<_>>>()
        });
        match unified {
            Some(values) if reading.is_good() => Ok(values),
            _ => Err(reading.into_errors()),
        }
    }

    /// Checked arguments as JSON, for policies and prompts. A number beyond what JSON readers keep is the nearest one.
    pub fn to_json<'v>(
        &self,
        values: impl IntoIterator<Item = &'v (String, SqlValue)>,
    ) -> Map<String, Value> {
        let values = values.into_iter();
        values
            .map(|(name, value)| (name.clone(), json::value(value)))
            .collect()
    }

    /// Checked arguments as JSON, for records: sensitive values are `"[REDACTED]"`, also inside others, and a number that
    /// JSON readers would round is written as text.
    pub fn to_redacted_json(&self, values: &[(String, SqlValue)]) -> Map<String, Value> {
        let rule_of = |name: &str| self.root.properties.iter().find(|property| property.name == name);
        let values = values.iter();
        values
            .map(|(name, value)| {
                let rule = rule_of(name).map(|property| &property.rule);
                (name.clone(), json::redacted(value, rule))
            })
            .collect()
    }
}
