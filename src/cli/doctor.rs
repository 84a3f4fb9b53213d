//! `mxcp-actor doctor`: examines a running server from outside, as the programs do that people connect with.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use mxcp_actors::domain::clock::SystemClock;
use mxcp_actors::domain::pkce::CodeVerifier;
use mxcp_actors::domain::randomness::{Randomness, RandomnessUnavailable, SystemRandomness};
use mxcp_actors::domain::secret::Secret;
use mxcp_actors::outbound::{NoProbe, ProbeClient};
use serde::Serialize;

use super::console::{self, Verdict};
use super::{CommandError, Surroundings, table};
use crate::app::telemetry;
use crate::doctor::profile::{PROFILES, Profile};
use crate::doctor::report::{Finding, Outcome, Report};
use crate::doctor::target::{NoTarget, Target, mcp_address};
use crate::doctor::{Examination, Identity, examine};

/// The longest secret that is read from a file, in bytes.
const LONGEST_SECRET: u64 = 16 * 1024;

/// What `doctor` can be told.
#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// The address that users give to their clients, such as <https://mcp.example.com/mcp>; a bare address means its `/mcp`.
    #[arg(long, value_name = "URL")]
    url: String,

    /// Plays this client alone; can be given several times.
    #[arg(long, value_name = "NAME", value_parser = profile)]
    client: Vec<Profile>,

    /// Believes the certificates of these authorities (PEM) besides those of this machine.
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,

    /// Logs in as this user of the local provider; the password is read from --password-file.
    #[arg(
        long,
        value_name = "NAME",
        requires = "password_file",
        conflicts_with = "token_file"
    )]
    username: Option<String>,

    /// The file with that password; - is standard input.
    #[arg(long, value_name = "FILE", requires = "username")]
    password_file: Option<PathBuf>,

    /// Calls with the access token in this file; - is standard input.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,

    /// Waits so many seconds for each answer.
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=120))]
    timeout: u64,

    /// Prints JSON.
    #[arg(long)]
    pub(super) json_output: bool,

    /// Logs every step to standard error.
    #[arg(long)]
    debug: bool,
}

/// Why nothing is examined.
#[derive(Debug, thiserror::Error)]
pub(super) enum DoctorError {
    /// The address.
    #[error("{0}")]
    Target(#[from] NoTarget),
    /// A file.
    #[error("{}: {source}", file.display())]
    File { file: PathBuf, source: io::Error },
    /// A file with a secret has none.
    #[error("{}: it is empty", .0.display())]
    Empty(PathBuf),
    /// The authorities.
    #[error("{}: {source}", file.display())]
    Authorities { file: PathBuf, source: NoProbe },
    /// The client cannot be made.
    #[error("{0}")]
    Client(#[from] NoProbe),
    /// Nothing secret can be made.
    #[error("{0}")]
    Randomness(#[from] RandomnessUnavailable),
}

/// The result for programs.
#[derive(Serialize)]
struct Told<'a> {
    url: &'a str,
    ok: usize,
    warnings: usize,
    failed: usize,
    #[serde(flatten)]
    report: &'a Report,
}

fn profile(name: &str) -> Result<Profile, String> {
    let names = || PROFILES.map(|profile| profile.name).join(", ");
    Profile::named(name).ok_or_else(|| format!("expected one of {}", names()))
}

impl Doctor {
    pub(super) fn run(&self, surroundings: &Surroundings) -> Result<Verdict, CommandError> {
        telemetry::start_command_logging(self.debug);
        let report = self.examine(&surroundings.working_directory)?;
        match self.json_output {
            true => console::print_json(&Told {
                url: &self.url,
                ok: report.count(Outcome::Ok),
                warnings: report.count(Outcome::Warn),
                failed: report.count(Outcome::Failed),
                report: &report,
            })?,
            false => print(&report)?,
        }
        Ok(Verdict::of(report.is_good()))
    }

    fn examine(&self, folder: &Path) -> Result<Report, DoctorError> {
        let mcp = mcp_address(&self.url)?;
        let authorities = self.ca_file.as_ref().map(|file| folder.join(file));
        let pem = authorities.as_ref().map(|file| {
            fs::read(file).map_err(|source| DoctorError::File {
                file: file.clone(),
                source,
            })
        });
        let pem = pem.transpose()?;
        let identity = self.identity(folder)?;
        let randomness: &dyn Randomness = &SystemRandomness::new();
        let verifier = CodeVerifier::from_bits(&randomness.bytes()?);
        let host = mcp.host_str().unwrap_or_default().to_owned();
        let played: Vec<Profile> = match self.client.is_empty() {
            true => PROFILES.to_vec(),
            false => self.client.clone(),
        };
        actix_rt::System::new().block_on(async {
            let limit = Duration::from_secs(self.timeout);
            let client = ProbeClient::new(&host, pem.as_deref(), limit, Arc::new(SystemClock));
            let client = client.map_err(|source| match authorities {
                Some(file) => DoctorError::Authorities { file, source },
                None => DoctorError::Client(source),
            })?;
            let examination = Examination {
                target: &Target::new(client, mcp),
                profiles: &played,
                identity,
                verifier,
            };
            Ok(examine(&examination).await)
        })
    }

    fn identity(&self, folder: &Path) -> Result<Identity, DoctorError> {
        match (&self.username, &self.password_file, &self.token_file) {
            (Some(name), Some(file), _) => Ok(Identity::User {
                name: name.clone(),
                password: secret(folder, file)?,
            }),
            (_, _, Some(file)) => Ok(Identity::Token(secret(folder, file)?)),
            (_, _, None) => Ok(Identity::Nobody),
        }
    }
}

/// What stands in a file, without the line break at its end.
fn secret(folder: &Path, file: &Path) -> Result<Secret, DoctorError> {
    let failed = |source| DoctorError::File {
        file: file.to_owned(),
        source,
    };
    let mut text = String::new();
    let read = if file == Path::new("-") {
        io::stdin().lock().take(LONGEST_SECRET).read_to_string(&mut text)
    } else {
        let opened = fs::File::open(folder.join(file)).map_err(failed)?;
        opened.take(LONGEST_SECRET).read_to_string(&mut text)
    };
    read.map_err(failed)?;
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err(DoctorError::Empty(file.to_owned())),
        secret => Ok(Secret::new(secret)),
    }
}

fn print(report: &Report) -> io::Result<()> {
    let rows: Vec<Vec<String>> = report.findings.iter().map(row).collect();
    let mut text = table::of_texts(&["client", "check", "outcome", "what"], &rows);
    // Writing into a `String` has no failure to report.
    let _ = writeln!(
        text,
        "{} ok, {} to look at, {} failed",
        report.count(Outcome::Ok),
        report.count(Outcome::Warn),
        report.count(Outcome::Failed)
    );
    console::print(&text)
}

fn row(finding: &Finding) -> Vec<String> {
    let outcome = match finding.outcome {
        Outcome::Ok => "ok",
        Outcome::Warn => "warn",
        Outcome::Failed => "FAILED",
    };
    [finding.client, finding.check, outcome, &finding.detail]
        .map(str::to_owned)
        .to_vec()
}
