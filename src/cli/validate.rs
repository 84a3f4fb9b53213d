//! `mxcp-actor validate`: everything that is wrong with the project's definitions, per file, without running any SQL.

use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::console::{self, Verdict};
use super::project::ProjectFlags;
use super::{CommandError, Surroundings};
use crate::app::definitions;
use crate::config::Flags;
use crate::endpoints::load::DefinitionFile;
use crate::endpoints::registry::Runnable;
use crate::yaml::{Problem, Problems};

/// What `validate` can be told.
#[derive(Debug, Args)]
pub(super) struct Validate {
    /// One definition file; all of the project otherwise.
    file: Option<PathBuf>,

    #[command(flatten)]
    project: ProjectFlags,

    /// Prints JSON.
    #[arg(long)]
    pub(super) json_output: bool,

    /// Accepted for compatibility: validating never writes.
    #[arg(long)]
    readonly: bool,
}

/// The result for programs.
#[derive(Serialize)]
struct Report<'a> {
    status: &'static str,
    validated: Vec<Entry<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Finding<'a>>,
}

/// One file.
#[derive(Serialize)]
struct Entry<'a> {
    status: &'static str,
    path: &'a str,
    /// All errors of the file, one a line.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Finding<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Finding<'a>>,
}

/// Something that is wrong, and where.
#[derive(Serialize)]
struct Finding<'a> {
    file: &'a str,
    line: Option<usize>,
    column: Option<usize>,
    key: &'a str,
    message: &'a str,
}

impl<'a> From<&'a Problem> for Finding<'a> {
    fn from(problem: &'a Problem) -> Self {
        let position = problem.location.position();
        Self {
            file: problem.location.source(),
            line: position.map(|position| position.line),
            column: position.map(|position| position.column),
            key: problem.path.as_str(),
            message: &problem.message,
        }
    }
}

impl Validate {
    pub(super) fn run(&self, surroundings: &Surroundings) -> Result<Verdict, CommandError> {
        let flags = Flags {
            readonly: self.readonly,
            ..Flags::default()
        };
        let config = self.project.load_with(surroundings, flags)?;
        let file = self
            .file
            .as_ref()
            .map(|file| surroundings.working_directory.join(file));
        let checked = definitions::check(&config, file.as_deref())?;
        let warnings: Vec<&Problem> = config.warnings.iter().chain(&checked.warnings).collect();
        let is_good = checked.files.iter().all(|file| file.content.is_ok());
        match (self.json_output, &self.file, checked.files.as_slice()) {
            (true, Some(_), [only]) => console::print_json(&entry(only))?,
            (true, _, files) => console::print_json(&report(files, &warnings, is_good))?,
            (false, _, files) => print_text(files, &warnings)?,
        }
        Ok(Verdict::of(is_good))
    }
}

fn report<'a>(files: &'a [DefinitionFile<Runnable>], warnings: &[&'a Problem], is_good: bool) -> Report<'a> {
    Report {
        status: status(is_good),
        validated: files.iter().map(entry).collect(),
        message: files.is_empty().then_some("No endpoint files found"),
        warnings: warnings.iter().map(|warning| Finding::from(*warning)).collect(),
    }
}

fn status(is_good: bool) -> &'static str {
    match is_good {
        true => "ok",
        false => "error",
    }
}

fn entry(file: &DefinitionFile<Runnable>) -> Entry<'_> {
    let wrong = file.content.as_ref().err();
    let errors = wrong.map(Problems::errors).unwrap_or_default();
    Entry {
        status: status(wrong.is_none()),
        path: &file.shown_as,
        message: wrong.map(ToString::to_string),
        errors: errors.iter().map(Finding::from).collect(),
        warnings: file.warnings.iter().map(Finding::from).collect(),
    }
}

/// A line for each file on standard output; what is wrong goes to standard error, in the form that editors jump to.
fn print_text(files: &[DefinitionFile<Runnable>], warnings: &[&Problem]) -> io::Result<()> {
    for warning in warnings {
        eprintln!("warning: {warning}");
    }
    let mut text = String::new();
    let mut bad = 0;
    for file in files {
        for warning in &file.warnings {
            eprintln!("warning: {warning}");
        }
        if let Err(problems) = &file.content {
            bad += 1;
            eprintln!("{problems}");
        }
        let (mark, colour) = match &file.content {
            Ok(_) => ("ok   ", "\u{1b}[32m"),
            Err(_) => ("error", "\u{1b}[31m"),
        };
        let mark = console::coloured(mark, colour);
        // Writing into a `String` has no failure to report.
        let _ = writeln!(text, "{mark} {}", file.shown_as);
    }
    let noun = if files.len() == 1 {
        "definition"
    } else {
        "definitions"
    };
    let _ = match bad {
        0 => writeln!(text, "{} {noun}, all good", files.len()),
        bad => writeln!(text, "{} {noun}, {bad} with errors", files.len()),
    };
    console::print(&text)
}
