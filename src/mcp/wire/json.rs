//! Writing JSON into a byte buffer: strings, objects, arrays, and JSON that is already encoded.
//!
//! Results are written by hand because encoded query results must pass through untouched, which a serde
//! serializer cannot do without parsing them again, and because writing into memory cannot fail. Must not
//! live here: which member is written in which revision.

use std::borrow::Cow;
use std::fmt::{self, Display, Write as _};

use serde::de::IgnoredAny;
use serde_json::value::RawValue;

/// JSON text that is passed on as it is.
#[derive(Clone, PartialEq, Eq)]
pub struct EncodedJson<'a>(Cow<'a, [u8]>);

impl<'a> EncodedJson<'a> {
    /// Takes the output of an encoder of our own, unchecked: the encoder vouches for one valid JSON value in
    /// UTF-8.
    pub fn from_encoder(json: impl Into<Cow<'a, [u8]>>) -> Self {
        Self(json.into())
    }

    /// Takes text of any other origin after checking that it is one JSON value.
    pub fn checked(json: impl Into<Cow<'a, str>>) -> Result<Self, serde_json::Error> {
        let json = json.into();
        serde_json::from_str::<IgnoredAny>(&json)?;
        Ok(Self(match json {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        }))
    }

    /// The text.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether the value is an object.
    pub fn is_object(&self) -> bool {
        self.0.trim_ascii_start().first() == Some(&b'{')
    }
}

impl<'a> From<&'a RawValue> for EncodedJson<'a> {
    fn from(value: &'a RawValue) -> Self {
        Self(Cow::Borrowed(value.get().as_bytes()))
    }
}

/// The size and not the text: results may be confidential, and logs are not.
impl fmt::Debug for EncodedJson<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} bytes of JSON", self.0.len())
    }
}

/// Appends `text` as a JSON string, in one pass. `text` must be UTF-8; JSON text may be handed in as it is.
pub fn write_string(out: &mut Vec<u8>, text: &[u8]) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    for run in text.split_inclusive(|byte| must_be_escaped(*byte)) {
        match run.split_last() {
            Some((last, clean)) if must_be_escaped(*last) => {
                out.extend_from_slice(clean);
                write_escape(out, *last);
            }
            _ => out.extend_from_slice(run),
        }
    }
    out.push(b'"');
}

/// The characters RFC 8259, section 7, does not allow inside a string.
const fn must_be_escaped(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

fn write_escape(out: &mut Vec<u8>, byte: u8) {
    match byte {
        b'"' => out.extend_from_slice(b"\\\""),
        b'\\' => out.extend_from_slice(b"\\\\"),
        b'\n' => out.extend_from_slice(b"\\n"),
        b'\r' => out.extend_from_slice(b"\\r"),
        b'\t' => out.extend_from_slice(b"\\t"),
        other => write_display(out, format_args!("\\u{other:04x}")),
    }
}

/// Appends what `value` displays.
fn write_display(out: &mut Vec<u8>, value: impl Display) {
    struct Sink<'o>(&'o mut Vec<u8>);
    impl fmt::Write for Sink<'_> {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0.extend_from_slice(text.as_bytes());
            Ok(())
        }
    }
    // A sink that takes everything cannot refuse.
    let _always_ok: fmt::Result = write!(Sink(out), "{value}");
}

/// Appends an integer.
pub(crate) fn write_integer(out: &mut Vec<u8>, value: impl Into<i128>) {
    write_display(out, value.into());
}

/// Appends a number. JSON has no way to write an infinity or a NaN, which become `null`.
fn write_number(out: &mut Vec<u8>, value: f64) {
    if value.is_finite() {
        write_display(out, value);
    } else {
        out.extend_from_slice(b"null");
    }
}

/// Appends `{`, what `members` writes, and `}`.
pub fn write_object(out: &mut Vec<u8>, members: impl FnOnce(&mut ObjectWriter<'_>)) {
    out.push(b'{');
    members(&mut ObjectWriter { out, empty: true });
    out.push(b'}');
}

/// Appends `[`, each item as `write` writes it, and `]`.
pub fn write_array<T>(
    out: &mut Vec<u8>,
    items: impl IntoIterator<Item = T>,
    mut write: impl FnMut(&mut Vec<u8>, T),
) {
    out.push(b'[');
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write(out, item);
    }
    out.push(b']');
}

/// Writes the members of one object. Names are ours and need no escaping.
#[derive(Debug)]
pub struct ObjectWriter<'o> {
    out: &'o mut Vec<u8>,
    empty: bool,
}

impl ObjectWriter<'_> {
    /// A member whose value `write` appends.
    pub fn value(&mut self, name: &'static str, write: impl FnOnce(&mut Vec<u8>)) {
        if !self.empty {
            self.out.push(b',');
        }
        self.empty = false;
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        write(self.out);
    }

    /// A member with a string.
    pub fn string(&mut self, name: &'static str, value: &str) {
        self.value(name, |out| write_string(out, value.as_bytes()));
    }

    /// A member with a string, or no member.
    pub fn optional_string(&mut self, name: &'static str, value: Option<&str>) {
        if let Some(value) = value {
            self.string(name, value);
        }
    }

    /// A member with a boolean.
    pub fn boolean(&mut self, name: &'static str, value: bool) {
        self.raw(name, if value { b"true" } else { b"false" });
    }

    /// A member with a boolean, or no member.
    pub fn optional_boolean(&mut self, name: &'static str, value: Option<bool>) {
        if let Some(value) = value {
            self.boolean(name, value);
        }
    }

    /// A member with an integer.
    pub fn integer(&mut self, name: &'static str, value: impl Into<i128>) {
        self.value(name, |out| write_integer(out, value));
    }

    /// A member with a number.
    pub fn number(&mut self, name: &'static str, value: f64) {
        self.value(name, |out| write_number(out, value));
    }

    /// A member whose value is encoded already.
    pub fn raw(&mut self, name: &'static str, json: &[u8]) {
        self.value(name, |out| out.extend_from_slice(json));
    }

    /// A member with a value that was checked when it was loaded, or no member.
    pub fn optional_raw(&mut self, name: &'static str, json: Option<&RawValue>) {
        if let Some(json) = json {
            self.raw(name, json.get().as_bytes());
        }
    }

    /// A member with an object.
    pub fn object(&mut self, name: &'static str, members: impl FnOnce(&mut ObjectWriter<'_>)) {
        self.value(name, |out| write_object(out, members));
    }

    /// A member with an array.
    pub fn array<T>(
        &mut self,
        name: &'static str,
        items: impl IntoIterator<Item = T>,
        write: impl FnMut(&mut Vec<u8>, T),
    ) {
        self.value(name, |out| write_array(out, items, write));
    }

    /// A member with an array of strings.
    pub fn strings<T: AsRef<str>>(&mut self, name: &'static str, items: impl IntoIterator<Item = T>) {
        self.array(name, items, |out, item| {
            write_string(out, item.as_ref().as_bytes());
        });
    }
}

#[cfg(test)]
mod tests;
