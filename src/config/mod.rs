//! The configuration: two YAML files, the environment and the command line become one checked [`Config`].
//!
//! Lives here: every setting, its type, default and check, one file per section, and the only code that looks into
//! the environment or resolves `${NAME}` and `file://` references. Must not live here: what is done with a setting.
//!
//! A section is read in two steps. Its `…File` type is what was written, with positions where a later check needs
//! them; `resolve` turns it into what was meant, with environment, command line and folders applied. Sections that
//! need none of these are read in one step.
//!
//! To add a key: read it in the section's `FromYaml`, give it a default there, describe it in
//! `docs/reference/configuration.md`. Unknown keys are errors, so nothing else accepts it by accident.

mod auth;
mod checks;
mod environment;
mod find;
mod folders;
mod inputs;
mod load;
mod public_url;
mod references;
mod site;
mod surroundings;
#[cfg(test)]
mod tests;
mod user;
mod values;
mod version;
mod written;

use std::collections::BTreeMap;
use std::path::PathBuf;

pub use auth::{
    Atlassian, Auth, AuthMode, AuthServer, ClaimMappings, Client, Github, Google, GrantType, Hidden,
    Introspection, IssuerDialect, IssuerKeys, Keycloak, Local, LocalUser, Oidc, OidcLogin, Persistence,
    Provider, Salesforce, ServiceAccount, Session, Tokens, TrustedIssuer, UpstreamClient, UserMappingRule,
    Verifying, VerifyingMethod, scope_names,
};
pub use inputs::{Flags, Inputs};
pub use load::load;
pub use mxcp_actors::domain::secret::Secret;
pub use public_url::{
    AllowedHost, AllowedHosts, Authority, BaseUrl, HostRefused, InvalidBaseUrl, PublicUrl, RequestHead,
    Scheme, TrustedProxies, TrustedProxy,
};
pub use site::{
    Audit, AuditOverflow, Database, Dbt, Drift, Extension, ExtensionRepository, Plugin, ProjectPaths,
    SqlTools,
};
pub use user::{
    AccessToken, Admin, AdminListener, DuckdbSecret, Http, Limits, LogFile, LogLevel, Logging, Metrics,
    Model, ModelKind, Models, OnePassword, RateLimits, Telemetry, Tls, Tracing, Transport, TransportKind,
    Vault,
};
pub use values::FreeValue;
pub use written::Written;

use crate::yaml::Problem;

/// Everything that was configured for one project and one profile, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// Which project, which profile, which folder.
    pub project: Project,
    /// The project's folders.
    pub paths: ProjectPaths,
    /// The database that endpoints query.
    pub database: Database,
    /// The schema snapshot.
    pub drift: Drift,
    /// The audit log.
    pub audit: Audit,
    /// The built-in SQL tools.
    pub sql_tools: SqlTools,
    /// The dbt wrapper.
    pub dbt: Dbt,
    /// The DuckDB extensions to load.
    pub extensions: Vec<Extension>,
    /// The Python plugins.
    pub plugins: Vec<Plugin>,
    /// The names of the secrets that the project says it needs.
    pub secret_names: Vec<String>,
    /// How clients reach the server.
    pub transport: Transport,
    /// The server's public URL.
    pub public_url: PublicUrl,
    /// Who may use the server.
    pub auth: Auth,
    /// The operator's interface.
    pub admin: Admin,
    /// What one query may cost.
    pub limits: Limits,
    /// The server's log.
    pub logging: Logging,
    /// Traces and metrics.
    pub telemetry: Telemetry,
    /// The language models of evaluations.
    pub models: Models,
    /// A Vault server.
    pub vault: Option<Vault>,
    /// 1Password.
    pub onepassword: Option<OnePassword>,
    /// Credentials for DuckDB.
    pub duckdb_secrets: Vec<DuckdbSecret>,
    /// The plugins' own settings, by the name in [`Plugin::config`].
    pub plugin_config: BTreeMap<String, BTreeMap<String, Secret>>,
    /// Where all of it was written.
    pub written: Written,
    /// What the operator should know; nothing that stops the start.
    pub warnings: Vec<Problem>,
}

/// Which project, which profile, which folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// The project's name.
    pub name: String,
    /// The active profile's name.
    pub profile: String,
    /// The folder of `mxcp-site.yml`.
    pub root: PathBuf,
}
