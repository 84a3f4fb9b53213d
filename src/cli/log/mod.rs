//! `mxcp-actor log`: the audit log, newest record first.
//!
//! - `since`: how far back. `listing`: what is printed. `export`: what is written to files.

mod export;
mod listing;
mod since;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use mxcp_actors::audit_logger::reading::{AuditFilter, AuditReader, Skipped, read_log};
use mxcp_actors::domain::audit_event::{OperationStatus, OperationType, PolicyDecision};
use mxcp_actors::domain::clock::{Clock as _, SystemClock};

use super::console::Verdict;
use super::project::ProjectFlags;
use super::{CommandError, Surroundings};
use crate::app::audit_export;

/// Records that are shown where nobody says how many or how far back.
const SHOWN: usize = 100;

/// What `log` can be told. All conditions must hold; of `--tool`, `--resource` and `--prompt` one.
#[derive(Debug, Args)]
pub(super) struct Log {
    #[command(flatten)]
    project: ProjectFlags,

    /// Calls of this tool.
    #[arg(long, value_name = "NAME")]
    tool: Option<String>,

    /// Reads of this resource, by its URI as the definition has it.
    #[arg(long, value_name = "URI")]
    resource: Option<String>,

    /// Uses of this prompt.
    #[arg(long, value_name = "NAME")]
    prompt: Option<String>,

    /// Records of this kind.
    #[arg(long = "type")]
    kind: Option<Kind>,

    /// Records with this decision of the policies; n/a is any.
    #[arg(long)]
    policy: Option<Policy>,

    /// Records that ended like this.
    #[arg(long)]
    status: Option<Status>,

    /// Records of this user: id, login name or e-mail address.
    #[arg(long, value_name = "USER")]
    user: Option<String>,

    /// Records of this trace, 32 hexadecimal digits.
    #[arg(long, value_name = "ID")]
    trace_id: Option<String>,

    /// Records of the last so many seconds, minutes, hours or days: 30s, 10m, 2h, 1d.
    #[arg(long, value_name = "TIME", value_parser = since::parse)]
    since: Option<Duration>,

    /// That many records at most: 100 unless said otherwise, all with --since; exports have all.
    #[arg(long, value_name = "NUMBER")]
    limit: Option<usize>,

    /// Writes the records to a CSV file.
    #[arg(long, value_name = "FILE")]
    export_csv: Option<PathBuf>,

    /// Writes the records to the table `audit_logs` of a DuckDB file.
    #[arg(long, value_name = "FILE")]
    export_duckdb: Option<PathBuf>,

    /// Prints JSON.
    #[arg(long = "json", alias = "json-output")]
    pub(super) json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    Tool,
    Resource,
    Prompt,
    Auth,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Policy {
    Allow,
    Deny,
    Warn,
    #[value(name = "n/a")]
    Any,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Status {
    Success,
    Error,
}

impl Log {
    pub(super) fn run(&self, surroundings: &Surroundings) -> Result<Verdict, CommandError> {
        let config = self.project.load(surroundings)?;
        if !config.audit.enabled {
            return Err(CommandError::AuditOff {
                profile: config.project.profile,
            });
        }
        let is_export = self.export_csv.is_some() || self.export_duckdb.is_some();
        let read = || read_log(&config.audit.path, self.filter(is_export));
        let at = |file: &PathBuf| surroundings.working_directory.join(file);
        if let Some(file) = &self.export_csv {
            let mut records = read()?;
            let count = export::csv(&mut records, &at(file))?;
            told(count, file, records.skipped());
        }
        if let Some(file) = &self.export_duckdb {
            let mut records = read()?;
            let count = audit_export::to_duckdb(&mut records, &at(file))?;
            told(count, file, records.skipped());
        }
        if !is_export {
            self.show(read()?)?;
        }
        Ok(Verdict::Good)
    }

    fn show(&self, mut records: AuditReader) -> std::io::Result<()> {
        let most = self.most_shown().unwrap_or(usize::MAX);
        let shown: Vec<_> = records.by_ref().take(most).map(listing::as_shown).collect();
        let more_match = records.next().is_some();
        warn_of(records.skipped());
        match self.json {
            true => listing::print_json(&shown, more_match),
            false => listing::print_text(&shown, more_match),
        }
    }

    /// Who says how far back wants all of that.
    fn most_shown(&self) -> Option<usize> {
        self.limit.or_else(|| self.since.is_none().then_some(SHOWN))
    }

    fn filter(&self, is_export: bool) -> AuditFilter {
        AuditFilter {
            tool: self.tool.clone(),
            resource: self.resource.clone(),
            prompt: self.prompt.clone(),
            operation_type: self.kind.map(|kind| match kind {
                Kind::Tool => OperationType::Tool,
                Kind::Resource => OperationType::Resource,
                Kind::Prompt => OperationType::Prompt,
                Kind::Auth => OperationType::Auth,
            }),
            policy: self.policy.and_then(|policy| match policy {
                Policy::Allow => Some(PolicyDecision::Allow),
                Policy::Deny => Some(PolicyDecision::Deny),
                Policy::Warn => Some(PolicyDecision::Warn),
                Policy::Any => None,
            }),
            status: self.status.map(|status| match status {
                Status::Success => OperationStatus::Success,
                Status::Error => OperationStatus::Error,
            }),
            since: self.since.map(|since| SystemClock.now() - since),
            user: self.user.clone(),
            trace_id: self.trace_id.clone(),
            // One more than is shown, because whether there is one is told.
            limit: self
                .most_shown()
                .filter(|_| !is_export)
                .map(|most| most.saturating_add(1)),
        }
    }
}

fn told(count: usize, file: &std::path::Path, skipped: Skipped) {
    warn_of(skipped);
    eprintln!("{count} records written to {}", file.display());
}

/// What was passed over is told, so that nobody takes a damaged log for a complete one.
pub(super) fn warn_of(skipped: Skipped) {
    let Skipped {
        torn_lines,
        foreign_lines,
        oversized_lines,
        unreadable_segments,
    } = skipped;
    for (count, what) in [
        (torn_lines, "unfinished lines"),
        (foreign_lines, "lines that are no records"),
        (oversized_lines, "lines that are too long"),
        (unreadable_segments, "segments that cannot be read"),
    ] {
        if count > 0 {
            eprintln!("warning: passed over {count} {what}");
        }
    }
}
