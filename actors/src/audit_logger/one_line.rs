//! Which characters may not stand in a line that people and programs read, and how a value is written into one.
//!
//! A line break in a user's name would forge a record, an escape sequence would forge a terminal, and a change of
//! writing direction would show a reader another order than the one that was written.

/// The longest text of one value in a log line, in characters. The whole text is in the audit log.
const LONGEST_VALUE: usize = 200;

/// Whether a character is written as an escape, so that what is seen is what is there.
pub(super) fn must_be_escaped(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            // Line and paragraph separators; marks and controls of writing direction; the byte order mark.
            '\u{2028}' | '\u{2029}' | '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
        )
}

/// Whether nothing in a text must be escaped, told without looking at its characters one by one: nearly every text is so.
pub(super) fn is_printable_ascii(text: &[u8]) -> bool {
    // Without an early end, so that the compiler compares many bytes at once.
    text.iter()
        .fold(true, |so_far, byte| so_far & (b' '..=b'~').contains(byte))
}

/// Appends a character of the basic multilingual plane as JSON escapes it.
pub(super) fn push_escape(text: &mut String, character: char) {
    text.push_str("\\u");
    for shift in [12, 8, 4, 0] {
        text.extend(char::from_digit((u32::from(character) >> shift) & 0xf, 16));
    }
}

/// Appends ` name=value` as in logfmt: the value bare if it is plain, quoted and escaped otherwise, and `-` if there is
/// none.
pub(super) fn push_field(line: &mut String, name: &str, value: Option<&str>) {
    line.push(' ');
    line.push_str(name);
    line.push('=');
    match value {
        None => line.push('-'),
        Some(value) if is_plain(value) => line.push_str(value),
        Some(value) => push_quoted(line, value),
    }
}

/// Whether a value can stand without quotes and cannot be taken for an absent one.
fn is_plain(value: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:@/+".contains(&byte);
    value != "-" && !value.is_empty() && value.len() <= LONGEST_VALUE && value.bytes().all(is_plain)
}

fn push_quoted(line: &mut String, value: &str) {
    line.push('"');
    for character in value.chars().take(LONGEST_VALUE) {
        match character {
            '"' | '\\' => line.extend(['\\', character]),
            '\n' => line.push_str("\\n"),
            '\r' => line.push_str("\\r"),
            '\t' => line.push_str("\\t"),
            _ if must_be_escaped(character) => line.extend(character.escape_unicode()),
            _ => line.push(character),
        }
    }
    line.push('"');
    let beyond = value.chars().count().saturating_sub(LONGEST_VALUE);
    if beyond > 0 {
        line.extend(["(+", &beyond.to_string(), ")"]);
    }
}
