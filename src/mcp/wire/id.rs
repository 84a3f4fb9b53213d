//! The two identifiers a peer chooses: of a request, and of the progress of a request.
//!
//! Must not live here: tables of requests in flight.

use serde_json::value::RawValue;

use super::json::{write_integer, write_string};
use super::raw;

/// The identifier of a request: a string or an integer, never null (specification, *Overview*, requests).
///
/// Owned, because it outlives the body in tables of requests in flight; the integers that most clients send
/// cost no allocation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RequestId {
    /// An integer of 64 bits.
    Integer(i64),
    /// A string.
    Text(Box<str>),
}

impl RequestId {
    /// Reads an identifier; `None` for any other type and for numbers that are not integers of 64 bits.
    pub(crate) fn from_raw(value: &RawValue) -> Option<Self> {
        match raw::string(value) {
            Some(text) => Some(Self::Text(text.into())),
            None => raw::integer(value).map(Self::Integer),
        }
    }

    /// Appends the identifier as JSON.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Integer(number) => write_integer(out, *number),
            Self::Text(text) => write_string(out, text.as_bytes()),
        }
    }

    /// Bytes of a text identifier; an integer has none worth limiting.
    pub(crate) fn text_length(&self) -> usize {
        match self {
            Self::Integer(_) => 0,
            Self::Text(text) => text.len(),
        }
    }
}

/// What a client attaches to a request to be told of its progress (specification, *Progress*).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ProgressToken(RequestId);

impl ProgressToken {
    /// Reads a token; `None` when it is neither a string nor an integer.
    pub(crate) fn from_raw(value: &RawValue) -> Option<Self> {
        RequestId::from_raw(value).map(Self)
    }

    /// Appends the token as JSON.
    pub fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(json: &str) -> Option<RequestId> {
        RequestId::from_raw(serde_json::from_str(json).unwrap())
    }

    #[test]
    fn only_strings_and_integers_are_identifiers() {
        assert_eq!(read("7"), Some(RequestId::Integer(7)));
        assert_eq!(read("\"\""), Some(RequestId::Text("".into())));
        for refused in [
            "null",
            "1.5",
            "1.0",
            "1e2",
            "true",
            "[1]",
            "{}",
            "99999999999999999999",
        ] {
            assert_eq!(read(refused), None, "{refused}");
        }
    }

    proptest! {
        #[test]
        fn an_identifier_is_echoed_as_it_came(
            id in prop_oneof![
                any::<i64>().prop_map(RequestId::Integer),
                any::<String>().prop_map(|text| RequestId::Text(text.into())),
            ]
        ) {
            let mut written = Vec::new();
            id.write(&mut written);
            prop_assert_eq!(read(std::str::from_utf8(&written).unwrap()), Some(id));
        }
    }
}
