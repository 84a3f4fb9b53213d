//! What gives way when a record is too large, and how that is said: `truncated`, the bytes there were, the bytes that
//! were kept, and the beginning.

use serde::Deserializer as _;
use serde::de::{SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::domain::audit_event::AuditRecord;

/// The least that a record may be allowed: its fixed part, and some characters of each text.
pub(in crate::audit_logger) const SMALLEST_RECORD: usize = 16_384;

/// Result and arguments of a shortened record get this part of it each, since escapes can double a text.
const SHARE: usize = 4;

/// A result in the form in which it went to the caller, read back for its record.
pub(in crate::audit_logger) struct EncodedOutput {
    beginning: Value,
    /// The bytes there were and the bytes kept, if not all were.
    cut: Option<(usize, usize)>,
}

impl EncodedOutput {
    /// Reads a result, or as many elements of a larger one as a shortened record shows. The work is bounded by
    /// `record_bytes`, not by the result.
    pub(in crate::audit_logger) fn read(encoded: &[u8], record_bytes: usize) -> Self {
        let whole = (encoded.len() <= record_bytes / 2).then(|| serde_json::from_slice(encoded).ok());
        if let Some(Some(beginning)) = whole {
            return Self { beginning, cut: None };
        }
        let beginning = encoded.get(..record_bytes / SHARE).unwrap_or(encoded);
        let mut elements = first_elements(beginning);
        // Where the text was cut, a number ends as if it were whole.
        elements.pop();
        let kept = elements.iter().map(|element| element.get().len()).sum();
        let elements = elements
            .iter()
            .filter_map(|element| serde_json::from_str(element.get()).ok());
        Self {
            beginning: Value::Array(elements.collect()),
            cut: Some((encoded.len(), kept)),
        }
    }

    /// Takes the value out, so that it can be redacted on its own.
    pub(in crate::audit_logger) fn take(&mut self) -> Value {
        self.beginning.take()
    }

    /// Whether elements were left out.
    pub(in crate::audit_logger) fn is_cut(&self) -> bool {
        self.cut.is_some()
    }

    /// The value as it stands in the record: with the numbers, if elements were left out.
    pub(in crate::audit_logger) fn with_note(&self, redacted: Value) -> Value {
        match self.cut {
            None => redacted,
            Some((total, kept)) => truncated(total, kept, &redacted),
        }
    }
}

/// The elements of an array up to where its text breaks off; none of anything else.
fn first_elements(text: &[u8]) -> Vec<&RawValue> {
    struct Collect<'a, 'de>(&'a mut Vec<&'de RawValue>);

    impl<'de> Visitor<'de> for Collect<'_, 'de> {
        type Value = ();

        fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.write_str("an array")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<(), A::Error> {
            while let Some(element) = sequence.next_element()? {
                self.0.push(element);
            }
            Ok(())
        }
    }

    let mut elements = Vec::new();
    // That the text breaks off is why it is read in this way.
    serde_json::Deserializer::from_slice(text)
        .deserialize_seq(Collect(&mut elements))
        .ok();
    elements
}

/// Shortens arguments and result, unless that was cut already, to their part of the limit.
pub(super) fn shorten_data(record: &mut AuditRecord, is_output_cut: bool, max_bytes: usize) {
    let share = max_bytes / SHARE;
    if let (Some(output), false) = (&mut record.output_data, is_output_cut) {
        shorten(output, share);
    }
    let each = share / record.input_data.len().max(1);
    for argument in record.input_data.values_mut() {
        shorten(argument, each);
    }
}

/// Shortens a value whose JSON is longer than `max_bytes`.
fn shorten(value: &mut Value, max_bytes: usize) {
    let text = value.to_string();
    if text.len() <= max_bytes {
        return;
    }
    *value = match value {
        Value::Array(items) => shorten_array(items, text.len(), max_bytes),
        Value::String(whole) => {
            let kept = whole
                .get(..whole.floor_char_boundary(max_bytes))
                .unwrap_or_default();
            truncated(whole.len(), kept.len(), &Value::from(kept))
        }
        _ => {
            let kept = text
                .get(..text.floor_char_boundary(max_bytes))
                .unwrap_or_default();
            truncated(text.len(), kept.len(), &Value::from(kept))
        }
    };
}

/// Keeps whole elements only.
fn shorten_array(items: &mut Vec<Value>, total: usize, max_bytes: usize) -> Value {
    let mut kept = 0;
    let fits = |item: &Value| {
        kept += item.to_string().len();
        kept <= max_bytes
    };
    let count = items.iter().map(fits).take_while(|fits| *fits).count();
    items.truncate(count);
    let kept = items.iter().map(|item| item.to_string().len()).sum();
    truncated(total, kept, &Value::Array(std::mem::take(items)))
}

fn truncated(total_bytes: usize, kept_bytes: usize, beginning: &Value) -> Value {
    json!({
        "truncated": true, "total_bytes": total_bytes, "kept_bytes": kept_bytes, "beginning": beginning,
    })
}

/// What every record says, each text within its share, and the number of bytes that there were. It works on whatever
/// members a record has, so that none can be forgotten here.
pub(super) fn essential(
    record: &AuditRecord,
    max_bytes: usize,
) -> Result<Map<String, Value>, serde_json::Error> {
    let text = serde_json::to_string(record)?;
    // Some twenty texts of up to six bytes for a character: half of the limit.
    let share = max_bytes / 256;
    let note = || json!({ "truncated": true });
    let mut members: Map<String, Value> = serde_json::from_str(&text)?;
    for (name, value) in &mut members {
        match value {
            Value::String(text) => cut(text, share),
            Value::Array(_) if name == "output_data" => *value = note(),
            Value::Array(items) => items.clear(),
            Value::Object(_) => *value = note(),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    let context = json!({ "truncated": true, "record_bytes": text.len() });
    members.insert("business_context".to_owned(), context);
    Ok(members)
}

/// Keeps that many characters.
fn cut(text: &mut String, characters: usize) {
    let total = text.chars().count();
    if let Some((at, _)) = text.char_indices().nth(characters) {
        text.truncate(at);
        text.extend([
            " [",
            &characters.to_string(),
            " of ",
            &total.to_string(),
            " characters]",
        ]);
    }
}
