//! Bytes → text: byte order marks, UTF-8 and UTF-16, characters that YAML does not allow. No YAML structure here.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use super::{KeyPath, Location, Node, Position, Problems, parse};

/// The longest file that is read, in bytes.
pub const MAXIMUM_BYTES: usize = 8 * 1024 * 1024;

/// Reads and parses a file. `shown_as` is its name in messages, often relative to the project.
///
/// `None` after reporting why: unreadable, a folder, too long, or not YAML.
pub fn load(path: &Path, shown_as: &str, problems: &mut Problems) -> Option<Node> {
    match read_bounded(path) {
        Ok(bytes) => parse(shown_as, &bytes, problems),
        Err(error) => {
            problems.error(
                Location::whole(shown_as),
                KeyPath::root(),
                format!("cannot be read: {error}"),
            );
            None
        }
    }
}

/// One byte more than allowed is enough to know that a file is too long.
fn read_bounded(path: &Path) -> std::io::Result<Vec<u8>> {
    let file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(std::io::Error::from(std::io::ErrorKind::IsADirectory));
    }
    let mut bytes = Vec::new();
    file.take(MAXIMUM_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The text of a file, without its byte order mark.
pub(super) fn decode(source: &Arc<str>, bytes: &[u8], problems: &mut Problems) -> Option<String> {
    if bytes.len() > MAXIMUM_BYTES {
        let message = format!("is longer than the {MAXIMUM_BYTES} bytes that are accepted");
        problems.error(Location::whole(source), KeyPath::root(), message);
        return None;
    }
    let decoded = match bytes {
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes, "UTF-16 (little endian)"),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes, "UTF-16 (big endian)"),
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf8(rest),
        _ => utf8(bytes),
    };
    match decoded.and_then(only_printable) {
        Ok(text) => Some(text),
        Err(Undecodable { position, message }) => {
            problems.error(Location::new(source, position), KeyPath::root(), message);
            None
        }
    }
}

struct Undecodable {
    position: Position,
    message: String,
}

fn utf8(bytes: &[u8]) -> Result<String, Undecodable> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => {
            let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let position = end_of(&String::from_utf8_lossy(valid));
            Err(Undecodable {
                position,
                message: "is not valid UTF-8 from here on".to_owned(),
            })
        }
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16, name: &str) -> Result<String, Undecodable> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(pairs.len());
    let decoded = char::decode_utf16(pairs.iter().map(|pair| unit(*pair)));
    for character in decoded {
        match character {
            Ok(character) => text.push(character),
            Err(_) => return Err(not_utf16(&text, name)),
        }
    }
    if rest.is_empty() {
        Ok(text)
    } else {
        Err(not_utf16(&text, name))
    }
}

fn not_utf16(before: &str, name: &str) -> Undecodable {
    Undecodable {
        position: end_of(before),
        message: format!("is not valid {name} from here on"),
    }
}

/// YAML 1.1 section 5.1. The parser takes a NUL for the end of its input and would drop the rest in silence.
fn only_printable(text: String) -> Result<String, Undecodable> {
    let is_allowed = |c: char| match c {
        '\t' | '\n' | '\r' | '\u{85}' => true,
        '\u{FFFE}' | '\u{FFFF}' => false,
        other => !other.is_control(),
    };
    match text.char_indices().find(|(_, c)| !is_allowed(*c)) {
        None => Ok(text),
        Some((index, c)) => {
            let before = text.get(..index).unwrap_or_default();
            let message = format!(
                "the control character U+{:04X} is not allowed in YAML",
                u32::from(c)
            );
            Err(Undecodable {
                position: end_of(before),
                message,
            })
        }
    }
}

/// The position just after a text.
fn end_of(text: &str) -> Position {
    let line = text.matches('\n').count() + 1;
    let column = text.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Position { line, column }
}
