//! `mxcp-actor run`: one call of a tool, a resource or a prompt, as the server would make it.

use std::fmt::Write as _;
use std::io;

use clap::{Args, ValueEnum};
use serde_json::value::RawValue;

use super::console::{self, Verdict};
use super::indent::indented;
use super::parameters::{Parameter, Values, Written};
use super::project::ProjectFlags;
use super::{CommandError, Surroundings, table, user_context};
use crate::app::commands::{self, CallOptions};
use crate::config::Flags;
use crate::endpoints::model;
use crate::endpoints::prompt::RenderedMessage;
use crate::mcp::direct::DirectCall;

/// What `run` can be told.
#[derive(Debug, Args)]
pub(super) struct Run {
    /// What kind of endpoint it is.
    #[arg(value_name = "TYPE")]
    kind: Kind,

    /// Its name; for a resource the URI as the definition has it.
    name: String,

    /// An argument: name=value, or name=@file.json for JSON from a file.
    #[arg(short, long = "param", value_name = "NAME=VALUE", value_parser = Parameter::parse)]
    parameters: Vec<Parameter>,

    /// The user to run as: a JSON object, or @file.json.
    #[arg(short, long, value_name = "JSON|@FILE", value_parser = written)]
    user_context: Option<Written>,

    /// The request headers that SQL sees: a JSON object of texts, or @file.json.
    #[arg(long, value_name = "JSON|@FILE", value_parser = written)]
    request_headers: Option<Written>,

    #[command(flatten)]
    project: ProjectFlags,

    /// Does not hold the result against the declared type.
    #[arg(long)]
    skip_output_validation: bool,

    /// Opens the database for reading only.
    #[arg(long)]
    readonly: bool,

    /// Prints JSON.
    #[arg(long)]
    pub(super) json_output: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    Tool,
    Resource,
    Prompt,
}

#[expect(clippy::unnecessary_wraps, reason = "clap asks for a result")]
fn written(text: &str) -> Result<Written, String> {
    Ok(Written::parse(text))
}

impl From<Kind> for model::Kind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Tool => Self::Tool,
            Kind::Resource => Self::Resource,
            Kind::Prompt => Self::Prompt,
        }
    }
}

impl Run {
    pub(super) fn run(&self, surroundings: &Surroundings) -> Result<Verdict, CommandError> {
        let flags = Flags {
            readonly: self.readonly,
            ..Flags::default()
        };
        let config = self.project.load_with(surroundings, flags)?;
        let folder = &surroundings.working_directory;
        let arguments = serde_json::value::to_raw_value(&Values::read(&self.parameters, folder)?)?;
        let read = |flag, written: &Option<Written>| {
            let read = written.as_ref().map(|written| written.json(flag, folder));
            read.transpose()
        };
        let user = read("--user-context", &self.user_context)?;
        let headers = read("--request-headers", &self.request_headers)?;
        let options = CallOptions {
            principal: user.as_deref().map(user_context::principal).transpose()?,
            skips_output_check: self.skip_output_validation,
            headers: headers
                .as_deref()
                .map(user_context::headers)
                .transpose()?
                .unwrap_or_default(),
        };
        let call = DirectCall {
            kind: self.kind.into(),
            name: &self.name,
            arguments: &arguments,
        };
        let json: Box<RawValue> = serde_json::from_slice(&commands::call_endpoint(&config, call, options)?)?;
        match (self.json_output, self.kind) {
            (true, _) => console::print_encoded(&json)?,
            (false, Kind::Prompt) => print_messages(&json)?,
            (false, Kind::Tool | Kind::Resource) => console::print(&for_people(&json))?,
        }
        Ok(Verdict::Good)
    }
}

/// Rows as a table, an object or list over several lines, a single value as it is.
fn for_people(json: &RawValue) -> String {
    if let Some(table) = table::of_rows(json) {
        return table;
    }
    match json.get().starts_with(['{', '[']) {
        true => format!("{}\n", indented(json.get())),
        false => format!("{}\n", table::cell(json)),
    }
}

fn print_messages(json: &RawValue) -> io::Result<()> {
    let messages: Vec<RenderedMessage> = serde_json::from_str(json.get())?;
    let mut text = String::new();
    for message in messages {
        let role = console::coloured(message.role.as_str(), "\u{1b}[1m");
        // Writing into a `String` has no failure to report.
        let _ = writeln!(text, "{role}:\n{}\n", message.text);
    }
    console::print(&text)
}
