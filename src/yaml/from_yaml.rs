//! Types that can be read from YAML. Types of one room implement [`FromYaml`] in that room.

use std::collections::BTreeMap;

use super::Item;

/// A type with one way to read it.
///
/// The contract: `None` means that the reader has reported at least one error through the item. To report as much
/// as possible, read all parts first and only then leave with `?`.
pub trait FromYaml: Sized {
    /// Reads the value, or reports why that is not possible.
    fn from_yaml(item: Item<'_>) -> Option<Self>;
}

/// Text; unquoted numbers and booleans are refused with the advice to quote them.
impl FromYaml for String {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        item.string()
    }
}

/// `true`, `yes`, `on` and their opposites.
impl FromYaml for bool {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        item.boolean()
    }
}

macro_rules! whole_numbers {
    ($($number:ty),*) => {$(
        /// A whole number within the type's range.
        impl FromYaml for $number {
            fn from_yaml(item: Item<'_>) -> Option<Self> {
                item.integer_in(<$number>::MIN..=<$number>::MAX)
            }
        }
    )*};
}

whole_numbers!(u8, u16, u32, u64, usize, i32, i64);

/// A list; a single value is refused. See [`Item::one_or_many`] for lists that may be written as one value.
impl<T: FromYaml> FromYaml for Vec<T> {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        item.list_with(T::from_yaml)
    }
}

/// A mapping with free keys.
impl<T: FromYaml> FromYaml for BTreeMap<String, T> {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        item.map_with(|_, value| T::from_yaml(value))
    }
}

/// Any value, with numbers, booleans and null typed by the YAML rules.
impl FromYaml for serde_json::Value {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        item.json()
    }
}
