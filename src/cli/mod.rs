//! The command line: what can be said, and one file per subcommand for what it means.

mod auth;
mod serve;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

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
    /// Helps with the configuration of logins.
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

impl CommandLine {
    /// Runs the command. Errors go to standard error, once, in words; the exit code says that there was one.
    pub fn run(self, surroundings: &Surroundings) -> ExitCode {
        let outcome = match self.command {
            Command::Serve(command) => command.run(surroundings).map_err(|error| error.to_string()),
            Command::Auth(command) => command.run().map_err(|error| error.to_string()),
        };
        match outcome {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        }
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
