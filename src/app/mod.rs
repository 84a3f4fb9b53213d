//! The composition root: what is built from what, and how the process starts, runs and stops.

mod admin;
pub mod audit_export;
mod auth_server;
pub mod authentication;
pub mod build;
pub mod commands;
mod core_dumps;
pub mod database;
pub mod definitions;
pub mod lifecycle;
mod listening;
mod log_file;
pub mod log_writer;
pub mod panics;
mod placed;
mod provider;
mod scopes;
pub mod serving;
mod signals;
mod stdio;
mod stopping;
pub mod telemetry;
pub mod tls;
mod trusted_issuers;
mod user_mapping;
mod verifier;

use std::path::PathBuf;

use mxcp_actors::audit_logger::actor::LaunchError;
use mxcp_actors::domain::client::InvalidClientConfiguration;
use mxcp_actors::domain::randomness::RandomnessUnavailable;
use mxcp_actors::domain::scope::InvalidScope;
use mxcp_actors::outbound::NoCertificates;
use mxcp_actors::provider_broker::provider::ProviderError;
use mxcp_actors::sql_executor::engine::QueryError;
use mxcp_actors::sql_executor::engine::generation::OpenError;
use mxcp_actors::store::open::OpenStoreError;

use crate::mcp::catalog::InvalidTool;
use crate::oauth::{NoAddresses, NoServices, Unavailable};
use crate::yaml::{Location, Problems};

