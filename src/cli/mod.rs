//! The command line: what can be said, and one file per subcommand for what it means.

mod serve;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::app::telemetry;

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
}

impl CommandLine {
    /// Runs the command. Errors go to standard error, once, in words; the exit code says that there was one.
    pub fn run(self) -> ExitCode {
        let Command::Serve(command) = self.command;
        telemetry::start_logging(command.debug);
        match command.run() {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                log::error!("{error}");
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
