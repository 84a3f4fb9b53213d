//! The project's definitions looked at without serving them. Nothing here writes: no SQL runs, no database file is made.

use std::path::Path;

use super::{StartError, build, database};
use crate::config::Config;
use crate::endpoints::check;
use crate::endpoints::load::{self, DefinitionFile, Load};
use crate::endpoints::registry::Runnable;
use crate::yaml::Problem;

/// Checked definitions.
pub struct Checked {
    /// Every enabled definition file and what is wrong with it.
    pub files: Vec<DefinitionFile<Runnable>>,
    /// What the owner should know about files that were passed over.
    pub warnings: Vec<Problem>,
}

/// What the project's definition files say, SQL not looked at.
pub fn load(config: &Config) -> Load {
    build::load_own_definitions(config)
}

/// Checks one definition file, or all of the project. Statements are prepared and never run.
pub fn check(config: &Config, file: Option<&Path>) -> Result<Checked, StartError> {
    let loaded = match file {
        Some(path) => load::load_file(&build::project_folders(config), path),
        None => load(config),
    };
    build::enter(config)?;
    let scratch = database::open_scratch(config)?;
    Ok(Checked {
        files: check::check(loaded.files, &mut build::checker(config, &scratch)),
        warnings: loaded.warnings,
    })
}
