//! Values for binding: one constructor per kind, each owning its handle.

use std::ptr;

use duckdb::ffi;

use super::logical_type::LogicalType;
use super::{DuckdbError, text};
use crate::sql_executor::engine::data_type::DataType;

/// An owned DuckDB value.
pub(crate) struct Value(ffi::duckdb_value);

impl Drop for Value {
    fn drop(&mut self) {
        // SAFETY: created by a constructor below, destroyed only here.
        unsafe { ffi::duckdb_destroy_value(&raw mut self.0) };
    }
}

/// `24:00:00` is a time too.
const MICROS_PER_DAY: i64 = 24 * 60 * 60 * 1_000_000;

/// Splits a 128-bit integer into the halves of DuckDB's representation.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the halves of the number"
)]
fn halves(number: i128) -> ffi::duckdb_hugeint {
    ffi::duckdb_hugeint {
        lower: number as u64,
        upper: (number >> 64) as i64,
    }
}

impl Value {
    pub(super) fn raw(&self) -> ffi::duckdb_value {
        self.0
    }

    /// The value as DuckDB writes it.
    pub(crate) fn as_text(&self) -> String {
        // SAFETY: a live value; the text is handed over.
        unsafe { text::owned(ffi::duckdb_get_varchar(self.0)) }
    }

    /// `NULL`
    pub(crate) fn null() -> Self {
        // SAFETY: no precondition; the value is handed over. So for every scalar constructor below.
        Self(unsafe { ffi::duckdb_create_null_value() })
    }

    /// `BOOLEAN`
    pub(crate) fn boolean(value: bool) -> Self {
        // SAFETY: see `null`.
        Self(unsafe { ffi::duckdb_create_bool(value) })
    }

    /// `BIGINT`
    pub(crate) fn big_int(value: i64) -> Self {
        // SAFETY: see `null`.
        Self(unsafe { ffi::duckdb_create_int64(value) })
    }

    /// `INTEGER`
    pub(crate) fn integer(value: i32) -> Self {
        // SAFETY: see `null`.
        Self(unsafe { ffi::duckdb_create_int32(value) })
    }

    /// `SMALLINT`
    pub(crate) fn small_int(value: i16) -> Self {
        // SAFETY: see `null`.
        Self(unsafe { ffi::duckdb_create_int16(value) })
    }

    /// `TINYINT`
    pub(crate) fn tiny_int(value: i8) -> Self {
        // SAFETY: see `null`.
        Self(unsafe { ffi::duckdb_create_int8(value) })
    }

    /// `UBIGINT`
    pub(crate) fn unsigned_big_int(value: u64) -> Self {
        // SAFETY: see `null`.
        Self(unsafe { ffi::duckdb_create_uint64(value) })
    }

    /// `UINTEGER`
    pub(crate) fn unsigned_integer(value: u32) -> Self {
        // SAFETY: see `null`.
        Self(unsafe { ffi::duckdb_create_uint32(value) })
    }

    /// `USMALLINT`
    pub(crate) fn unsigned_small_int(value: u16) -> Self {
        // SAFETY: see `null`.
        Self(unsafe { ffi::duckdb_create_uint16(value) })
    }

    /// `UTINYINT`
    pub(crate) fn unsigned_tiny_int(value: u8) -> Self {
        // SAFETY: see `null`.
        Self(unsafe { ffi::duckdb_create_uint8(value) })
    }

    /// `HUGEINT`
    pub(crate) fn huge_int(value: i128) -> Self {
        // SAFETY: see `null`.
        Self(unsafe { ffi::duckdb_create_hugeint(halves(value)) })
    }

    /// `DOUBLE`
    pub(crate) fn double(value: f64) -> Self {
        // SAFETY: see `null`.
        Self(unsafe { ffi::duckdb_create_double(value) })
    }

    /// `DECIMAL(width, scale)` from its digits without the point, which must have room in it.
    pub(crate) fn decimal(unscaled: i128, width: u8, scale: u8) -> Result<Self, DuckdbError> {
        let data_type = DataType::Decimal { width, scale };
        // Also refuses a type that does not exist: DuckDB believes what it is told, and reads beyond its tables.
        LogicalType::create(&data_type)?;
        let most = 10_u128.checked_pow(u32::from(width)).unwrap_or(u128::MAX);
        if unscaled.unsigned_abs() >= most {
            return Err(DuckdbError::new(format!(
                "Invalid Input Error: the digits do not fit {data_type}"
            )));
        }
        let decimal = ffi::duckdb_decimal {
            width,
            scale,
            value: halves(unscaled),
        };
        // SAFETY: a decimal of a type that exists, within its range.
        Ok(Self(unsafe { ffi::duckdb_create_decimal(decimal) }))
    }