/// A definition file that keeps the server from starting.
#[derive(Debug)]
pub struct FailedDefinition {
    /// The file.
    pub path: PathBuf,
    /// The first of its mistakes, as `dotted.path: message`.
    pub error: String,
}

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration has mistakes: all of them, each with its place.
    #[error("{0}")]
    Problems(#[from] Problems),
    /// The definitions have mistakes.
    #[error("{problems}")]
    Definitions {
        /// The files, in the order of their paths.
        failed: Vec<FailedDefinition>,
        /// All mistakes, each with its place.
        problems: Problems,
    },
    /// A tool cannot be offered.
    #[error("{0}")]
    Tool(#[from] InvalidTool),
    /// Another refusal, and where the setting stands that it is about.
    #[error("{place}: {refusal}")]
    Placed {
        /// File, line and column, or the flag or variable that wins over the files.
        place: Location,
        /// What was wrong and what is accepted.
        refusal: Box<StartError>,
    },
    /// The transport does not exist yet.
    #[error("transport.provider: sse is not available yet; accepted: streamable-http, stdio")]
    NoTransport,
    /// The project's folder cannot be entered.
    #[error("{}: {source}", folder.display())]
    ProjectFolder {
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A configured folder cannot be made.
    #[error("{setting}: the folder {} cannot be made: {source}", folder.display())]
    Folder {
        /// The setting that says so.
        setting: &'static str,
        /// The folder.
        folder: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The database cannot be opened.
    #[error("the database cannot be opened: {0}")]
    Database(#[from] OpenError),
    /// The project's own statements do not prepare the database.
    #[error("duckdb.init_file: {}{}: {reason}", path.display(), line.map(|line| format!(":{line}")).unwrap_or_default())]
    InitFile {
        /// The file.
        path: PathBuf,
        /// The line in it, from one, where there is one.
        line: Option<u64>,
        /// What is wrong with it, or what its statement number so-and-so met.
        reason: String,
    },
    /// The database answers no query.
    #[error("the database cannot be used: {0}")]
    Query(#[from] QueryError),
    /// Clients, codes and tokens cannot be kept where the configuration says.
    #[error("{setting}: {source}")]
    Store {
        /// The setting that says so.
        setting: &'static str,
        /// What was met there.
        source: OpenStoreError,
    },
    /// Tools could read tokens and the key that seals them.
    #[error(
        "auth.persistence.path: {} lies in {}, which SQL may read (paths.data); put it somewhere else",
        store.display(),
        folder.display()
    )]
    ReadableStore {
        /// The store's file.
        store: PathBuf,
        /// The folder of the project's data.
        folder: PathBuf,
    },
    /// The settings of the identity provider lead nowhere.
    #[error("auth.{0}: its settings give no address where users could log in")]
    NoProvider(&'static str),
    /// The settings say nothing about whose tokens are accepted.
    #[error("auth.mode: it is not said whose tokens are accepted")]
    NoVerifier,
    /// Nobody could say whom tokens must be for.
    #[error(
        "{setting}: whom tokens are for is not known, and those of every other application would be accepted; set it, or \
         transport.http.base_url, under whose address tokens are for this resource"
    )]
    NoAudience {
        /// The setting that says so.
        setting: &'static str,
    },
    /// The same where no block of the configuration could say so.
    #[error(
        "--auth-server: whom tokens are for is not known, and those of every other application would be accepted; set \
         transport.http.base_url, under whose address tokens are for this resource, or auth.introspection with the server's \
         name for this resource as its audience"
    )]
    NoAudienceAtServer,
    /// The tokens of the authorization server cannot be checked.
    #[error("--auth-server {issuer}: {reason}; {advice}")]
    AuthServer {
        /// Its address.
        issuer: String,
        /// What it lacks.
        reason: ProviderError,
        /// The setting that helps.
        advice: &'static str,
    },
    /// The identity provider cannot be called safely.
    #[error("{0}")]
    Certificates(#[from] NoCertificates),
    /// A configured user cannot log in.
    #[error("auth.local.users: {username}: {reason}")]
    LocalUser {
        /// The user.
        username: String,
        /// What is wrong.
        reason: String,
    },
    /// A configured client cannot be used.
    #[error("auth.clients: {id}: {reason}")]
    Client {
        /// The client.
        id: String,
        /// What is wrong.
        reason: InvalidClientConfiguration,
    },
    /// A scope has characters that scopes cannot have.
    #[error("auth: {0}")]
    Scope(#[from] InvalidScope),
    /// The authorization server cannot work.
    #[error("{0}")]
    Services(#[from] NoServices),
    /// The server's certificate cannot be used.
    #[error("{0}")]
    Tls(#[from] tls::TlsError),
    /// Nobody can say what access tokens are for.
    #[error("the address that access tokens are for is not known: {0}; set transport.http.base_url")]
    Addresses(#[from] NoAddresses),
    /// The actors do not start.
    #[error("{0}")]
    Actors(#[from] mxcp_actors::system::StartError),
    /// What is kept of clients that are not configured any more cannot be ended.
    #[error("the grants of service accounts cannot be compared with the configuration: {0}")]
    ServiceAccounts(#[from] Unavailable),
    /// There is nothing to run SQL.
    #[error("no database is served")]
    NoDatabase,
    /// The audit log cannot be written.
    #[error("{setting}: {source}")]
    Audit {
        /// The setting that says where.
        setting: &'static str,
        /// What was met there.
        source: LaunchError,
    },
    /// Nothing secret can be made.
    #[error("{0}")]
    Randomness(#[from] RandomnessUnavailable),
    /// A thread cannot be started.
    #[error("a thread cannot be started: {0}")]
    Thread(std::io::Error),
    /// The public address cannot be listened on.
    #[error("{setting}: cannot listen on {host}:{port}: {source}")]
    Listen {
        /// The setting that says so.
        setting: &'static str,
        /// The configured host.
        host: String,
        /// The configured port.
        port: u16,
        /// What the system said.
        source: std::io::Error,
    },
    /// The streams of the stdio transport cannot be used.
    #[error("standard input and output cannot be used: {0}")]
    Streams(std::io::Error),
    /// The admin socket cannot be opened.
    #[error(transparent)]
    Socket(#[from] admin::SocketError),
    /// The log file cannot be written.
    #[error("logging.path: {0}")]
    LogFile(#[from] log_file::LogFileError),
    /// Signals of the operating system cannot be received.
    #[error("signals cannot be received: {0}")]
    Signals(std::io::Error),
    /// A second signal came while the server was stopping.
    #[error("stopped at once by a second signal; calls that were under way were cut off")]
    SecondSignal,
    /// The database has given itself up.
    #[error("stopped because the database answers no query any more; a new start opens it again")]
    DatabaseLost,
    /// The server stopped with an error.
    #[error("the server stopped: {0}")]
    Server(std::io::Error),
}
