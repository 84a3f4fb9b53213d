//! DuckDB's type handles, to and from [`DataType`].

use std::ffi::{CStr, CString, c_char};
use std::ptr;
use std::sync::Arc;

use duckdb::ffi;

use super::{DuckdbError, text};
use crate::sql_executor::engine::data_type::DataType;

/// An owned type handle.
pub(super) struct LogicalType(ffi::duckdb_logical_type);

impl Drop for LogicalType {
    fn drop(&mut self) {
        // SAFETY: handed over by DuckDB, destroyed only here.
        unsafe { ffi::duckdb_destroy_logical_type(&raw mut self.0) };
    }
}

/// DuckDB's number for a type whose shape the number alone tells, and the type.
const SIMPLE: [(ffi::duckdb_type, DataType); 28] = [
    (ffi::DUCKDB_TYPE_DUCKDB_TYPE_INVALID, DataType::Unresolved),
    (ffi::DUCKDB_TYPE_DUCKDB_TYPE_SQLNULL, DataType::Null),
    (ffi::DUCKDB_TYPE_DUCKDB_TYPE_BOOLEAN, DataType::Boolean),
    (ffi::DUCKDB_TYPE_DUCKDB_TYPE_TINYINT, DataType::TinyInt),
    (ffi::DUCKDB_TYPE_DUCKDB_TYPE_SMALLINT, DataType::SmallInt),
    (ffi::DUCKDB_TYPE_DUCKDB_TYPE_INTEGER, DataType::Integer),
    (ffi::DUCKDB_TYPE_DUCKDB_TYPE_BIGINT, DataType::BigInt),
    (ffi::DUCKDB_TYPE_DUCKDB_TYPE_HUGEINT, DataType::HugeInt),
    (ffi::DUCKDB_TYPE_DUCKDB_TYPE_UTINYINT, DataType::UTinyInt),
    (ffi::DUCKDB_TYPE_DUCKDB_TYPE_USMALLINT, DataType::USmallInt),
    (ffi::DUCKDB_TYPE_DUCKDB_TYPE_UINTEGER, DataType::UInteger),
    (ffi::DUCKDB_TYPE_DUCKDB_TYPE_UBIGINT, DataType::UBigInt),
    (ffi::DUCKDB_TYPE_DUCKDB_TYPE_UHUGEINT, DataType::UHugeInt),
    (ffi::DUCKDB_TYPE_DUCKDB_TYPE_FLOAT, DataType::Float),
    (ffi::DUCKDB_TYPE_DUCKDB_TYPE_DOUBLE, DataType::Double),
    (ffi::DUCKDB_TYPE_DUCKDB_TYPE_BLOB, DataType::Blob),
    (ffi::DUCKDB_TYPE_DUCKDB_TYPE_BIT, DataType::Bit),
    (ffi::DUCKDB_TYPE_DUCKDB_TYPE_UUID, DataType::Uuid),
    (ffi::DUCKDB_TYPE_DUCKDB_TYPE_DATE, DataType::Date),
    (ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIME, DataType::Time),
    (ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIME_NS, DataType::TimeNs),
    (ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIME_TZ, DataType::TimeTz),
    (ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_S, DataType::TimestampS),
    (ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_MS, DataType::TimestampMs),
    (ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP, DataType::Timestamp),
    (ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_NS, DataType::TimestampNs),
    (ffi::DUCKDB_TYPE_DUCKDB_TYPE_TIMESTAMP_TZ, DataType::TimestampTz),
    (ffi::DUCKDB_TYPE_DUCKDB_TYPE_INTERVAL, DataType::Interval),
];

/// The alias under which DuckDB marks text that it checked to be JSON.
const JSON_ALIAS: &str = "JSON";
const JSON_NAME: &CStr = c"JSON";

impl LogicalType {
    /// Takes ownership of a handle; `None` for the null handle.
    pub(super) fn from_raw(raw: ffi::duckdb_logical_type) -> Option<Self> {
        (!raw.is_null()).then_some(Self(raw))
    }

    pub(super) fn raw(&self) -> ffi::duckdb_logical_type {
        self.0
    }

