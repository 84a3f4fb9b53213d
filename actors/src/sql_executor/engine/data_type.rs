//! DuckDB's types as a plain tree: what results are encoded by and values are bound by.
//!
//! No handle of DuckDB lives here; `ffi/logical_type.rs` converts in both directions.

use std::fmt;
use std::sync::Arc;

/// A resolved DuckDB type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataType {
    /// DuckDB could not tell (a parameter without context, a column that depends on one).
    Unresolved,
    /// The type of a bare `NULL`.
    Null,
    /// `BOOLEAN`
    Boolean,
    /// `TINYINT`
    TinyInt,
    /// `SMALLINT`
    SmallInt,
    /// `INTEGER`
    Integer,
    /// `BIGINT`
    BigInt,
    /// `HUGEINT`
    HugeInt,
    /// `UTINYINT`
    UTinyInt,
    /// `USMALLINT`
    USmallInt,
    /// `UINTEGER`
    UInteger,
    /// `UBIGINT`
    UBigInt,
    /// `UHUGEINT`
    UHugeInt,
    /// `FLOAT`
    Float,
    /// `DOUBLE`
    Double,
    /// `DECIMAL(width, scale)`
    Decimal {
        /// Digits in all, at most 38.
        width: u8,
        /// Digits after the point.
        scale: u8,
    },
    /// `VARCHAR`
    Varchar,
    /// `JSON`: text that DuckDB checked to be JSON
    Json,
    /// `BLOB`
    Blob,
    /// `BIT`
    Bit,
    /// `UUID`
    Uuid,
    /// `DATE`
    Date,
    /// `TIME`, microseconds
    Time,
    /// `TIME_NS`, nanoseconds
    TimeNs,
    /// `TIME WITH TIME ZONE`
    TimeTz,
    /// `TIMESTAMP_S`
    TimestampS,
    /// `TIMESTAMP_MS`
    TimestampMs,
    /// `TIMESTAMP`, microseconds
    Timestamp,
    /// `TIMESTAMP_NS`
    TimestampNs,
    /// `TIMESTAMP WITH TIME ZONE`, microseconds since the epoch
    TimestampTz,
    /// `INTERVAL`
    Interval,
    /// `ENUM` with its words in order
    Enum(Arc<[String]>),
    /// `T[]`
    List(Box<DataType>),
    /// `T[n]`
    Array(Box<DataType>, u64),
    /// `STRUCT`; the names of what `row(…)` makes are empty.
    Struct(Vec<(String, DataType)>),
    /// `MAP(key, value)`
    Map(Box<DataType>, Box<DataType>),
    /// `UNION` with its members in the order of their tags
    Union(Vec<(String, DataType)>),
    /// A type without a JSON form here; its name is DuckDB's. Cast it in SQL.
    Unsupported(&'static str),
}

impl DataType {
    /// The type of an object without members.
    pub(super) fn empty_map() -> Self {
        Self::Map(Box::new(Self::Null), Box::new(Self::Null))
    }
}

/// Whether the members of a struct have no names, so that only their order tells them apart.
#[must_use]
pub fn is_nameless(members: &[(String, DataType)]) -> bool {
    !members.is_empty() && members.iter().all(|(name, _)| name.is_empty())
}

impl fmt::Display for DataType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Unresolved => "unresolved",
            Self::Null => "NULL",
            Self::Boolean => "BOOLEAN",
            Self::TinyInt => "TINYINT",
            Self::SmallInt => "SMALLINT",
            Self::Integer => "INTEGER",
            Self::BigInt => "BIGINT",
            Self::HugeInt => "HUGEINT",
            Self::UTinyInt => "UTINYINT",
            Self::USmallInt => "USMALLINT",
            Self::UInteger => "UINTEGER",
            Self::UBigInt => "UBIGINT",
            Self::UHugeInt => "UHUGEINT",
            Self::Float => "FLOAT",
            Self::Double => "DOUBLE",
            Self::Varchar => "VARCHAR",
            Self::Json => "JSON",
            Self::Blob => "BLOB",
            Self::Bit => "BIT",
            Self::Uuid => "UUID",
            Self::Date => "DATE",
            Self::Time => "TIME",
            Self::TimeNs => "TIME_NS",
            Self::TimeTz => "TIME WITH TIME ZONE",
            Self::TimestampS => "TIMESTAMP_S",
            Self::TimestampMs => "TIMESTAMP_MS",
            Self::Timestamp => "TIMESTAMP",
            Self::TimestampNs => "TIMESTAMP_NS",
            Self::TimestampTz => "TIMESTAMP WITH TIME ZONE",
            Self::Interval => "INTERVAL",
            Self::Enum(_) => "ENUM",
            Self::Unsupported(name) => name,
            Self::Decimal { width, scale } => return write!(formatter, "DECIMAL({width},{scale})"),
            Self::List(child) => return write!(formatter, "{child}[]"),
            Self::Array(child, size) => return write!(formatter, "{child}[{size}]"),
            Self::Map(key, value) => return write!(formatter, "MAP({key}, {value})"),
            Self::Struct(members) => return write_members(formatter, "STRUCT", members),
            Self::Union(members) => return write_members(formatter, "UNION", members),
        };
        formatter.write_str(name)
    }
}

fn write_members(
    formatter: &mut fmt::Formatter<'_>,
    name: &str,
    members: &[(String, DataType)],
) -> fmt::Result {
    write!(formatter, "{name}(")?;
    for (index, (member, data_type)) in members.iter().enumerate() {
        let separator = if index == 0 { "" } else { ", " };
        write!(
            formatter,
            "{separator}\"{}\" {data_type}",
            member.replace('"', "\"\"")
        )?;
    }
    formatter.write_str(")")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_prints_as_duckdb_writes_it() {
        let nested = DataType::Struct(vec![
            ("a".to_owned(), DataType::List(Box::new(DataType::BigInt))),
            (
                "b\"c".to_owned(),
                DataType::Map(
                    Box::new(DataType::Varchar),
                    Box::new(DataType::Decimal { width: 10, scale: 2 }),
                ),
            ),
        ]);
        assert_eq!(
            nested.to_string(),
            "STRUCT(\"a\" BIGINT[], \"b\"\"c\" MAP(VARCHAR, DECIMAL(10,2)))"
        );
    }
}
