//! `mxcp-actor auth flow`: one attempt to log in, from the audit log, and what to do about it.

use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;

use clap::Args;
use mxcp_actors::domain::audit_event::OperationStatus;
use mxcp_actors::domain::clock::{Clock as _, SystemClock};

use crate::admin::flow::line::{Certainty, Line};
use crate::admin::flow::search::Bounds;
use crate::admin::flow::{self, Logs};
use crate::cli::console::{self, Verdict, one_line};
use crate::cli::project::ProjectFlags;
use crate::cli::{CommandError, Surroundings, log, table};

/// What `auth flow` can be told.
#[derive(Debug, Args)]
pub(in crate::cli) struct Flow {
    /// What an error page or /account shows as reference, an attempt of a log line, `X-Request-Id` or `request=`, a grant, a
    /// trace, or a record.
    #[arg(value_name = "REFERENCE")]
    reference: String,

    #[command(flatten)]
    project: ProjectFlags,

    /// A further folder with audit files, such as another replica's; can be given several times.
    #[arg(long, value_name = "FOLDER")]
    audit_folder: Vec<PathBuf>,

    /// Prints JSON.
    #[arg(long)]
    pub(in crate::cli) json_output: bool,
}

/// The columns of the table.
const COLUMNS: [&str; 8] = [
    "time", "after", "step", "event", "outcome", "network", "user", "what",
];

impl Flow {
    pub(super) fn run(&self, surroundings: &Surroundings) -> Result<Verdict, CommandError> {
        let config = self.project.load(surroundings)?;
        if !config.audit.enabled {
            return Err(CommandError::AuditOff {
                profile: config.project.profile,
            });
        }
        let at = |folder: &PathBuf| surroundings.working_directory.join(folder);
        let folders: Vec<PathBuf> = self.audit_folder.iter().map(at).collect();
        let bounds = Bounds {
            now: SystemClock.now(),
            most_records: usize::MAX,
        };
        let found = Logs::new(&config.audit.path, &folders)?.find(&self.reference, bounds)?;
        log::warn_of(found.skipped);
        match self.json_output {
            true => console::print_json(&found)?,
            false => print(&found)?,
        }
        Ok(Verdict::Good)
    }
}

fn print(found: &flow::Flow) -> io::Result<()> {
    let mut text = String::new();
    let none = || "-".to_owned();
    let shown = |value: &Option<String>| value.as_deref().map_or_else(none, one_line);
    // Writing into a `String` has no failure to report.
    let _ = writeln!(
        text,
        "Login attempt {}: {}",
        shown(&found.attempt_id),
        one_line(&found.verdict.sentence())
    );
    let client = match &found.client_name {
        Some(name) => format!("{} ({})", shown(&found.client_id), one_line(name)),
        None => shown(&found.client_id),
    };
    let _ = writeln!(
        text,
        "client {client}, user {}, grant {}, {}\n",
        shown(&found.user),
        shown(&found.grant_id),
        duration(found.duration_ms)
    );
    let rows: Vec<Vec<String>> = found.lines.iter().map(row).collect();
    let _ = writeln!(text, "{}", table::of_texts(&COLUMNS, &rows));
    for note in &found.notes {
        let _ = writeln!(text, "Note: {note}.");
    }
    let _ = writeln!(text, "Next: {}", found.verdict.next);
    console::print(&text)
}

fn row(line: &Line) -> Vec<String> {
    let mark = match line.certainty {
        Certainty::Exact => "",
        Certainty::SameClient | Certainty::SameNetwork => "~ ",
    };
    let outcome = match line.status {
        OperationStatus::Success => "ok",
        OperationStatus::Error => "refused",
    };
    let known = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    vec![
        line.time.to_string().replace('T', " ").chars().take(23).collect(),
        duration(line.after_ms),
        format!("{mark}{}", line.step.as_str()),
        line.event.clone(),
        outcome.to_owned(),
        known(&line.network),
        known(&line.user),
        what(line),
    ]
}

/// What else is worth knowing of a line, the reason of a refusal first.
fn what(line: &Line) -> String {
    let parts = [
        line.error.clone(),
        line.detail.clone(),
        line.redirect_uri.as_ref().map(|uri| format!("to {uri}")),
        line.scope.as_ref().map(|scope| format!("scope {scope}")),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    parts.join("; ")
}

/// A duration for people.
fn duration(milliseconds: u64) -> String {
    match milliseconds {
        0..1_000 => format!("{milliseconds} ms"),
        1_000..60_000 => format!("{}.{} s", milliseconds / 1_000, milliseconds % 1_000 / 100),
        60_000..3_600_000 => format!(
            "{} min {} s",
            milliseconds / 60_000,
            milliseconds % 60_000 / 1_000
        ),
        _ => format!(
            "{} h {} min",
            milliseconds / 3_600_000,
            milliseconds % 3_600_000 / 60_000
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn durations_are_read_at_a_glance() {
        for (milliseconds, text) in [
            (0, "0 ms"),
            (999, "999 ms"),
            (1_250, "1.2 s"),
            (61_000, "1 min 1 s"),
            (7_260_000, "2 h 1 min"),
        ] {
            assert_eq!(duration(milliseconds), text);
        }
    }
}
