//! Rows as DuckDB holds them: chunks of vectors, read in place.

use std::marker::PhantomData;
use std::slice;

use duckdb::ffi;

use super::logical_type::LogicalType;
use crate::sql_executor::engine::data_type::DataType;

/// Up to 2,048 rows of a result.
pub(crate) struct DataChunk(ffi::duckdb_data_chunk);

impl Drop for DataChunk {
    fn drop(&mut self) {
        // SAFETY: handed over by `duckdb_fetch_chunk`, destroyed only here.
        unsafe { ffi::duckdb_destroy_data_chunk(&raw mut self.0) };
    }
}

impl DataChunk {
    pub(super) fn from_raw(raw: ffi::duckdb_data_chunk) -> Option<Self> {
        (!raw.is_null()).then_some(Self(raw))
    }

    /// How many rows it holds.
    pub(crate) fn row_count(&self) -> usize {
        // SAFETY: a live chunk.
        usize_from(unsafe { ffi::duckdb_data_chunk_get_size(self.0) })
    }

    /// The column at `index`, or `None` beyond the last one.
    pub(crate) fn column(&self, index: usize) -> Option<Vector<'_>> {
        // SAFETY: a live chunk.
        let count = usize_from(unsafe { ffi::duckdb_data_chunk_get_column_count(self.0) });
        if index >= count {
            return None;
        }
        // SAFETY: a live chunk and an index in range; the vector stays with the chunk.
        let raw = unsafe { ffi::duckdb_data_chunk_get_vector(self.0, index as u64) };
        // SAFETY: the vector belongs to `self`, and holds `row_count` values.
        Some(unsafe { Vector::new(raw, self.row_count()) })
    }
}

fn usize_from(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// A string as DuckDB stores it: short ones in place, long ones behind a pointer.
#[repr(transparent)]
pub(crate) struct StringValue(ffi::duckdb_string_t);

impl StringValue {
    const INLINE_BYTES: u32 = 12;

    /// The bytes; UTF-8 for `VARCHAR`, anything for `BLOB`.
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: both members begin with the length.
        let length = unsafe { self.0.value.inlined.length };
        if length <= Self::INLINE_BYTES {
            // SAFETY: a string of this length is stored in place.
            let inlined = unsafe { &self.0.value.inlined.inlined };
            // SAFETY: the first `length` bytes of the array of twelve, which lives as long as `self`.
            return unsafe { slice::from_raw_parts(inlined.as_ptr().cast::<u8>(), length as usize) };
        }
        // SAFETY: a longer one is a pointer into the vector's heap, which lives as long as the vector.
        unsafe { slice::from_raw_parts(self.0.value.pointer.ptr.cast::<u8>(), length as usize) }
    }
}

/// Where the elements of one list stand in the child vector.
pub(crate) type ListEntry = ffi::duckdb_list_entry;
/// Months, days and microseconds, kept apart as DuckDB keeps them.
pub(crate) type Interval = ffi::duckdb_interval;

/// A 128-bit integer in DuckDB's two halves, which are aligned more loosely than Rust's `i128`.
pub(crate) type HugeInt = ffi::duckdb_hugeint;
/// As [`HugeInt`], without a sign.
pub(crate) type UHugeInt = ffi::duckdb_uhugeint;

/// Joins the halves of a signed 128-bit integer.
pub(crate) fn signed(number: HugeInt) -> i128 {
    (i128::from(number.upper) << 64) | i128::from(number.lower)
}

/// Joins the halves of an unsigned 128-bit integer.
pub(crate) fn unsigned(number: UHugeInt) -> u128 {
    (u128::from(number.upper) << 64) | u128::from(number.lower)
}

