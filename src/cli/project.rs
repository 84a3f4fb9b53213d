//! The flags that every command on a project has, and the configuration that they lead to.

use clap::Args;

use super::Surroundings;
use crate::app::telemetry;
use crate::config::{self, Config, Flags, Inputs};
use crate::yaml::Problems;

/// Which profile, and how much is said.
#[derive(Debug, Args)]
pub(super) struct ProjectFlags {
    /// The profile to use (default: `MXCP_PROFILE`, then the project's own).
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,

    /// Logs every step to standard error.
    #[arg(long)]
    debug: bool,
}

impl ProjectFlags {
    /// Starts logging and reads the configuration. Warnings about settings are `serve`'s and `validate`'s to tell.
    pub(super) fn load(&self, surroundings: &Surroundings) -> Result<Config, Problems> {
        self.load_with(surroundings, Flags::default())
    }

    /// The same with what else the command line decides.
    pub(super) fn load_with(&self, surroundings: &Surroundings, flags: Flags) -> Result<Config, Problems> {
        telemetry::start_command_logging(self.debug);
        config::load(&Inputs {
            working_directory: &surroundings.working_directory,
            environment: &surroundings.environment,
            flags: &Flags {
                profile: self.profile.clone(),
                debug: self.debug,
                ..flags
            },
        })
    }
}
