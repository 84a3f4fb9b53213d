//! The parameters of OAuth requests, from a query or from a body in the form encoding of browsers.
//!
//! Lives here: decoding, and the rules that hold for all parameters alike: none twice, none without end, an empty one
//! counts as absent (RFC 6749 section 3.1). Must not live here: what a parameter means.

#[cfg(test)]
mod tests;

use std::fmt;

use percent_encoding::percent_decode_str;

/// The most parameters of one request.
pub const MOST_PARAMETERS: usize = 64;
/// The longest query that is read, in bytes.
pub const LONGEST_QUERY: usize = 16 * 1024;
/// The longest form that is read, in bytes: a login form carries its whole authorization request.
pub const LONGEST_FORM: usize = 64 * 1024;

/// Decoded parameters in the order in which they came. `Debug` prints their names only, since values are secrets.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Parameters(Vec<(String, String)>);

/// The request cannot be read (`invalid_request`).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidParameters {
    /// More bytes than are read.
    #[error("the request is too long; accepted are at most {most} bytes of parameters")]
    TooLong {
        /// The limit.
        most: usize,
    },
    /// More than [`MOST_PARAMETERS`].
    #[error("the request has more than {MOST_PARAMETERS} parameters")]
    TooMany,
    /// Bytes that are no UTF-8 behind the percent signs.
    #[error("a parameter is not UTF-8 text")]
    NotText,
    /// One parameter came twice.
    #[error("{name} is there more than once")]
    Repeated {
        /// Which one.
        name: &'static str,
    },
    /// One parameter is too long.
    #[error("{name} is too long; accepted are at most {most} bytes")]
    ValueTooLong {
        /// Which one.
        name: &'static str,
        /// The limit.
        most: usize,
    },
    /// A parameter that is needed is not there, or empty.
    #[error("{name} is missing")]
    Missing {
        /// Which one.
        name: &'static str,
    },
}

impl Parameters {
    /// Reads `application/x-www-form-urlencoded` text of at most `most` bytes.
    pub fn parse(bytes: &[u8], most: usize) -> Result<Self, InvalidParameters> {
        if bytes.len() > most {
            return Err(InvalidParameters::TooLong { most });
        }
        let text = std::str::from_utf8(bytes).map_err(|_| InvalidParameters::NotText)?;
        let mut pairs = Vec::new();
        for part in text.split('&').filter(|part| !part.is_empty()) {
            if pairs.len() == MOST_PARAMETERS {
                return Err(InvalidParameters::TooMany);
            }
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            pairs.push((decode(name)?, decode(value)?));
        }
        Ok(Self(pairs))
    }

    /// The value of a parameter that may come once. `None` if it is absent or empty.
    pub fn optional(&self, name: &'static str) -> Result<Option<&str>, InvalidParameters> {
        let mut values = self.all(name);
        let value = values.next();
        if values.next().is_some() {
            return Err(InvalidParameters::Repeated { name });
        }
        Ok(value.filter(|value| !value.is_empty()))
    }

    /// The same with a limit to its length, in bytes.
    pub fn optional_within(
        &self,
        name: &'static str,
        most: usize,
    ) -> Result<Option<&str>, InvalidParameters> {
        match self.optional(name)? {
            Some(value) if value.len() > most => Err(InvalidParameters::ValueTooLong { name, most }),
            value => Ok(value),
        }
    }

    /// The value of a parameter that must come once.
    pub fn required(&self, name: &'static str) -> Result<&str, InvalidParameters> {
        self.optional(name)?.ok_or(InvalidParameters::Missing { name })
    }

    /// All values of a parameter that may be repeated, empty ones included.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Whether the parameter is there, with whatever value.
    pub fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }
}

fn decode(text: &str) -> Result<String, InvalidParameters> {
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8();
    decoded.map_or(Err(InvalidParameters::NotText), |text| Ok(text.into_owned()))
}

impl fmt::Debug for Parameters {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_list()
            .entries(self.0.iter().map(|(name, _)| name))
            .finish()
    }
}
