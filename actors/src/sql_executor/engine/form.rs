//! What stands in the place of a parameter's use when the statement is written for DuckDB.
//!
//! DuckDB folds a cast around a parameter into the parameter, and a second cast around the first takes the parameter's type
//! away again: it is then bound anew at every run. A `CASE` around the cast keeps it where it is, and costs nothing.

use super::data_type::DataType;
use super::uses::{self, Values};

/// A use of a parameter as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Form {
    operand: Operand,
    /// The type that it has for what is around it, whatever that may be.
    fixed: Option<DataType>,
    /// The type that it is converted to from there.
    cast: Option<DataType>,
    /// Whether it keeps DuckDB from finding a type for it, and with that from planning the statement before it has values.
    open: bool,
    /// Whether its values are texts, as constants in quotes: without a type, of whichever DuckDB finds to fit.
    quoted: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Operand {
    /// A parameter of DuckDB.
    Parameter { parameter: String, values: Values },
    /// A constant, to ask what DuckDB makes of the statement.
    Constant(String),
}

impl Form {
    /// The parameter alone: what is around it says its type, or its value.
    pub(super) fn bare(parameter: &str, values: Values) -> Self {
        Self {
            operand: Operand::Parameter {
                parameter: parameter.to_owned(),
                values,
            },
            fixed: None,
            cast: None,
            open: false,
            quoted: false,
        }
    }

    /// `NULL`, which has a place anywhere.
    pub(super) fn null() -> Self {
        Self {
            operand: Operand::Constant("NULL".to_owned()),
            fixed: None,
            cast: None,
            open: false,
            quoted: false,
        }
    }

    /// The parameter alone, whose values are texts.
    pub(super) fn quoted(parameter: &str, values: Values) -> Self {
        Self {
            quoted: true,
            ..Self::bare(parameter, values)
        }
    }

    /// Of whichever type its value has: the statement is planned at each run, with the value in its place.
    pub(super) fn open(mut self) -> Self {
        self.open = true;
        self
    }

    /// With this type.
    pub(super) fn of_type(mut self, data_type: DataType) -> Self {
        self.fixed = Some(data_type);
        self
    }

    /// Converted to this type.
    pub(super) fn converted(mut self, data_type: DataType) -> Self {
        self.cast = Some(data_type);
        self
    }

    /// The same without a value.
    pub(super) fn without_value(&self) -> Self {
        Self {
            operand: Operand::Constant("NULL".to_owned()),
            ..self.clone()
        }
    }

    /// The same with some value of its type.
    pub(super) fn with_sample(&self) -> Self {
        let sample = match &self.fixed {
            None if self.quoted => "'x'".to_owned(),
            None => "NULL".to_owned(),
            Some(data_type) => sample_of(data_type),
        };
        Self {
            operand: Operand::Constant(sample),
            ..self.clone()
        }
    }

    /// The same, where a text in quotes has the type that its values have when they are bound.
    pub(super) fn as_bound(&self) -> Self {
        match self.quoted {
            true => self.clone().of_type(DataType::Varchar),
            false => self.clone(),
        }
    }

    /// What DuckDB calls the parameter.
    pub(super) fn identifier(&self) -> Option<String> {
        match &self.operand {
            Operand::Parameter { parameter, values } => Some(uses::identifier(parameter, values)),
            Operand::Constant(_) => None,
        }
    }

    /// Whether it is a text whose type DuckDB finds.
    pub(super) fn is_quoted(&self) -> bool {
        self.quoted
    }

    /// As SQL.
    pub(super) fn sql(&self) -> String {
        let operand = match &self.operand {
            Operand::Parameter { parameter, values } => {
                format!("${}", uses::identifier(parameter, values))
            }
            Operand::Constant(text) => text.clone(),
        };
        let fixed = match &self.fixed {
            Some(data_type) => format!("(CASE WHEN true THEN CAST({operand} AS {data_type}) END)"),
            None if self.open => format!("(CASE WHEN true THEN {operand} END)"),
            None => operand,
        };
        match &self.cast {
            Some(data_type) => format!("CAST({fixed} AS {data_type})"),
            None => fixed,
        }
    }
}

/// A constant that can be cast to the type.
fn sample_of(data_type: &DataType) -> String {
    let sample = match data_type {
        DataType::TinyInt
        | DataType::SmallInt
        | DataType::Integer
        | DataType::BigInt
        | DataType::HugeInt
        | DataType::Boolean => "1",
        DataType::Float | DataType::Double | DataType::Decimal { .. } => "0.5",
        DataType::Varchar => "'x'",
        DataType::Date | DataType::Timestamp | DataType::TimestampTz => "'2000-01-01'",
        DataType::Time => "'00:00:00'",
        DataType::Interval => "'1 day'",
        DataType::List(element) => return format!("[{}]", sample_of(element)),
        DataType::Struct(members) => {
            let members: Vec<String> = members
                .iter()
                .map(|(name, member)| format!("'{}': {}", name.replace('\'', "''"), sample_of(member)))
                .collect();
            return format!("{{{}}}", members.join(", "));
        }
        _ => "NULL",
    };
    sample.to_owned()
}

/// Whether a text shows a form as DuckDB reads or writes it.
pub(super) fn is_written_in(text: &str) -> bool {
    ["WHEN true THEN CAST(", "WHEN (CAST('t' AS BOOLEAN)) THEN (CAST("]
        .iter()
        .any(|form| text.contains(form))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_written_as_sql() {
        let number = Form::bare("n", Values::Given);
        assert_eq!(number.sql(), "$n");
        let number = number.of_type(DataType::BigInt);
        assert_eq!(number.sql(), "(CASE WHEN true THEN CAST($n AS BIGINT) END)");
        assert_eq!(
            number.clone().converted(DataType::Integer).without_value().sql(),
            "CAST((CASE WHEN true THEN CAST(NULL AS BIGINT) END) AS INTEGER)"
        );
        assert_eq!(
            number.with_sample().sql(),
            "(CASE WHEN true THEN CAST(1 AS BIGINT) END)"
        );
        assert_eq!(Form::bare("n", Values::Text).sql(), "$n__mxcp_as_text");
        assert_eq!(
            Form::bare("n", Values::Given).open().sql(),
            "(CASE WHEN true THEN $n END)"
        );
    }
}
