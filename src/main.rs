//! The program: parse the command line, run the command, end with its exit code. Nothing is decided here.

use std::process::ExitCode;

use clap::Parser as _;
use mxcp_actor::cli::CommandLine;

fn main() -> ExitCode {
    CommandLine::parse().run()
}