/// The values of a vector, by the way they are stored. A value where `is_null` says so is undefined: do not read it.
pub(crate) enum VectorData<'chunk> {
    I8(&'chunk [i8]),
    I16(&'chunk [i16]),
    I32(&'chunk [i32]),
    I64(&'chunk [i64]),
    /// Read with [`signed`].
    Huge(&'chunk [HugeInt]),
    U8(&'chunk [u8]),
    U16(&'chunk [u16]),
    U32(&'chunk [u32]),
    U64(&'chunk [u64]),
    /// Read with [`unsigned`].
    UHuge(&'chunk [UHugeInt]),
    F32(&'chunk [f32]),
    F64(&'chunk [f64]),
    Interval(&'chunk [Interval]),
    Text(&'chunk [StringValue]),
    List {
        entries: &'chunk [ListEntry],
        child: Box<Vector<'chunk>>,
    },
    Array {
        size: usize,
        child: Box<Vector<'chunk>>,
    },
    /// Also `UNION`, whose first member is the tag.
    Struct(Vec<Vector<'chunk>>),
    /// Nothing that can be read: every value counts as `NULL`.
    Opaque,
}

/// One column of a chunk, or a child of one.
pub(crate) struct Vector<'chunk> {
    validity: Option<&'chunk [u64]>,
    data: VectorData<'chunk>,
    _chunk: PhantomData<&'chunk DataChunk>,
}

const BITS: usize = u64::BITS as usize;

impl<'chunk> Vector<'chunk> {
    /// # Safety
    /// `raw` is a live, flat vector that holds `length` values and lives as long as `'chunk`.
    unsafe fn new(raw: ffi::duckdb_vector, length: usize) -> Self {
        // SAFETY: a live vector; the type is handed over.
        let logical = LogicalType::from_raw(unsafe { ffi::duckdb_vector_get_column_type(raw) });
        let data_type = logical.map_or(DataType::Unresolved, |logical| logical.data_type());
        // SAFETY: a live vector; null means that every value is valid.
        let mask = unsafe { ffi::duckdb_vector_get_validity(raw) };
        let validity = (!mask.is_null())
            // SAFETY: a mask has one bit per value, in whole words.
            .then(|| unsafe { slice::from_raw_parts(mask.cast_const(), length.div_ceil(BITS)) });
        Self {
            validity,
            // SAFETY: the caller vouches for the vector.
            data: unsafe { VectorData::new(raw, &data_type, length) },
            _chunk: PhantomData,
        }
    }

    /// Whether the value at `row` is `NULL`.
    pub(crate) fn is_null(&self, row: usize) -> bool {
        match self.validity.and_then(|words| words.get(row / BITS)) {
            Some(word) => word & (1 << (row % BITS)) == 0,
            None => matches!(self.data, VectorData::Opaque),
        }
    }

    /// The values.
    pub(crate) fn data(&self) -> &VectorData<'chunk> {
        &self.data
    }
}

impl VectorData<'_> {
    /// # Safety
    /// As [`Vector::new`], and `data_type` is the vector's type.
    unsafe fn new(raw: ffi::duckdb_vector, data_type: &DataType, length: usize) -> Self {
        // SAFETY: a live vector; the storage of each type is the documented one, checked against the type just read.
        unsafe {
            match data_type {
                DataType::TinyInt => Self::I8(values(raw, length)),
                DataType::SmallInt => Self::I16(values(raw, length)),
                DataType::Integer | DataType::Date => Self::I32(values(raw, length)),
                DataType::BigInt
                | DataType::Time
                | DataType::TimeNs
                | DataType::TimestampS
                | DataType::TimestampMs
                | DataType::Timestamp
                | DataType::TimestampNs
                | DataType::TimestampTz => Self::I64(values(raw, length)),
                DataType::HugeInt | DataType::Uuid => Self::Huge(values(raw, length)),
                DataType::Boolean | DataType::UTinyInt => Self::U8(values(raw, length)),
                DataType::USmallInt => Self::U16(values(raw, length)),
                DataType::UInteger => Self::U32(values(raw, length)),
                DataType::UBigInt | DataType::TimeTz => Self::U64(values(raw, length)),
                DataType::UHugeInt => Self::UHuge(values(raw, length)),
                DataType::Float => Self::F32(values(raw, length)),
                DataType::Double => Self::F64(values(raw, length)),
                DataType::Interval => Self::Interval(values(raw, length)),
                DataType::Varchar | DataType::Json | DataType::Blob | DataType::Bit => {
                    Self::Text(values(raw, length))
                }
                DataType::Decimal { width, .. } => Self::decimal(raw, *width, length),
                DataType::Enum(words) => Self::enumeration(raw, words.len(), length),
                DataType::List(_) | DataType::Map(..) => Self::list(raw, length),
                DataType::Array(_, size) => Self::array(raw, usize_from(*size), length),
                DataType::Struct(members) => Self::structure(raw, members.len(), length),
                DataType::Union(members) => Self::structure(raw, members.len() + 1, length),
                DataType::Unresolved | DataType::Null | DataType::Unsupported(_) => Self::Opaque,
            }
        }
    }

    /// DuckDB stores a decimal in the smallest integer that holds its width.
    unsafe fn decimal(raw: ffi::duckdb_vector, width: u8, length: usize) -> Self {
        // SAFETY: as the caller's.
        unsafe {
            match width {
                0..=4 => Self::I16(values(raw, length)),
                5..=9 => Self::I32(values(raw, length)),
                10..=18 => Self::I64(values(raw, length)),
                _ => Self::Huge(values(raw, length)),
            }
        }
    }

    /// DuckDB stores an enumeration in the smallest unsigned integer that numbers its words.
    unsafe fn enumeration(raw: ffi::duckdb_vector, words: usize, length: usize) -> Self {
        // SAFETY: as the caller's.
        unsafe {
            match words {
                0..=0xFF => Self::U8(values(raw, length)),
                0x100..=0xFFFF => Self::U16(values(raw, length)),
                _ => Self::U32(values(raw, length)),
            }
        }
    }

    unsafe fn list(raw: ffi::duckdb_vector, length: usize) -> Self {
        // SAFETY: a live LIST or MAP vector; the child lives as long, and holds as many values as DuckDB says.
        unsafe {
            let child = ffi::duckdb_list_vector_get_child(raw);
            let child_length = usize_from(ffi::duckdb_list_vector_get_size(raw));
            Self::List {
                entries: values(raw, length),
                child: Box::new(Vector::new(child, child_length)),
            }
        }
    }

    unsafe fn array(raw: ffi::duckdb_vector, size: usize, length: usize) -> Self {
        // SAFETY: a live ARRAY vector; its child holds `size` values per row.
        let child = unsafe { Vector::new(ffi::duckdb_array_vector_get_child(raw), size * length) };
        Self::Array {
            size,
            child: Box::new(child),
        }
    }

    unsafe fn structure(raw: ffi::duckdb_vector, members: usize, length: usize) -> Self {
        let children = (0..members as u64)
            // SAFETY: a live STRUCT or UNION vector and an index in range; a child is as long as its parent.
            .map(|index| unsafe { Vector::new(ffi::duckdb_struct_vector_get_child(raw, index), length) })
            .collect();
        Self::Struct(children)
    }
}

/// # Safety
/// `raw` is a live vector that stores `length` values of type `T` and lives as long as `'chunk`.
unsafe fn values<'chunk, T>(raw: ffi::duckdb_vector, length: usize) -> &'chunk [T] {
    // SAFETY: a live vector.
    let data = unsafe { ffi::duckdb_vector_get_data(raw) }
        .cast::<T>()
        .cast_const();
    if data.is_null() {
        return &[];
    }
    debug_assert!(data.is_aligned(), "DuckDB aligns vectors for their type");
    // SAFETY: the caller vouches for type, length and life.
    unsafe { slice::from_raw_parts(data, length) }
}
