//! What commands run on the project's database without serving it: one call of an endpoint, one statement. The same
//! settings, limits and workers as in the server; nothing is recorded, as nobody but the operator was there.

use std::collections::BTreeMap;
use std::sync::Arc;

use mxcp_actors::audit_logger::audit_log::AuditLog;
use mxcp_actors::domain::audit_event::CallerType;
use mxcp_actors::domain::call_context::CallContext;
use mxcp_actors::domain::clock::SystemClock;
use mxcp_actors::domain::randomness::SystemRandomness;
use mxcp_actors::domain::user::Principal;
use mxcp_actors::error::CallError;
use mxcp_actors::handle::Handle;
use mxcp_actors::replica_bus::ReplicaBus;
use mxcp_actors::sql_executor::actor::SqlExecutor;
use mxcp_actors::sql_executor::checker::{CheckError, Checker};
use mxcp_actors::sql_executor::engine::QueryError;
use mxcp_actors::sql_executor::engine::generation::Generation;
use mxcp_actors::sql_executor::engine::identity::SqlIdentity;
use mxcp_actors::sql_executor::engine::plan::OutputPlan;
use mxcp_actors::sql_executor::engine::statement::Statement;
use mxcp_actors::sql_executor::messages::{QueryText, RunQuery};
use mxcp_actors::sql_executor::value::SqlValue;

use super::{StartError, build, database, serving};
use crate::config::Config;
use crate::endpoints::check;
use crate::endpoints::load::{self, DefinitionFile, Loaded};
use crate::endpoints::registry::{Registry, Runnable};
use crate::mcp::caller::Caller;
use crate::mcp::catalog::Catalog;
use crate::mcp::direct::{self, DirectCall, DirectCallError};
use crate::mcp::server::{Audit, McpServer};
use crate::mcp::sessions::Sessions;
use crate::yaml::Problems;

