//! The command line: what can be said, and one file per subcommand for what it means.
//!
//! Results go to standard output, everything else to standard error; `console` prints both forms of a result. Must not
//! live here: what a command does beyond reading its flags and printing (see `app`).

mod auth;
mod console;
mod doctor;
mod indent;
mod list;
mod log;
mod parameters;
mod project;
mod query;
mod run;
mod serve;
mod table;
mod user_context;
mod validate;

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use mxcp_actors::audit_logger::reading::ReadError;

use self::auth::AuthError;
use self::console::Verdict;
use self::doctor::DoctorError;
use self::parameters::Unusable;
use self::user_context::ContextError;
use crate::admin::flow::FlowError;
use crate::app::StartError;
use crate::app::audit_export::ExportError;
use crate::app::commands::RunError;
use crate::yaml::Problems;

/// A production MCP server with OAuth 2.1 and SQL inside.
#[derive(Debug, Parser)]
#[command(name = "mxcp-actor", version)]
pub struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Starts the MCP server for the project in this folder.
    Serve(serve::Serve),
    /// Lists the tools, resources and prompts of the project.
    List(list::List),
    /// Checks the definitions of the project without running any SQL.
    Validate(validate::Validate),
    /// Calls a tool, reads a resource or renders a prompt.
    Run(run::Run),
    /// Runs one SQL statement on the project's database.
    Query(query::Query),
    /// Shows or exports the audit log.
    Log(log::Log),
    /// Examines a running server from outside, as the programs do that people connect with.
    Doctor(doctor::Doctor),
    /// Helps with logins: their configuration, and what became of one.
    Auth(auth::Auth),
}

/// Where and in which environment the program was started. Read once, by `main`.
#[derive(Debug)]
pub struct Surroundings {
    /// The folder that the program was started in.
    pub working_directory: PathBuf,
    /// The environment; variables that are no text are left out.
    pub environment: BTreeMap<String, String>,
}

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
enum CommandError {
    #[error("{0}")]
    Configuration(#[from] Problems),
    #[error("{0}")]
    Start(#[from] StartError),
    #[error("{0}")]
    Auth(#[from] AuthError),
    #[error("{0}")]
    AuditLog(#[from] ReadError),
    #[error("{0}")]
    Flow(#[from] FlowError),
    #[error("{0}")]
    Doctor(#[from] DoctorError),
    #[error("{0}")]
    Run(#[from] RunError),
    #[error("{0}")]
    Parameter(#[from] Unusable),
    #[error("{0}")]
    UserContext(#[from] ContextError),
    #[error("{}: {source}", file.display())]
    File { file: PathBuf, source: io::Error },
    #[error("JSON cannot be written: {0}")]
    Json(#[from] serde_json::Error),
    #[error("{0}")]
    Export(#[from] ExportError),
    #[error("the profile {profile} has audit.enabled: false, so there is no audit log to read")]
    AuditOff { profile: String },
    #[error("standard output cannot be written: {0}")]
    Output(#[from] io::Error),
}

impl Command {
    fn run(self, surroundings: &Surroundings) -> Result<Verdict, CommandError> {
        match self {
            Self::Serve(command) => command.run(surroundings)?,
            Self::List(command) => return command.run(surroundings),
            Self::Validate(command) => return command.run(surroundings),
            Self::Run(command) => return command.run(surroundings),
            Self::Query(command) => return command.run(surroundings),
            Self::Log(command) => return command.run(surroundings),
            Self::Doctor(command) => return command.run(surroundings),
            Self::Auth(command) => return command.run(surroundings),
        }
        Ok(Verdict::Good)
    }

    /// Whether a program reads the answer, errors included.
    fn wants_json(&self) -> bool {
        match self {
            Self::List(command) => command.json_output,
            Self::Validate(command) => command.json_output,
            Self::Run(command) => command.json_output,
            Self::Query(command) => command.json_output,
            Self::Log(command) => command.json,
            Self::Serve(command) => command.wants_json(),
            Self::Doctor(command) => command.json_output,
            Self::Auth(command) => command.wants_json(),
        }
    }
}

impl CommandLine {
    /// Runs the command. Errors go to standard error, once, in words; for programs also to standard output, in JSON. The exit
    /// code is 0 if all went well and 1 otherwise; a command line that makes no sense never comes here.
    pub fn run(self, surroundings: &Surroundings) -> ExitCode {
        let wants_json = self.command.wants_json();
        match self.command.run(surroundings) {
            Ok(Verdict::Good) => ExitCode::SUCCESS,
            Ok(Verdict::Bad) => ExitCode::FAILURE,
            Err(error) => {
                eprintln!("{error}");
                if wants_json && let Err(unwritten) = print_failure(&error) {
                    eprintln!("{unwritten}");
                }
                ExitCode::FAILURE
            }
        }
    }
}

/// The error for programs; with bad definitions, those too.
fn print_failure(error: &CommandError) -> io::Result<()> {
    let told = error.to_string();
    match error {
        CommandError::Start(StartError::Definitions { failed, .. }) => {
            let definitions = failed
                .iter()
                .map(|file| (file.path.display().to_string(), file.error.as_str()));
            console::print_failed_definitions(&told, definitions)
        }
        _ => console::print_failure(&told),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::CommandLine;

    #[test]
    fn the_command_line_is_well_formed() {
        CommandLine::command().debug_assert();
    }
}