    /// Reads the handle into a plain tree.
    pub(super) fn data_type(&self) -> DataType {
        // SAFETY: a live handle, as for every call on `self.0` below.
        let number = unsafe { ffi::duckdb_get_type_id(self.0) };
        match number {
            ffi::DUCKDB_TYPE_DUCKDB_TYPE_VARCHAR => self.text_type(),
            ffi::DUCKDB_TYPE_DUCKDB_TYPE_DECIMAL => DataType::Decimal {
                // SAFETY: a live DECIMAL handle.
                width: unsafe { ffi::duckdb_decimal_width(self.0) },
                // SAFETY: a live DECIMAL handle.
                scale: unsafe { ffi::duckdb_decimal_scale(self.0) },
            },
            ffi::DUCKDB_TYPE_DUCKDB_TYPE_ENUM => self.enumeration(),
            ffi::DUCKDB_TYPE_DUCKDB_TYPE_LIST => {
                // SAFETY: a live LIST handle; the child is handed over.
                DataType::List(Box::new(child(unsafe {
                    ffi::duckdb_list_type_child_type(self.0)
                })))
            }
            ffi::DUCKDB_TYPE_DUCKDB_TYPE_ARRAY => DataType::Array(
                // SAFETY: a live ARRAY handle; the child is handed over.
                Box::new(child(unsafe { ffi::duckdb_array_type_child_type(self.0) })),
                // SAFETY: a live ARRAY handle.
                unsafe { ffi::duckdb_array_type_array_size(self.0) },
            ),
            ffi::DUCKDB_TYPE_DUCKDB_TYPE_MAP => DataType::Map(
                // SAFETY: a live MAP handle; the child is handed over.
                Box::new(child(unsafe { ffi::duckdb_map_type_key_type(self.0) })),
                // SAFETY: as above.
                Box::new(child(unsafe { ffi::duckdb_map_type_value_type(self.0) })),
            ),
            ffi::DUCKDB_TYPE_DUCKDB_TYPE_STRUCT => DataType::Struct(self.struct_members()),
            ffi::DUCKDB_TYPE_DUCKDB_TYPE_UNION => DataType::Union(self.union_members()),
            ffi::DUCKDB_TYPE_DUCKDB_TYPE_BIGNUM => DataType::Unsupported("BIGNUM"),
            ffi::DUCKDB_TYPE_DUCKDB_TYPE_GEOMETRY => DataType::Unsupported("GEOMETRY"),
            ffi::DUCKDB_TYPE_DUCKDB_TYPE_VARIANT => DataType::Unsupported("VARIANT"),
            _ => simple(number),
        }
    }

    fn text_type(&self) -> DataType {
        // SAFETY: a live handle; the text is handed over (null without an alias).
        let alias = unsafe { text::owned(ffi::duckdb_logical_type_get_alias(self.0)) };
        match alias.as_str() {
            JSON_ALIAS => DataType::Json,
            _ => DataType::Varchar,
        }
    }

    fn enumeration(&self) -> DataType {
        // SAFETY: a live ENUM handle.
        let size = u64::from(unsafe { ffi::duckdb_enum_dictionary_size(self.0) });
        let words: Arc<[String]> = (0..size)
            // SAFETY: the index is in range; the text is handed over.
            .map(|index| unsafe { text::owned(ffi::duckdb_enum_dictionary_value(self.0, index)) })
            .collect();
        DataType::Enum(words)
    }

    fn struct_members(&self) -> Vec<(String, DataType)> {
        // SAFETY: a live STRUCT handle.
        let count = unsafe { ffi::duckdb_struct_type_child_count(self.0) };
        (0..count)
            .map(|index| {
                // SAFETY: the index is in range; the text is handed over.
                let name = unsafe { text::owned(ffi::duckdb_struct_type_child_name(self.0, index)) };
                // SAFETY: the index is in range; the child is handed over.
                (
                    name,
                    child(unsafe { ffi::duckdb_struct_type_child_type(self.0, index) }),
                )
            })
            .collect()
    }