/// Why a command has no result.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The database or the definition cannot be used.
    #[error("{0}")]
    Start(#[from] StartError),
    /// The endpoint cannot be called, or its call failed.
    #[error("{0}")]
    Call(#[from] DirectCallError),
    /// No definition that can be read has the name, and a file that cannot be read may have it.
    #[error("{not_found}, as far as its files can be read:\n{problems}")]
    Unread {
        /// What was looked for.
        not_found: DirectCallError,
        /// What is wrong with the files whose name cannot be told.
        problems: Problems,
    },
    /// The statement cannot be used.
    #[error("{0}")]
    Check(#[from] CheckError),
    /// The statement failed.
    #[error("{0}")]
    Query(#[from] QueryError),
    /// Values that the statement has no use for, which are misspelt more often than not.
    #[error("the SQL does not use {}; {}", dollars(.unknown), used_names(.used))]
    UnknownParameters {
        /// The names that were given.
        unknown: Vec<String>,
        /// The names that the statement uses.
        used: Vec<String>,
    },
    /// Nobody ran it.
    #[error("{0}")]
    Actor(#[from] CallError),
}

/// On whose behalf an endpoint is called, and how strictly.
#[derive(Debug, Clone, Default)]
pub struct CallOptions {
    /// Whether the result is not held against the declared type. Its shape is what is declared either way.
    pub skips_output_check: bool,
    /// A user made up on the command line; nobody in particular otherwise.
    pub principal: Option<Arc<Principal>>,
    /// Request headers under lower-case names, as SQL sees them.
    pub headers: BTreeMap<String, String>,
}

impl CallOptions {
    fn caller(self) -> Caller {
        Caller {
            context: CallContext::anonymous("command-line"),
            came_by: CallerType::Cli,
            session: None,
            principal: self.principal,
            headers: Arc::new(self.headers),
        }
    }
}

/// Calls one endpoint. Mistakes in other definitions do not matter.
pub fn call_endpoint(
    config: &Config,
    call: DirectCall<'_>,
    options: CallOptions,
) -> Result<Vec<u8>, RunError> {
    build::enter(config)?;
    let files = definitions_of(config, call)?;
    let generation = database::open(config)?;
    let mut definitions = check_all(files, &mut build::checker(config, &generation))?;
    if options.skips_output_check {
        definitions.iter_mut().for_each(Runnable::skip_output_check);
    }
    let limits = build::query_limits(&config.limits);
    let hiding = build::hiding(&config.auth);
    let catalog = Catalog::new(Registry::new(definitions), limits, hiding).map_err(StartError::from)?;
    with_executor(config, &generation, async |executor| {
        let audit = Audit {
            log: AuditLog::off(),
            clock: Arc::new(SystemClock),
            randomness: Arc::new(SystemRandomness::new()),
            instance: String::new(),
        };
        let registry = serving::sessions_in_memory(&audit);
        let sessions = Sessions::new(registry.handle.clone(), ReplicaBus::alone());
        let server = McpServer::new(catalog, sessions, executor, audit);
        let result = direct::call(&server, &options.caller(), call).await;
        registry.stop().await;
        Ok(result?)
    })
}

/// The definitions that the name can mean.
fn definitions_of(config: &Config, call: DirectCall<'_>) -> Result<Vec<DefinitionFile<Loaded>>, RunError> {
    let is_meant = |file: &DefinitionFile<Loaded>| {
        file.kind.is_none_or(|kind| kind == call.kind) && file.name.as_deref() == Some(call.name)
    };
    let files = build::load_definitions(config).files.into_iter();
    let (meant, others): (Vec<_>, Vec<_>) = files.partition(is_meant);
    let mut problems = Problems::new();
    for file in others.into_iter().filter(|file| file.name.is_none()) {
        if let Err(wrong) = file.content {
            problems.append(wrong);
        }
    }
    match meant.is_empty() && !problems.is_empty() {
        true => Err(RunError::Unread {
            not_found: DirectCallError::not_found(call),
            problems,
        }),
        false => Ok(meant),
    }
}

fn check_all(files: Vec<DefinitionFile<Loaded>>, checker: &mut Checker) -> Result<Vec<Runnable>, StartError> {
    let (definitions, _) = load::settle(check::check(files, checker), false)?;
    Ok(definitions)
}

/// Runs one statement of the operator's. `values` answers what its parameters stand for, by name, each as what the statement
/// expects; a name that the statement does not use is an error.
pub fn run_query(
    config: &Config,
    sql: &str,
    values: impl FnOnce(&Statement) -> Vec<(String, SqlValue)>,
) -> Result<Vec<u8>, RunError> {
    build::enter(config)?;
    let generation = database::open(config)?;
    let statement = build::checker(config, &generation).check(sql, &[])?;
    let parameters = values(&statement);
    refuse_unknown(&statement, &parameters)?;
    let query = RunQuery {
        context: CallContext::anonymous("command-line"),
        endpoint: Arc::from("the statement"),
        parameters,
        statement: QueryText::Owner(statement),
        caller: Arc::new(SqlIdentity::nobody()),
        plan: Arc::new(OutputPlan::rows()),
        limits: build::query_limits(&config.limits),
    };
    with_executor(config, &generation, async |executor| {
        Ok(executor.run(query).await?.result?.json)
    })
}

fn refuse_unknown(statement: &Statement, values: &[(String, SqlValue)]) -> Result<(), RunError> {
    let used = statement.parameters().iter();
    let used: Vec<String> = used.map(|parameter| parameter.name.clone()).collect();
    let names = values.iter().map(|(name, _)| name);
    let unknown: Vec<String> = names.filter(|name| !used.contains(name)).cloned().collect();
    match unknown.is_empty() {
        true => Ok(()),
        false => Err(RunError::UnknownParameters { unknown, used }),
    }
}

/// Names as SQL writes them.
fn dollars(names: &[String]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("${name}")).collect();
    names.join(", ")
}

fn used_names(used: &[String]) -> String {
    match used.is_empty() {
        true => "it has no parameters".to_owned(),
        false => format!("its parameters are {}", dollars(used)),
    }
}

/// Runs `work` with a running executor, and stops it.
fn with_executor<T>(
    config: &Config,
    generation: &Arc<Generation>,
    work: impl AsyncFnOnce(Handle<SqlExecutor>) -> Result<T, RunError>,
) -> Result<T, RunError> {
    actix_rt::System::new().block_on(async {
        let settings = serving::executor_settings(&config.limits, false);
        let running = SqlExecutor::launch(generation, settings).map_err(StartError::Thread)?;
        let outcome = work(running.executors.handle()).await;
        running.stop();
        outcome
    })
}
