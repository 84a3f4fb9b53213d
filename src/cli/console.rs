//! Results on standard output: text for people, the JSON envelope for programs. What a result says is each command's own.

use std::io::{self, IsTerminal as _, Write};

use serde::Serialize;
use serde_json::value::RawValue;

use super::indent::indented;

/// How a command ended that could do its work: whether what it looked at was good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Exit code 0.
    Good,
    /// Exit code 1: the work was done, and problems were found.
    Bad,
}

impl Verdict {
    /// Good if nothing was found.
    pub(super) fn of(is_good: bool) -> Self {
        match is_good {
            true => Self::Good,
            false => Self::Bad,
        }
    }
}

/// The envelope of a result that JSON is printed in.
#[derive(Serialize)]
struct Success<T> {
    status: &'static str,
    result: T,
}

/// The envelope of an error.
#[derive(Serialize)]
struct Failure<'a> {
    status: &'static str,
    error: &'a str,
    #[serde(flatten)]
    definitions: Option<FailedDefinitions<'a>>,
}

/// What MXCP prints where definitions keep a server from starting.
#[derive(Serialize)]
struct FailedDefinitions<'a> {
    message: String,
    failed_endpoints: Vec<FailedDefinition<'a>>,
}

#[derive(Serialize)]
struct FailedDefinition<'a> {
    path: String,
    error: &'a str,
}

/// Prints `{"status": "ok", "result": …}`, two spaces an indent.
pub(super) fn print_json(result: &impl Serialize) -> io::Result<()> {
    let mut text = serde_json::to_string_pretty(&Success { status: "ok", result })?;
    text.push('\n');
    print(&text)
}

/// The same around JSON that is encoded already. Order and digits stay as they are.
pub(super) fn print_encoded(result: &RawValue) -> io::Result<()> {
    let envelope = serde_json::to_string(&Success { status: "ok", result })?;
    print(&format!("{}\n", indented(&envelope)))
}

/// Prints `{"status": "error", "error": "…"}`.
pub(super) fn print_failure(error: &str) -> io::Result<()> {
    print_error(error, None)
}

/// The same with each bad definition file and what is wrong with it.
pub(super) fn print_failed_definitions<'a>(
    error: &'a str,
    files: impl Iterator<Item = (String, &'a str)>,
) -> io::Result<()> {
    let failed_endpoints: Vec<_> = files
        .map(|(path, error)| FailedDefinition { path, error })
        .collect();
    let definitions = FailedDefinitions {
        message: format!("Found {} endpoint(s) with errors", failed_endpoints.len()),
        failed_endpoints,
    };
    print_error(error, Some(definitions))
}

fn print_error(error: &str, definitions: Option<FailedDefinitions<'_>>) -> io::Result<()> {
    let mut text = serde_json::to_string_pretty(&Failure {
        status: "error",
        error,
        definitions,
    })?;
    text.push('\n');
    print(&text)
}

/// Prints text as it is. A reader that has seen enough (`| head`) is no error.
pub(super) fn print(text: &str) -> io::Result<()> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Text that stays in its line and that no terminal obeys, whoever wrote it.
pub(super) fn one_line(text: &str) -> String {
    let plain = |character: char| if character.is_control() { ' ' } else { character };
    text.chars().map(plain).collect()
}

/// The text in a colour (an ANSI sequence) if standard output is a terminal, as it is otherwise.
pub(super) fn coloured(text: &str, colour: &str) -> String {
    match io::stdout().is_terminal() {
        true => format!("{colour}{text}\u{1b}[0m"),
        false => text.to_owned(),
    }
}
