//! Text to expression, within limits of length and depth.
//!
//! The parser descends recursively with large frames: 32 levels took 8 MiB of stack without optimisation. It therefore runs on
//! a thread of its own, whose end also turns a panic into an error. Conditions are parsed at load, never in a call.

use std::sync::{Arc, LazyLock};
use std::thread;

use cel::common::ast::{EntryExpr, Expr};
use cel::{Env, IdedExpr, ParseErrors};

use super::error::ConditionError;

/// A list of several hundred addresses fits.
pub(super) const MAXIMUM_LENGTH: usize = 16 * 1024;
/// Levels of the tree: a chain of that many `+`, while `&&`, `||` and lists count once however long they are.
pub(super) const MAXIMUM_DEPTH: usize = 64;

const PARSER_DEPTH: u16 = 32;
const STACK_BYTES: usize = 64 * 1024 * 1024;

/// The standard functions of CEL, without optional values.
pub(super) static LANGUAGE: LazyLock<Arc<Env>> =
    LazyLock::new(|| Arc::new(Env::stdlib().with_optional_support(false)));

pub(super) fn parse(text: &str) -> Result<IdedExpr, ConditionError> {
    if text.len() > MAXIMUM_LENGTH {
        return Err(ConditionError::TooLong(text.len()));
    }
    thread::scope(|scope| {
        thread::Builder::new()
            .name("policy-parser".to_owned())
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, || parse_here(text))
            .map_err(|_| ConditionError::Unreadable)?
            .join()
            .unwrap_or(Err(ConditionError::Unreadable))
    })
}

fn parse_here(text: &str) -> Result<IdedExpr, ConditionError> {
    let parser = LANGUAGE.parser().max_recursion_depth(PARSER_DEPTH);
    let expression = parser.parse(text).map_err(|errors| syntax(&errors))?;
    // Too deep a tree must be dropped here, where the stack is large enough for it.
    match depth(&expression) <= MAXIMUM_DEPTH {
        true => Ok(expression),
        false => Err(ConditionError::TooDeep),
    }
}

fn syntax(errors: &ParseErrors) -> ConditionError {
    if errors
        .errors
        .iter()
        .any(|error| error.msg.contains("Recursion limit"))
    {
        return ConditionError::TooDeep;
    }
    let Some(first) = errors.errors.first() else {
        return ConditionError::Unreadable;
    };
    let message = first.msg.trim_start_matches("Syntax error: ");
    // The parser goes on with every token that it would have liked better.
    let message = message
        .split_once(" expecting {")
        .map_or(message, |(message, _)| message);
    ConditionError::Syntax {
        line: usize::try_from(first.pos.0).unwrap_or(1).max(1),
        column: usize::try_from(first.pos.1).unwrap_or(1).max(1),
        message: message.to_owned(),
    }
}

fn depth(root: &IdedExpr) -> usize {
    let mut deepest = 0;
    let mut open = vec![(root, 1)];
    while let Some((expression, depth)) = open.pop() {
        deepest = deepest.max(depth);
        open.extend(children(expression).into_iter().map(|child| (child, depth + 1)));
    }
    deepest
}

/// The number of nodes of a tree.
pub(super) fn size(root: &IdedExpr) -> usize {
    let mut size = 0;
    let mut open = vec![root];
    while let Some(expression) = open.pop() {
        size += 1;
        open.extend(children(expression));
    }
    size
}

/// The expressions directly inside another.
pub(super) fn children(expression: &IdedExpr) -> Vec<&IdedExpr> {
    match &expression.expr {
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => Vec::new(),
        Expr::Call(call) => call.target.as_deref().into_iter().chain(&call.args).collect(),
        Expr::Comprehension(comprehension) => vec![
            &comprehension.iter_range,
            &comprehension.accu_init,
            &comprehension.loop_cond,
            &comprehension.loop_step,
            &comprehension.result,
        ],
        Expr::List(list) => list.elements.iter().collect(),
        Expr::Map(map) => map
            .entries
            .iter()
            .flat_map(|entry| of_entry(&entry.expr))
            .collect(),
        Expr::Select(select) => vec![&*select.operand],
        Expr::Struct(message) => message
            .entries
            .iter()
            .flat_map(|entry| of_entry(&entry.expr))
            .collect(),
    }
}

fn of_entry(entry: &EntryExpr) -> Vec<&IdedExpr> {
    match entry {
        EntryExpr::StructField(field) => vec![&field.value],
        EntryExpr::MapEntry(entry) => vec![&entry.key, &entry.value],
    }
}
