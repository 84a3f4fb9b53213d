//! What a caller does not see of a result, applied as far as possible by the engine while it encodes, and to encoded JSON.
//!
//! Encoded results are rewritten as text: what stays keeps its digits and the order of its members, which a tree of values
//! would lose. Whatever does not have the declared form where something is sensitive is hidden as a whole.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use mxcp_actors::sql_executor::engine::plan::{MASK, OutputPlan, ResultShape};
use serde_json::value::RawValue;

use super::sensitive::Sensitive;
use crate::json::Members;

const NULL: &str = "null";

/// What is left out of a result or masked in it. The default changes nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Redaction {
    dropped: BTreeSet<String>,
    masked: BTreeSet<String>,
    sensitive: Arc<Sensitive>,
}

/// A result that cannot be redacted and must therefore be withheld.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Output policy enforcement failed: the result cannot be read")]
pub struct UnreadableResult;

impl Redaction {
    pub(super) fn drop_fields(&mut self, fields: &BTreeSet<String>) {
        self.dropped.extend(fields.iter().cloned());
    }

    pub(super) fn mask_fields(&mut self, fields: &BTreeSet<String>) {
        self.masked.extend(fields.iter().cloned());
    }

    pub(super) fn hide_sensitive(&mut self, sensitive: &Arc<Sensitive>) {
        self.sensitive = Arc::clone(sensitive);
    }

    /// Whether results stay as they are.
    pub fn is_nothing(&self) -> bool {
        self.dropped.is_empty() && self.masked.is_empty() && self.sensitive.is_nothing()
    }

    /// The plan with what the engine can do while it encodes, and what is left to [`apply`](Self::apply) afterwards.
    pub fn split(mut self, plan: &OutputPlan) -> (OutputPlan, Self) {
        let mut plan = plan.clone();
        if matches!(plan.shape, ResultShape::Values | ResultShape::SingleValue) {
            // Such a result has no fields; the name of its only column is no part of it.
            return (plan, self);
        }
        let (columns, is_all) = self.sensitive.columns();
        plan.dropped.extend(columns.into_iter().map(str::to_owned));
        plan.dropped.append(&mut self.dropped);
        plan.masked.append(&mut self.masked);
        if is_all {
            self.sensitive = Arc::default();
        }
        (plan, self)
    }

    /// The redacted form of a result in its final shape.
    pub fn apply<'json>(&self, json: &'json [u8]) -> Result<Cow<'json, [u8]>, UnreadableResult> {
        if self.is_nothing() {
            return Ok(Cow::Borrowed(json));
        }
        let result: &RawValue = serde_json::from_slice(json).map_err(|_| UnreadableResult)?;
        let mut out = Vec::with_capacity(json.len());
        self.result(result.get(), &mut out)?;
        Ok(Cow::Owned(out))
    }

    /// The result as a whole: rows, a row, or something without fields.
    fn result(&self, json: &str, out: &mut Vec<u8>) -> Result<(), UnreadableResult> {
        match (kind(json), self.sensitive.as_ref()) {
            (Kind::List, Sensitive::Elements(row)) => self.rows(json, row, out),
            (Kind::List, nothing @ Sensitive::Nothing) => self.rows(json, nothing, out),
            (_, sensitive) => self.row(json, sensitive, out),
        }
    }

    fn rows(&self, json: &str, row: &Sensitive, out: &mut Vec<u8>) -> Result<(), UnreadableResult> {
        each(elements(json)?, out, |json, out| self.row(json, row, out))
    }

    /// A row, whose members policies name.
    fn row(&self, json: &str, sensitive: &Sensitive, out: &mut Vec<u8>) -> Result<(), UnreadableResult> {
        match (kind(json), sensitive) {
            (Kind::Object, Sensitive::Nothing | Sensitive::Members { .. }) => {
                members(json, sensitive, out, |name| self.treatment(name))
            }
            _ => value(json, sensitive, out),
        }
    }

    fn treatment(&self, name: &str) -> Treatment {
        if self.dropped.contains(name) {
            return Treatment::Drop;
        }
        match self.masked.contains(name) {
            true => Treatment::Mask,
            false => Treatment::Keep,
        }
    }
}

/// What rules do to a member by its name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Treatment {
    Keep,
    Mask,
    Drop,
}

/// A value inside a result, without its sensitive parts.
fn value(json: &str, sensitive: &Sensitive, out: &mut Vec<u8>) -> Result<(), UnreadableResult> {
    match (kind(json), sensitive) {
        (_, Sensitive::Nothing) => out.extend_from_slice(json.as_bytes()),
        (Kind::List, Sensitive::Elements(element)) => {
            each(elements(json)?, out, |json, out| value(json, element, out))?;
        }
        (Kind::Object, Sensitive::Members { .. }) => {
            members(json, sensitive, out, |_| Treatment::Keep)?;
        }
        // Hidden, or not of the declared form: nobody knows where in it the sensitive parts are.
        _ => out.extend_from_slice(NULL.as_bytes()),
    }
    Ok(())
}

fn each(
    elements: Vec<&RawValue>,
    out: &mut Vec<u8>,
    mut write: impl FnMut(&str, &mut Vec<u8>) -> Result<(), UnreadableResult>,
) -> Result<(), UnreadableResult> {
    out.push(b'[');
    for (position, element) in elements.into_iter().enumerate() {
        if position > 0 {
            out.push(b',');
        }
        write(element.get(), out)?;
    }
    out.push(b']');
    Ok(())
}

/// Writes an object without what is hidden.
fn members(
    json: &str,
    sensitive: &Sensitive,
    out: &mut Vec<u8>,
    treatment: impl Fn(&str) -> Treatment,
) -> Result<(), UnreadableResult> {
    let Members(members) = Members::of(json).ok_or(UnreadableResult)?;
    let mut written = 0;
    out.push(b'{');
    for (name, member) in members {
        let Some(inner) = sensitive.of_member(&name) else {
            continue;
        };
        let treatment = treatment(&name);
        if treatment == Treatment::Drop || *inner == Sensitive::Everything {
            continue;
        }
        if written > 0 {
            out.push(b',');
        }
        written += 1;
        serde_json::to_writer(&mut *out, &name).map_err(|_| UnreadableResult)?;
        out.push(b':');
        match treatment {
            Treatment::Mask => out.extend_from_slice(MASK.as_bytes()),
            Treatment::Keep | Treatment::Drop => value(member.get(), inner, out)?,
        }
    }
    out.push(b'}');
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Object,
    List,
    Other,
}

/// The kind of a raw value, which has no space before it.
fn kind(json: &str) -> Kind {
    match json.bytes().next() {
        Some(b'{') => Kind::Object,
        Some(b'[') => Kind::List,
        _ => Kind::Other,
    }
}

fn elements(json: &str) -> Result<Vec<&RawValue>, UnreadableResult> {
    serde_json::from_str(json).map_err(|_| UnreadableResult)
}
