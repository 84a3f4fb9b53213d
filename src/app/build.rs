//! From a checked configuration to the parts of a running server, in the order in which they depend on each other.

use std::path::Path;
use std::sync::Arc;

use mxcp_actors::sql_executor::engine::generation::{Generation, InstanceSettings};
use mxcp_actors::sql_executor::engine::limits::ResultLimits;
use mxcp_actors::sql_executor::messages::QueryLimits;

use super::StartError;
use crate::config::{Config, Limits};
use crate::endpoints::load::{self, ProjectFolders};
use crate::endpoints::{check, registry::Registry};
use crate::mcp::catalog::Catalog;

/// Opens the project's database with the settings that the configuration decides.
pub fn open_database(config: &Config) -> Result<Arc<Generation>, StartError> {
    let path = &config.database.path;
    let settings = InstanceSettings {
        read_only: config.database.readonly,
        data_directories: vec![config.paths.data.clone()],
        ..InstanceSettings::default()
    };
    if path == Path::new(":memory:") {
        return Ok(Generation::in_memory(&settings)?);
    }
    create_folder_of(path)?;
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

fn create_folder_of(path: &Path) -> Result<(), StartError> {
    let Some(folder) = path.parent() else {
        return Ok(());
    };
    std::fs::create_dir_all(folder).map_err(|source| StartError::Folder {
        folder: folder.to_owned(),
        source,
    })
}

/// Loads and checks the project's definitions. A mistake stops the start, unless `ignore_errors` leaves bad files out.
pub fn load_catalog(
    config: &Config,
    generation: &Arc<Generation>,
    ignore_errors: bool,
) -> Result<Catalog, StartError> {
    let loaded = load::load(&ProjectFolders {
        root: &config.project.root,
        tools: &config.paths.tools,
        resources: &config.paths.resources,
        prompts: &config.paths.prompts,
    });
    let files = check::check(loaded.files, &mut generation.session()?);
    let of_files = files.iter().flat_map(|file| &file.warnings);
    for warning in loaded.warnings.iter().chain(of_files) {
        log::warn!("{warning}");
    }
    let (definitions, failures) = load::settle(files, ignore_errors)?;
    for failure in failures {
        log::error!("left out {}: {}", failure.path.display(), failure.error);
    }
    let registry = Registry::new(definitions);
    log::info!(
        "{} tools, {} resources, {} prompts",
        registry.tools().len(),
        registry.resources().len() + registry.resource_templates().len(),
        registry.prompts().len()
    );
    Ok(Catalog::new(registry, query_limits(&config.limits))?)
}

fn query_limits(limits: &Limits) -> QueryLimits {
    QueryLimits {
        timeout: limits.query_timeout,
        result: ResultLimits {
            max_rows: limits.max_rows,
            max_result_bytes: limits.max_result_bytes,
        },
    }
}
