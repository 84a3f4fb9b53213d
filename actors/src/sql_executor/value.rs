//! Values on their way into SQL: what a validated argument becomes before DuckDB sees it.

/// A typed parameter value. It says what the caller meant; `engine/bind.rs` converts it to the type that the statement
/// expects.
#[derive(Debug, Clone, PartialEq)]
pub enum SqlValue {
    /// `NULL`
    Null,
    /// A truth value.
    Boolean(bool),
    /// A whole number, exact.
    Integer(i128),
    /// A binary floating-point number.
    Double(f64),
    /// A decimal number, exact: `unscaled` divided by ten to the power of `scale`.
    Decimal {
        /// All digits, without the point.
        unscaled: i128,
        /// Digits after the point, at most 38.
        scale: u8,
    },
    /// Text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
    /// A day, counted from 1970-01-01.
    Date(i32),
    /// A time of day in microseconds since midnight.
    Time(i64),
    /// A date and time without a zone, in microseconds since 1970-01-01T00:00.
    Timestamp(i64),
    /// A date and time as a caller sends it.
    DateTime(DateTime),
    /// A duration.
    Duration(Duration),
    /// Values of one type in order.
    List(Vec<SqlValue>),
    /// Named values in order.
    Struct(Vec<(String, SqlValue)>),
}

/// An instant. Without an offset it was written as a clock in UTC shows it.
#[derive(Debug, Clone)]
pub struct DateTime {
    /// Microseconds since the Unix epoch.
    pub micros: i64,
    /// How it was written, as ISO 8601: what a statement gets that expects text.
    pub text: String,
}

/// Equal instants, however they are written.
impl PartialEq for DateTime {
    fn eq(&self, other: &Self) -> bool {
        self.micros == other.micros
    }
}

impl Eq for DateTime {}

/// A duration in the three parts that SQL keeps apart: months and days differ in length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duration {
    /// Months, twelve for a year.
    pub months: i32,
    /// Days, seven for a week.
    pub days: i32,
    /// Microseconds of hours, minutes and seconds.
    pub micros: i64,
    /// How it was written, as ISO 8601: what a statement gets that expects text.
    pub text: String,
}

impl From<&str> for SqlValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i64> for SqlValue {
    fn from(number: i64) -> Self {
        Self::Integer(i128::from(number))
    }
}
