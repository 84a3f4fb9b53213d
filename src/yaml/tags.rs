//! Tags: those of the YAML core decide what a scalar is, all others are refused, as `safe_load` does.

use saphyr_parser::Tag;

use super::{Resolved, ScalarStyle};

/// The style that a tag gives to a scalar, or why the tag does not fit.
pub(super) fn scalar_style(tag: &Tag, text: &str) -> Result<ScalarStyle, String> {
    let resolved = Resolved::of_plain(text);
    let fits = match core_name(tag).as_deref() {
        Some("str" | "timestamp" | "!") => return Ok(ScalarStyle::Quoted),
        Some("null") => resolved == Resolved::Null,
        Some("bool") => matches!(resolved, Resolved::Boolean(_)),
        Some("int") => matches!(resolved, Resolved::Integer(_)),
        Some("float") => matches!(resolved, Resolved::Float(_)),
        _ => return Err(unknown(tag)),
    };
    if fits {
        Ok(ScalarStyle::Plain)
    } else {
        Err(format!("the value does not fit its tag {}", shown(tag)))
    }
}

/// Why a list or a mapping may not carry this tag; `accepted` is the one core tag that it may.
pub(super) fn refuse_collection(tag: &Tag, accepted: &str) -> Option<String> {
    (core_name(tag).as_deref() != Some(accepted)).then(|| unknown(tag))
}

/// The name of a tag of the YAML core (`!!int` → `int`); `!` alone stays as it is.
fn core_name(tag: &Tag) -> Option<String> {
    let full = format!("{}{}", tag.handle, tag.suffix);
    if full == "!" {
        Some(full)
    } else {
        full.strip_prefix("tag:yaml.org,2002:").map(str::to_owned)
    }
}

fn unknown(tag: &Tag) -> String {
    let accepted = "!!str, !!int, !!float, !!bool, !!null, !!seq and !!map";
    format!("the tag {} is not accepted; accepted are {accepted}", shown(tag))
}

/// The tag as it was written in the usual case.
fn shown(tag: &Tag) -> String {
    match core_name(tag) {
        Some(name) if name != "!" => format!("!!{name}"),
        _ => format!("{}{}", tag.handle, tag.suffix),
    }
}
