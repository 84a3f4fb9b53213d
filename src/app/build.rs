//! From a checked configuration to the parts of a running server, in the order in which they depend on each other.

use std::sync::Arc;
use std::time::Duration;

use mxcp_actors::audit_logger::actor::{AuditLogger, RunningAuditLogger};
use mxcp_actors::audit_logger::audit_log::AuditLog;
use mxcp_actors::audit_logger::segment_name::InstanceId;
use mxcp_actors::audit_logger::settings::{AuditLoggerSettings, Overflow};
use mxcp_actors::domain::clock::Clock;
use mxcp_actors::sql_executor::checker::Checker;
use mxcp_actors::sql_executor::engine::generation::Generation;
use mxcp_actors::sql_executor::engine::limits::ResultLimits;
use mxcp_actors::sql_executor::messages::QueryLimits;

use super::{FailedDefinition, StartError, provider, scopes, verifier};
use crate::admin::endpoints::Endpoint;
use crate::config::{self, AuditOverflow, Auth, AuthMode, Config, Hidden, Limits, Project, TransportKind};
use crate::endpoints::built_in::{self, SqlToolsSettings};
use crate::endpoints::check;
use crate::endpoints::load::{self, DefinitionFile, FolderPlaces, Load, Loaded, ProjectFolders};
use crate::endpoints::registry::{Registry, Runnable};
use crate::mcp::catalog::Catalog;
use crate::mcp::visibility::Hiding;
use crate::yaml::KeyPath;

/// Relative file names in SQL start at the project's folder.
pub fn enter(config: &Config) -> Result<(), StartError> {
    std::env::set_current_dir(&config.project.root).map_err(|source| StartError::ProjectFolder {
        folder: config.project.root.clone(),
        source,
    })
}

/// Where the project keeps its definitions.
pub fn project_folders(config: &Config) -> ProjectFolders<'_> {
    ProjectFolders {
        root: &config.project.root,
        tools: &config.paths.tools,
        resources: &config.paths.resources,
        prompts: &config.paths.prompts,
        places: FolderPlaces {
            tools: config.written.own_place("paths.tools"),
            resources: config.written.own_place("paths.resources"),
            prompts: config.written.own_place("paths.prompts"),
        },
    }
}

/// Reads the project's definitions and those of the built-in tools.
pub fn load_definitions(config: &Config) -> Load {
    warned(
        config,
        load::load(&project_folders(config)).with(built_in_tools(&config.sql_tools)),
    )
}

/// Reads the project's definitions alone, none of which may have the name of a built-in tool.
pub fn load_own_definitions(config: &Config) -> Load {
    warned(
        config,
        load::load(&project_folders(config)).beside(built_in_tools(&config.sql_tools)),
    )
}

/// With warnings of names that only the built-in tools may have once they are on.
fn warned(config: &Config, mut load: Load) -> Load {
    if !config.sql_tools.enabled {
        built_in::warn_of_names(&mut load.files);
    }
    load
}

/// Checks definitions on this database, as long as the configuration lets it take.
pub fn checker(config: &Config, generation: &Arc<Generation>) -> Checker {
    Checker::new(generation, config.limits.check_timeout)
}

/// Loads and checks the project's definitions. A mistake stops the start, unless `ignore_errors` leaves bad files out.
pub fn load_catalog(
    config: &Config,
    generation: &Arc<Generation>,
    ignore_errors: bool,
) -> Result<(Catalog, Vec<Endpoint>), StartError> {
    let loaded = load_definitions(config);
    let files = check::check(loaded.files, &mut checker(config, generation));
    let of_files = files.iter().flat_map(|file| &file.warnings);
    for warning in loaded.warnings.iter().chain(of_files) {
        log::warn!("{warning}");
    }
    let endpoints: Vec<Endpoint> = files.iter().map(endpoint).collect();
    let (definitions, left_out) =
        load::settle(files, ignore_errors).map_err(|problems| StartError::Definitions {
            failed: failures(&endpoints),
            problems,
        })?;
    for problem in left_out.errors() {
        log::error!("left out: {problem}");
    }
    let registry = Registry::new(definitions);
    log::info!(
        "tools: {}, resources: {}, prompts: {}",
        registry.tools().len(),
        registry.resources().len() + registry.resource_templates().len(),
        registry.prompts().len()
    );
    scopes::warn_unreachable(&config.auth, &registry)?;
    let catalog = Catalog::new(registry, query_limits(&config.limits), hiding(&config.auth))?;
    Ok((catalog, endpoints))
}

/// What callers do not see.
pub fn hiding(auth: &Auth) -> Hiding {
    Hiding {
        denied: auth.hidden.contains(&Hidden::Denied),
        out_of_scope: auth.hidden.contains(&Hidden::OutOfScope),
    }
}

/// The files that have mistakes, each with the first of them.
fn failures(endpoints: &[Endpoint]) -> Vec<FailedDefinition> {
    let failed = endpoints.iter().filter_map(|endpoint| {
        Some(FailedDefinition {
            path: endpoint.path.clone(),
            error: endpoint.error.clone()?,
        })
    });
    failed.collect()
}

