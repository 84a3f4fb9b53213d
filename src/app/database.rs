//! The project's database at start: where it is, what it may reach, and the statements that prepare it.

use std::path::Path;
use std::sync::Arc;

use mxcp_actors::sql_executor::engine::generation::{Generation, InstanceSettings};

use super::StartError;
use crate::config::Config;

/// The longest file of statements that is run at start.
const MOST_INIT_BYTES: u64 = 16 * 1024 * 1024;

/// The settings of the project's database that the configuration decides.
pub fn settings(config: &Config) -> InstanceSettings {
    InstanceSettings {
        read_only: config.database.readonly,
        data_directories: vec![config.paths.data.clone()],
        max_temp_directory_bytes: config.limits.max_temp_directory_bytes,
        ..InstanceSettings::default()
    }
}

/// Opens the project's database with the settings that the configuration decides, and prepares it.
pub fn open(config: &Config) -> Result<Arc<Generation>, StartError> {
    let open = || {
        let generation = open_file(config)?;
        prepare(config, &generation)?;
        Ok(generation)
    };
    open().map_err(|error: StartError| error.placed(&config.written))
}

fn open_file(config: &Config) -> Result<Arc<Generation>, StartError> {
    let path = &config.database.path;
    let settings = settings(config);
    if path == Path::new(":memory:") {
        return Ok(Generation::in_memory(&settings)?);
    }
    create_folder_of(path, config.written.deciding("duckdb.path", "paths.data"))?;
    if settings.read_only && !path.exists() {
        // A read-only instance cannot make the file; an empty database is what an empty project has.
        drop(Generation::open(
            path,
            &InstanceSettings {
                read_only: false,
                ..settings.clone()
            },
        )?);
    }
    Ok(Generation::open(path, &settings)?)
}

/// Opens a database to prepare statements on, and never to run any of a definition: the project's own, for reading, or while
/// there is none an empty one in memory that the project's statements prepare.
pub fn open_scratch(config: &Config) -> Result<Arc<Generation>, StartError> {
    scratch(config).map_err(|error| error.placed(&config.written))
}

fn scratch(config: &Config) -> Result<Arc<Generation>, StartError> {
    let path = &config.database.path;
    let settings = InstanceSettings {
        read_only: path.exists(),
        ..settings(config)
    };
    if settings.read_only {
        return Ok(Generation::open(path, &settings)?);
    }
    let generation = Generation::in_memory(&settings)?;
    prepare(config, &generation)?;
    Ok(generation)
}

/// Runs the project's own statements, if it has some.
fn prepare(config: &Config, generation: &Arc<Generation>) -> Result<(), StartError> {
    let Some(path) = &config.database.init_file else {
        return Ok(());
    };
    let unreadable = |reason: String| StartError::InitFile {
        path: path.clone(),
        line: None,
        reason,
    };
    let size = std::fs::metadata(path)
        .map_err(|error| unreadable(error.to_string()))?
        .len();
    if size > MOST_INIT_BYTES {
        return Err(unreadable(format!("is larger than {MOST_INIT_BYTES} bytes")));
    }
    let sql = std::fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
    let count = generation
        .run_script(&sql)
        .map_err(|error| StartError::InitFile {
            path: path.clone(),
            line: error.line(),
            reason: error.to_string(),
        })?;
    log::info!("{}: {count} statements prepared the database", path.display());
    Ok(())
}

fn create_folder_of(path: &Path, setting: &'static str) -> Result<(), StartError> {
    let Some(folder) = path.parent() else {
        return Ok(());
    };
    std::fs::create_dir_all(folder).map_err(|source| StartError::Folder {
        setting,
        folder: folder.to_owned(),
        source,
    })
}
