//! `mxcp-actor list`: the project's definitions, as far as their files say. No database is opened, so it works beside a
//! running server.

use std::fmt::Write as _;
use std::io;

use clap::Args;
use serde::Serialize;

use super::console::{self, Verdict};
use super::project::ProjectFlags;
use super::{CommandError, Surroundings};
use crate::app::definitions;
use crate::endpoints::load::{DefinitionFile, Load, Loaded};
use crate::endpoints::model::Kind;

/// What `list` can be told.
#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    project: ProjectFlags,

    /// Prints JSON.
    #[arg(long)]
    pub(super) json_output: bool,
}

/// The result for programs.
#[derive(Serialize)]
struct Listed<'a> {
    status: &'static str,
    endpoints: Vec<Endpoint<'a>>,
}

#[derive(Serialize)]
struct Endpoint<'a> {
    path: String,
    kind: &'static str,
    name: &'a str,
    error: Option<String>,
}

impl List {
    pub(super) fn run(&self, surroundings: &Surroundings) -> Result<Verdict, CommandError> {
        let config = self.project.load(surroundings)?;
        let load = definitions::load(&config);
        for warning in &load.warnings {
            eprintln!("warning: {warning}");
        }
        let is_good = load.files.iter().all(|file| file.content.is_ok());
        match self.json_output {
            true => print_json(&load, is_good)?,
            false => print_text(&load)?,
        }
        Ok(Verdict::of(is_good))
    }
}

fn print_json(load: &Load, is_good: bool) -> io::Result<()> {
    let endpoints = load.files.iter().map(|file| {
        let error = file.error();
        let known = file.kind.zip(file.name.as_deref()).filter(|_| error.is_none());
        Endpoint {
            path: file.path.display().to_string(),
            kind: known.map_or("unknown", |(kind, _)| kind.key()),
            name: known.map_or("unknown", |(_, name)| name),
            error,
        }
    });
    console::print_json(&Listed {
        status: if is_good { "ok" } else { "error" },
        endpoints: endpoints.collect(),
    })
}

fn print_text(load: &Load) -> io::Result<()> {
    let mut text = String::new();
    let good: Vec<&DefinitionFile<Loaded>> = load.files.iter().filter(|file| file.content.is_ok()).collect();
    let name = |file: &&DefinitionFile<Loaded>| file.name.clone().unwrap_or_default();
    let width = good
        .iter()
        .map(|file| name(file).chars().count())
        .max()
        .unwrap_or(0);
    for kind in Kind::ALL {
        let mut of_kind: Vec<_> = good.iter().filter(|file| file.kind == Some(kind)).collect();
        of_kind.sort_by_key(|file| name(file));
        if of_kind.is_empty() {
            continue;
        }
        // Writing into a `String` has no failure to report.
        let _ = writeln!(text, "{}s ({})", kind.key(), of_kind.len());
        for file in of_kind {
            let _ = writeln!(text, "  {:width$}  {}", name(file), file.shown_as);
        }
    }
    if load.files.is_empty() {
        text.push_str("no definitions\n");
    }
    console::print(&text)?;
    for problems in load.files.iter().filter_map(|file| file.content.as_ref().err()) {
        eprintln!("{problems}");
    }
    Ok(())
}
