//! A prepared statement together with what it expects, read once and used at every run.

use super::bind;
use super::data_type::DataType;
use super::error::QueryError;
use super::ffi::{PendingResult, PreparedStatement};
use super::statement_kind::StatementKind;
use super::uses::{self, Values};
use crate::sql_executor::value::SqlValue;

/// A parameter as the statement uses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// The name without `$`; the position as a number for `?`.
    pub name: String,
    /// The type that DuckDB resolved, or `None` where the statement leaves it open.
    pub data_type: Option<DataType>,
}

/// A statement that is bound and planned.
pub(crate) struct Prepared {
    raw: PreparedStatement,
    parameters: Vec<Parameter>,
    /// What DuckDB calls each of the parameters.
    identifiers: Vec<String>,
    /// What the values of each are.
    values: Vec<Values>,
}

impl Prepared {
    pub(super) fn new(raw: PreparedStatement) -> Self {
        let identifiers = raw.parameter_names();
        let parameters = identifiers
            .iter()
            .zip(1_u64..)
            .map(|(identifier, position)| Parameter {
                name: uses::meaning_of(identifier).0.to_owned(),
                data_type: raw.parameter_type(position),
            })
            .collect();
        let values = identifiers
            .iter()
            .map(|identifier| uses::meaning_of(identifier).1);
        Self {
            raw,
            parameters,
            values: values.collect(),
            identifiers,
        }
    }

    pub(super) fn kind(&self) -> StatementKind {
        self.raw.kind()
    }

    pub(super) fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// What DuckDB calls the parameters, in their order.
    pub(super) fn identifiers(&self) -> &[String] {
        &self.identifiers
    }

    pub(super) fn columns(&self) -> Vec<(String, DataType)> {
        self.raw.columns()
    }

    /// Binds every parameter of the statement to the value of its name.
    pub(super) fn bind(&mut self, arguments: &[(String, SqlValue)]) -> Result<(), QueryError> {
        // With one type open DuckDB binds the statement anew, and takes the type of each parameter from its value.
        let is_open = self
            .parameters
            .iter()
            .any(|parameter| parameter.data_type.is_none());
        for ((parameter, values), position) in self.parameters.iter().zip(&self.values).zip(1_u64..) {
            let refuse = |message: String| QueryError::Parameter {
                parameter: parameter.name.clone(),
                message,
            };
            let (_, value) = arguments
                .iter()
                .find(|(name, _)| *name == parameter.name)
                .ok_or_else(|| refuse("no value was given".to_owned()))?;
            let resolved = parameter.data_type.as_ref().filter(|_| !is_open);
            let converted = match (values, values.data_type()) {
                (_, Some(expected)) => bind::convert(value, Some(&expected)),
                (Values::Exact(_), None) => bind::exact_or_nearest(value, resolved),
                (_, None) => bind::convert(value, resolved),
            };
            let converted = converted.map_err(|error| refuse(error.to_string()))?;
            self.raw.bind(position, &converted)?;
        }
        Ok(())
    }

    pub(super) fn clear_bindings(&mut self) {
        self.raw.clear_bindings();
    }

    pub(super) fn start(&mut self) -> Result<PendingResult<'_>, QueryError> {
        Ok(self.raw.start()?)
    }
}