    fn union_members(&self) -> Vec<(String, DataType)> {
        // SAFETY: a live UNION handle.
        let count = unsafe { ffi::duckdb_union_type_member_count(self.0) };
        (0..count)
            .map(|index| {
                // SAFETY: the index is in range; the text is handed over.
                let name = unsafe { text::owned(ffi::duckdb_union_type_member_name(self.0, index)) };
                // SAFETY: the index is in range; the child is handed over.
                (
                    name,
                    child(unsafe { ffi::duckdb_union_type_member_type(self.0, index) }),
                )
            })
            .collect()
    }

    /// Makes a handle for `data_type`, for building nested values.
    pub(super) fn create(data_type: &DataType) -> Result<Self, DuckdbError> {
        let raw = match data_type {
            DataType::Decimal { width, scale } if !(1..=38).contains(width) || scale > width => {
                ptr::null_mut()
            }
            DataType::Decimal { width, scale } => {
                // SAFETY: a width and a scale that exist.
                unsafe { ffi::duckdb_create_decimal_type(*width, *scale) }
            }
            DataType::List(child) => {
                let child = Self::create(child)?;
                // SAFETY: a live child handle, which DuckDB copies.
                unsafe { ffi::duckdb_create_list_type(child.0) }
            }
            DataType::Array(child, size) => {
                let child = Self::create(child)?;
                // SAFETY: a live child handle, which DuckDB copies.
                unsafe { ffi::duckdb_create_array_type(child.0, *size) }
            }
            DataType::Map(key, value) => {
                let (key, value) = (Self::create(key)?, Self::create(value)?);
                // SAFETY: live handles, which DuckDB copies.
                unsafe { ffi::duckdb_create_map_type(key.0, value.0) }
            }
            DataType::Struct(members) => create_struct(members)?,
            DataType::Varchar | DataType::Enum(_) => create_text(),
            DataType::Json => {
                let raw = create_text();
                // SAFETY: a live handle and a text that ends in a zero, which DuckDB copies.
                unsafe { ffi::duckdb_logical_type_set_alias(raw, JSON_NAME.as_ptr()) };
                raw
            }
            simple => create_simple(simple)?,
        };
        Self::from_raw(raw)
            .ok_or_else(|| DuckdbError::new(format!("Invalid Input Error: no such type: {data_type}")))
    }
}

fn child(raw: ffi::duckdb_logical_type) -> DataType {
    LogicalType::from_raw(raw).map_or(DataType::Unresolved, |logical| logical.data_type())
}

fn simple(number: ffi::duckdb_type) -> DataType {
    SIMPLE
        .iter()
        .find(|(candidate, _)| *candidate == number)
        .map_or(DataType::Unsupported("unknown"), |(_, data_type)| {
            data_type.clone()
        })
}

fn create_text() -> ffi::duckdb_logical_type {
    // SAFETY: no precondition.
    unsafe { ffi::duckdb_create_logical_type(ffi::DUCKDB_TYPE_DUCKDB_TYPE_VARCHAR) }
}

fn create_simple(data_type: &DataType) -> Result<ffi::duckdb_logical_type, DuckdbError> {
    let (number, _) = SIMPLE
        .iter()
        .find(|(_, candidate)| candidate == data_type)
        .ok_or_else(|| DuckdbError::new(format!("Invalid Input Error: {data_type} cannot be bound")))?;
    // SAFETY: no precondition.
    Ok(unsafe { ffi::duckdb_create_logical_type(*number) })
}

fn create_struct(members: &[(String, DataType)]) -> Result<ffi::duckdb_logical_type, DuckdbError> {
    let types = members
        .iter()
        .map(|(_, data_type)| LogicalType::create(data_type))
        .collect::<Result<Vec<_>, _>>()?;
    let names = members
        .iter()
        .map(|(name, _)| text::to_c(name))
        .collect::<Result<Vec<CString>, _>>()?;
    let mut raw_types: Vec<ffi::duckdb_logical_type> = types.iter().map(LogicalType::raw).collect();
    let mut raw_names: Vec<*const c_char> = names.iter().map(|name| name.as_ptr()).collect();
    // SAFETY: two arrays of `members.len()` live entries, which DuckDB copies.
    Ok(unsafe {
        ffi::duckdb_create_struct_type(
            raw_types.as_mut_ptr(),
            raw_names.as_mut_ptr(),
            members.len() as u64,
        )
    })
}