/// The file as operators see it.
fn endpoint(file: &DefinitionFile<Runnable>) -> Endpoint {
    let description = file.content.as_ref().ok().and_then(|runnable| match runnable {
        Runnable::Tool(tool) => tool.definition.description.clone(),
        Runnable::Resource(resource) => resource.definition.description.clone(),
        Runnable::Prompt(prompt) => prompt.definition.description.clone(),
    });
    Endpoint {
        path: file.path.clone(),
        kind: file.kind.map_or("", |kind| kind.key()),
        name: file.name.clone(),
        description,
        error: file.error(),
    }
}

/// The built-in SQL tools, if the project wants them.
fn built_in_tools(configured: &config::SqlTools) -> Vec<DefinitionFile<Loaded>> {
    if !configured.enabled {
        return Vec::new();
    }
    built_in::sql_tools(&SqlToolsSettings {
        sees_external_token: configured.allow_external_token,
        execute_sql_query: configured.execute_sql_query_description.clone(),
        list_tables: configured.list_tables_description.clone(),
        get_table_schema: configured.get_table_schema_description.clone(),
    })
}

/// Settings that would make the server less than what its operator asked for are refused until they work.
pub fn refuse_unbuilt(config: &Config) -> Result<(), StartError> {
    let transport = &config.transport;
    if transport.kind == TransportKind::Sse {
        return Err(StartError::NoTransport);
    }
    if config.auth.mode == AuthMode::Issuer && !config.auth.is_open() {
        provider::login_kind(&config.auth.provider)?;
    }
    verifier::refuse_unknown_audience(config)
}

/// Says which settings are read and have no effect yet.
pub fn warn_unbuilt(config: &Config) {
    let place = |setting: &str| {
        let place = config.written.place(setting);
        place.map_or_else(String::new, |place| format!("{place}: "))
    };
    if config.telemetry.enabled {
        log::warn!(
            "{}telemetry.enabled: nothing is exported over OpenTelemetry yet; metrics are served by the admin interface, at /metrics",
            place("telemetry.enabled")
        );
    }
    let of_profile = |key| {
        let Project { name, profile, .. } = &config.project;
        let way = ["projects", name, "profiles", profile, key];
        way.iter().fold(KeyPath::root(), |path, key| path.key(key))
    };
    for (setting, is_set) in [
        (KeyPath::root().key("extensions"), !config.extensions.is_empty()),
        (KeyPath::root().key("plugin"), !config.plugins.is_empty()),
        (KeyPath::root().key("secrets"), !config.secret_names.is_empty()),
        (of_profile("plugin"), !config.plugin_config.is_empty()),
        (of_profile("secrets"), !config.duckdb_secrets.is_empty()),
    ] {
        if is_set {
            log::warn!(
                "{}{setting}: nothing of it reaches DuckDB yet; statements that need it fail",
                place(setting.as_str())
            );
        }
    }
}

/// The limits of a query that has none of its own.
pub fn query_limits(limits: &Limits) -> QueryLimits {
    QueryLimits {
        timeout: limits.query_timeout,
        result: ResultLimits {
            max_rows: limits.max_rows,
            max_result_bytes: limits.max_result_bytes,
        },
    }
}

/// The audit log while the server runs.
pub enum RunningAudit {
    /// `audit.enabled: false`: one line per call and login in the server's own log, and nothing else.
    Off,
    /// Segments are written.
    On(RunningAuditLogger),
}

/// Starts the audit log as the configuration says.
pub fn start_audit(
    config: &Config,
    instance: &InstanceId,
    clock: &Arc<dyn Clock>,
) -> Result<RunningAudit, StartError> {
    let audit = &config.audit;
    if !audit.enabled {
        return Ok(RunningAudit::Off);
    }
    let mut settings = AuditLoggerSettings::new(audit.path.clone(), instance.clone());
    settings.max_file_size = audit.max_file_size;
    settings.overflow = match audit.overflow {
        AuditOverflow::Count => Overflow::Count,
        AuditOverflow::Refuse => Overflow::Refuse,
    };
    let running = AuditLogger::launch(&settings, Arc::clone(clock)).map_err(|source| StartError::Audit {
        setting: config.written.deciding("audit.path", "paths.audit"),
        source,
    })?;
    Ok(RunningAudit::On(running))
}

impl RunningAudit {
    /// Where records go.
    pub fn log(&self) -> AuditLog {
        match self {
            Self::Off => AuditLog::off(),
            Self::On(running) => running.log.clone(),
        }
    }

    /// Writes what is still waiting. Call it when nothing is recorded any more.
    pub fn stop(self) {
        let Self::On(running) = self else { return };
        let report = running.stop(AUDIT_GRACE);
        if !report.is_complete {
            log::error!(
                "audit log: stopped with records that could not be written: {:?}",
                report.status
            );
        }
    }
}

/// How long the last records may take to be written.
const AUDIT_GRACE: Duration = Duration::from_secs(5);
