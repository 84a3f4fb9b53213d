//! The name of one attempt to log in: born when a browser brings an authorization request, carried with the request to
//! the code, and written into every audit record of the attempt.
//!
//! It is no secret and proves nothing. People read it to each other, so it is short and has no letters that look alike.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::randomness::{Randomness, RandomnessUnavailable};

/// Crockford's base 32: no I, L, O and U.
const ALPHABET: [u8; 32] = *b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LETTERS: usize = 12;
const GROUP: usize = 4;

/// The identifier of an attempt to log in: 60 random bits, written `7K2M-9QXD-0A4T`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct AttemptId([u8; LETTERS]);

/// The text is no identifier of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the identifier of a login attempt; expected twelve letters and digits such as 7K2M-9QXD-0A4T")]
pub struct NoAttempt;

impl AttemptId {
    /// A new identifier.
    pub fn generate(randomness: &dyn Randomness) -> Result<Self, RandomnessUnavailable> {
        let bytes: [u8; LETTERS] = randomness.bytes()?;
        Ok(Self(bytes.map(letter)))
    }

    /// An identifier as it was written or as somebody typed it: letters in either case, with or without dashes, and what
    /// looks like a digit for that digit.
    pub fn parse(text: &str) -> Result<Self, NoAttempt> {
        let mut letters = [0; LETTERS];
        let mut typed = text.bytes().filter(|byte| *byte != b'-').map(meant);
        for place in &mut letters {
            *place = typed.next().flatten().ok_or(NoAttempt)?;
        }
        match typed.next() {
            None => Ok(Self(letters)),
            Some(_) => Err(NoAttempt),
        }
    }
}

/// The letter for the lowest five bits.
fn letter(bits: u8) -> u8 {
    let known = ALPHABET.get(usize::from(bits % 32));
    known.copied().unwrap_or_default()
}

fn meant(typed: u8) -> Option<u8> {
    let letter = match typed.to_ascii_uppercase() {
        b'O' => b'0',
        b'I' | b'L' => b'1',
        other => other,
    };
    ALPHABET.contains(&letter).then_some(letter)
}

impl fmt::Display for AttemptId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, group) in self.0.chunks(GROUP).enumerate() {
            if number > 0 {
                formatter.write_str("-")?;
            }
            formatter.write_str(&String::from_utf8_lossy(group))?;
        }
        Ok(())
    }
}

impl From<AttemptId> for String {
    fn from(id: AttemptId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for AttemptId {
    type Error = NoAttempt;

    fn try_from(text: String) -> Result<Self, NoAttempt> {
        Self::parse(&text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::randomness::SeededRandomness;

    #[test]
    fn what_is_typed_is_what_was_written() {
        let id = AttemptId::generate(&SeededRandomness::new(1)).unwrap();
        let written = id.to_string();
        assert_eq!(written.len(), 14, "{written}");
        for typed in [
            written.clone(),
            written.to_lowercase(),
            written.replace('-', ""),
            written.replace('0', "o").replace('1', "l"),
        ] {
            assert_eq!(AttemptId::parse(&typed), Ok(id), "{typed}");
        }
    }

    #[test]
    fn what_is_too_short_too_long_or_of_other_letters_is_none() {
        for text in [
            "",
            "7K2M-9QXD-0A4",
            "7K2M-9QXD-0A4TT",
            "7K2M-9QXD-0A4U",
            "7K2M 9QXD 0A4T",
        ] {
            assert_eq!(AttemptId::parse(text), Err(NoAttempt), "{text}");
        }
    }

    #[test]
    fn another_one_is_drawn_each_time() {
        let randomness = SeededRandomness::new(2);
        let draw = || AttemptId::generate(&randomness).unwrap();
        assert_ne!(draw(), draw());
    }

    proptest! {
        #[test]
        fn text_and_json_read_back(seed: u64) {
            let id = AttemptId::generate(&SeededRandomness::new(seed)).unwrap();
            prop_assert_eq!(AttemptId::parse(&id.to_string()), Ok(id));
            let json = serde_json::to_string(&id).unwrap();
            prop_assert_eq!(serde_json::from_str::<AttemptId>(&json).unwrap(), id);
        }

        #[test]
        fn no_text_causes_a_panic(text in "\\PC{0,20}") {
            prop_assert!(AttemptId::parse(&text).is_ok_and(|id| id.to_string().len() == 14) || AttemptId::parse(&text).is_err());
        }
    }
}
