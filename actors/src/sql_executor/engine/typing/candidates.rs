//! In which forms a parameter is tried, by its declared type and by what is around its use.
//!
//! - Where text is asked for, a value is its text; dates and times as they were sent, numbers with all their digits.
//! - Otherwise it has its declared type, which DuckDB compares and computes with as with a column of that type.
//! - Where DuckDB does not take that type, it is converted to what it asks for: an `INTEGER` for a `BIGINT` (`day + $n`).
//! - A number goes as its digits into a cast, or into a column that a row is written to: nothing is rounded on the way.
//! - A `date-time` is an instant, and where a date or a clock's reading is asked for, that of a clock in UTC.
//! - A `duration` is an interval where one is asked for, and where nothing else binds; otherwise the text that was sent.

use crate::sql_executor::engine::data_type::DataType;
use crate::sql_executor::engine::form::Form;
use crate::sql_executor::engine::uses::{Use, Values};

/// What a use asks for.
pub(super) struct Asked {
    /// The type, if it asks for one.
    pub(super) data_type: Option<DataType>,
    /// Whether it converts whatever it is given.
    pub(super) converts: bool,
}

/// The parameter with its declared type.
pub(super) fn of_declared(parameter: &str, declared: DataType) -> Form {
    let values = match declared {
        DataType::Interval => Values::Interval,
        _ => Values::Given,
    };
    Form::bare(parameter, values).of_type(declared)
}

fn text(parameter: &str) -> Form {
    Form::bare(parameter, Values::Text).of_type(DataType::Varchar)
}

fn json(parameter: &str) -> Form {
    Form::bare(parameter, Values::Json)
        .of_type(DataType::Varchar)
        .converted(DataType::Json)
}

/// Whether it makes a difference if the use converts what it is given.
pub(super) fn depends_on_digits(declared: &DataType, asked: Option<&DataType>) -> bool {
    matches!(declared, DataType::Double | DataType::BigInt) && asked.is_some_and(is_exact)
}

/// Whether it is a type of exact numbers.
pub(super) fn is_exact(data_type: &DataType) -> bool {
    is_integer(data_type) || matches!(data_type, DataType::Decimal { .. })
}

fn is_integer(data_type: &DataType) -> bool {
    use DataType::{
        BigInt, HugeInt, Integer, SmallInt, TinyInt, UBigInt, UHugeInt, UInteger, USmallInt, UTinyInt,
    };
    matches!(
        data_type,
        TinyInt
            | SmallInt
            | Integer
            | BigInt
            | HugeInt
            | UTinyInt
            | USmallInt
            | UInteger
            | UBigInt
            | UHugeInt
    )
}

/// Whether a value of the type is JSON, or holds some.
pub(super) fn holds_json(data_type: &DataType) -> bool {
    match data_type {
        DataType::Json => true,
        DataType::List(element) | DataType::Array(element, _) => holds_json(element),
        DataType::Struct(members) => members.iter().any(|(_, member)| holds_json(member)),
        _ => false,
    }
}

/// Whether it is the type that its values have by themselves.
pub(super) fn is_of_values(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::Boolean | DataType::Date | DataType::Time | DataType::Timestamp | DataType::TimestampTz
    )
}

fn is_nested(data_type: &DataType) -> bool {
    matches!(data_type, DataType::List(_) | DataType::Struct(_))
}

/// The form of a parameter whose declaration does not say its type in SQL. A macro may use it more than once, for which DuckDB
/// would have one type.
pub(super) fn undeclared(found: &Use, asked: Option<&DataType>, alone: Form) -> Form {
    match asked {
        Some(DataType::Json) => json(&found.parameter),
        _ if found.in_macro => alone.open(),
        _ => alone,
    }
}

/// The forms of a parameter with a declared type, in the order in which they are tried.
pub(super) fn of(found: &Use, declared: &DataType, asked: &Asked, place: usize) -> Vec<Form> {
    let parameter = found.parameter.as_str();
    let given = || of_declared(parameter, declared.clone());
    let asks = asked.data_type.as_ref();
    match (declared, asks) {
        (DataType::TimestampTz, asks) => return date_time(parameter, asks),
        (DataType::Interval, Some(DataType::Interval)) => return vec![given()],
        (DataType::Interval, Some(DataType::Varchar)) => return vec![text(parameter)],
        (DataType::Interval, _) => return vec![text(parameter), given()],
        (DataType::Double | DataType::BigInt | DataType::HugeInt, Some(DataType::Varchar)) => {
            return vec![text(parameter)];
        }
        (DataType::Double, _) if asked.converts => return vec![text(parameter)],
        (DataType::BigInt, Some(asks)) if asked.converts && is_wider(asks) => return vec![text(parameter)],
        (nested, Some(DataType::Json)) if is_nested(nested) => return vec![json(parameter)],
        (nested, Some(asks)) if is_nested(nested) && holds_json(asks) => {
            return vec![Form::bare(parameter, Values::Apart(place)).of_type(asks.clone())];
        }
        _ => {}
    }
    let mut forms = vec![given()];
    if is_integer(declared) {
        forms.push(given().converted(DataType::Integer));
    }
    // A number may have a fraction, which no conversion to a whole one may drop unasked.
    let keeps_value = |asks: &&DataType| *declared != DataType::Double || !is_integer(asks);
    if let Some(asks) = asks.filter(keeps_value) {
        forms.push(given().converted(asks.clone()));
    }
    if asks == Some(&DataType::Varchar) && *declared != DataType::Varchar {
        forms.rotate_right(1);
    }
    if *declared == DataType::Varchar && !found.in_macro {
        // As a constant in quotes, for which DuckDB finds the function by itself.
        forms.push(Form::quoted(parameter, Values::Apart(place)));
    }
    forms
}

fn is_wider(asks: &DataType) -> bool {
    !matches!(
        asks,
        DataType::BigInt | DataType::Integer | DataType::SmallInt | DataType::TinyInt
    )
}

fn date_time(parameter: &str, asks: Option<&DataType>) -> Vec<Form> {
    let instant = of_declared(parameter, DataType::TimestampTz);
    let clock = Form::bare(parameter, Values::Timestamp).of_type(DataType::Timestamp);
    match asks {
        Some(DataType::Varchar) => vec![text(parameter)],
        None | Some(DataType::TimestampTz) => vec![instant, clock],
        Some(_) => vec![clock, instant],
    }
}
