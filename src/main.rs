//! The program: parse the command line, run the command, end with its exit code. Nothing is decided here.

use std::process::ExitCode;

use clap::Parser as _;
use mxcp_actor::app::panics;
use mxcp_actor::cli::{CommandLine, Surroundings};

/// A call's memory is taken by one thread and given back by another, which glibc's allocator pays for with locks. With the
/// feature `override` it serves DuckDB as well, whose small queries spent a third of their time in glibc's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    panics::tell_without_values();
    let command = CommandLine::parse();
    match surroundings() {
        Ok(surroundings) => command.run(&surroundings),
        Err(error) => {
            eprintln!("the working directory cannot be read: {error}");
            ExitCode::FAILURE
        }
    }
}

fn surroundings() -> std::io::Result<Surroundings> {
    let variables = std::env::vars_os();
    Ok(Surroundings {
        working_directory: std::env::current_dir()?,
        environment: variables
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect(),
    })
}
