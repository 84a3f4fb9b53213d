//! `error_description`: what was wrong, in the characters that the protocol allows (RFC 6749 section 4.1.2.1).

use std::fmt::Display;

/// The longest description, in characters. Descriptions travel in URLs.
const LONGEST: usize = 300;

/// The text without what a description must not have; other characters become an apostrophe.
pub fn error_description(text: &impl Display) -> String {
    let is_allowed = |character: char| matches!(character, ' '..='!' | '#'..='[' | ']'..='~');
    let cleaned = text.to_string();
    let cleaned = cleaned.chars().take(LONGEST);
    cleaned
        .map(|character| if is_allowed(character) { character } else { '\'' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_allowed_characters_are_left() {
        assert_eq!(error_description(&"a \"b\" \\ c\r\né"), "a 'b' ' c'''");
        assert_eq!(error_description(&"x".repeat(400)).len(), LONGEST);
    }
}