    /// `VARCHAR`
    pub(crate) fn text(value: &str) -> Self {
        // SAFETY: the pointer and length of one live string, which DuckDB copies.
        Self(unsafe { ffi::duckdb_create_varchar_length(value.as_ptr().cast(), value.len() as u64) })
    }

    /// `BLOB`
    pub(crate) fn blob(value: &[u8]) -> Self {
        // SAFETY: the pointer and length of one live slice, which DuckDB copies.
        Self(unsafe { ffi::duckdb_create_blob(value.as_ptr(), value.len() as u64) })
    }

    /// `DATE`, days since 1970-01-01
    pub(crate) fn date(days: i32) -> Self {
        // SAFETY: see `null`.
        Self(unsafe { ffi::duckdb_create_date(ffi::duckdb_date { days }) })
    }

    /// `TIME`, microseconds since midnight: of one day, because DuckDB writes hours into a text of fixed length.
    pub(crate) fn time(micros: i64) -> Result<Self, DuckdbError> {
        if !(0..=MICROS_PER_DAY).contains(&micros) {
            return Err(DuckdbError::new(
                "Invalid Input Error: the time is not one of a day",
            ));
        }
        // SAFETY: a time of a day.
        Ok(Self(unsafe {
            ffi::duckdb_create_time(ffi::duckdb_time { micros })
        }))
    }

    /// `TIMESTAMP`, microseconds since 1970-01-01 00:00, without a zone
    pub(crate) fn timestamp(micros: i64) -> Self {
        // SAFETY: see `null`.
        Self(unsafe { ffi::duckdb_create_timestamp(ffi::duckdb_timestamp { micros }) })
    }

    /// `TIMESTAMP WITH TIME ZONE`, microseconds since the Unix epoch
    pub(crate) fn timestamp_tz(micros: i64) -> Self {
        // SAFETY: see `null`.
        Self(unsafe { ffi::duckdb_create_timestamp_tz(ffi::duckdb_timestamp { micros }) })
    }

    /// `INTERVAL`
    pub(crate) fn interval(months: i32, days: i32, micros: i64) -> Self {
        let interval = ffi::duckdb_interval { months, days, micros };
        // SAFETY: see `null`.
        Self(unsafe { ffi::duckdb_create_interval(interval) })
    }

    /// `element[]`; every element must be of that type or `NULL`.
    pub(crate) fn list(element: &DataType, elements: &[Self]) -> Result<Self, DuckdbError> {
        let logical = LogicalType::create(element)?;
        let mut raw: Vec<ffi::duckdb_value> = elements.iter().map(Self::raw).collect();
        // SAFETY: a live type and an array of live values of the given length, all copied by DuckDB.
        let list =
            unsafe { ffi::duckdb_create_list_value(logical.raw(), raw.as_mut_ptr(), elements.len() as u64) };
        Self::checked(list, element)
    }

    /// `STRUCT`; as many values as members, in their order.
    pub(crate) fn structure(members: &[(String, DataType)], values: &[Self]) -> Result<Self, DuckdbError> {
        let data_type = DataType::Struct(members.to_vec());
        if members.len() != values.len() {
            return Err(DuckdbError::new(format!(
                "Invalid Input Error: {} values for {data_type}",
                values.len()
            )));
        }
        let logical = LogicalType::create(&data_type)?;
        let mut raw: Vec<ffi::duckdb_value> = values.iter().map(Self::raw).collect();
        // SAFETY: a live type and as many live values as it has members, all copied by DuckDB.
        let structure = unsafe { ffi::duckdb_create_struct_value(logical.raw(), raw.as_mut_ptr()) };
        Self::checked(structure, &data_type)
    }

    /// `MAP(NULL, NULL)` without entries: what DuckDB makes of an object without members, and `NULL` for each of its keys. A
    /// `STRUCT` has at least one.
    pub(crate) fn empty_map() -> Result<Self, DuckdbError> {
        let data_type = DataType::empty_map();
        let logical = LogicalType::create(&data_type)?;
        let (mut keys, mut values) = ([ptr::null_mut()], [ptr::null_mut()]);
        // SAFETY: a live type, and arrays of which no entry is read.
        let map =
            unsafe { ffi::duckdb_create_map_value(logical.raw(), keys.as_mut_ptr(), values.as_mut_ptr(), 0) };
        Self::checked(map, &data_type)
    }

    fn checked(raw: ffi::duckdb_value, data_type: &DataType) -> Result<Self, DuckdbError> {
        match raw.is_null() {
            true => Err(DuckdbError::new(format!(
                "Invalid Input Error: the values do not fit {data_type}"
            ))),
            false => Ok(Self(raw)),
        }
    }
}
