//! `mxcp-site.yml`: what belongs to the project and is kept in its repository. One file per section.
//!
//! [`SiteFile`] is the file as written, with defaults filled in where they need nothing else.

mod audit;
mod database;
mod dbt;
mod drift;
mod extensions;
mod paths;
mod sql_tools;

pub use audit::{Audit, AuditOverflow};
pub use database::Database;
pub use dbt::Dbt;
pub use drift::Drift;
pub use extensions::{Extension, ExtensionRepository, Plugin};
pub use paths::ProjectPaths;
pub use sql_tools::SqlTools;

pub(super) use audit::AuditFile;
pub(super) use database::DatabaseFile;
pub(super) use drift::DriftFile;
pub(super) use paths::PathsFile;

use std::path::{Path, PathBuf};

use super::surroundings::Surroundings;
use super::version;
use crate::yaml::{FromYaml, Item, Problems};

/// The file's name; there is one per project, in the project's root folder.
pub(super) const FILE_NAME: &str = "mxcp-site.yml";

/// The file as written.
pub(super) struct SiteFile {
    pub(super) project: Option<String>,
    pub(super) profile: Option<String>,
    pub(super) secrets: Vec<String>,
    pub(super) plugins: Vec<Plugin>,
    pub(super) extensions: Vec<Extension>,
    pub(super) dbt: Dbt,
    pub(super) sql_tools: SqlTools,
    pub(super) paths: PathsFile,
    pub(super) active: SiteProfile,
}

impl SiteFile {
    /// Reads the file; of `profiles`, only the active one. Without a name all profiles are left alone.
    pub(super) fn read(item: Item<'_>, active: Option<&str>) -> Option<Self> {
        let mut fields = item.fields_or_empty()?;
        version::check(&mut fields);
        let file = Self {
            project: fields.required_string("project"),
            profile: fields.required_string("profile"),
            secrets: fields.string_list("secrets").unwrap_or_default(),
            plugins: fields
                .optional_with("plugin", Item::one_or_many)
                .unwrap_or_default(),
            extensions: fields
                .optional_with("extensions", Item::one_or_many)
                .unwrap_or_default(),
            dbt: fields.optional("dbt").unwrap_or_default(),
            sql_tools: fields.optional("sql_tools").unwrap_or_default(),
            paths: fields.optional("paths").unwrap_or_default(),
            active: fields
                .optional_with("profiles", |profiles| {
                    profiles.entry(active?).and_then(SiteProfile::from_yaml)
                })
                .unwrap_or_default(),
        };
        fields.finish();
        Some(file)
    }
}

/// What the file means for one profile.
pub(super) struct Site {
    pub(super) paths: ProjectPaths,
    pub(super) database: Database,
    pub(super) drift: Drift,
    pub(super) audit: Audit,
    pub(super) sql_tools: SqlTools,
    pub(super) dbt: Dbt,
    pub(super) extensions: Vec<Extension>,
    pub(super) plugins: Vec<Plugin>,
    pub(super) secrets: Vec<String>,
}

impl SiteFile {
    /// Fills in what depends on the profile's name and on the surroundings.
    pub(super) fn resolve(
        self,
        profile: &str,
        surroundings: Surroundings<'_>,
        problems: &mut Problems,
    ) -> Option<Site> {
        let paths = self.paths.resolve(surroundings.folders, problems);
        let below = |folder: fn(&ProjectPaths) -> &PathBuf, name: String| {
            let folder = paths.as_ref().map_or(Path::new(""), |paths| folder(paths));
            folder.join(name)
        };
        let database = below(|paths| &paths.data, format!("db-{profile}.duckdb"));
        let drift = below(|paths| &paths.drift, format!("drift-{profile}.json"));
        let audit = below(|paths| &paths.audit, format!("logs-{profile}.jsonl"));

        let database = self.active.database.resolve(database, surroundings, problems);
        let drift = self.active.drift.resolve(drift, surroundings.folders, problems);
        let audit = self.active.audit.resolve(audit, surroundings, problems);
        let enabled = surroundings.flags.sql_tools.unwrap_or(self.sql_tools.enabled);
        Some(Site {
            paths: paths?,
            database: database?,
            drift: drift?,
            audit: audit?,
            sql_tools: SqlTools {
                enabled,
                ..self.sql_tools
            },
            dbt: self.dbt,
            extensions: self.extensions,
            plugins: self.plugins,
            secrets: self.secrets,
        })
    }
}

/// The active profile's part of the file.
#[derive(Default)]
pub(super) struct SiteProfile {
    pub(super) database: DatabaseFile,
    pub(super) drift: DriftFile,
    pub(super) audit: AuditFile,
}

impl FromYaml for SiteProfile {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields_or_empty()?;
        let profile = Self {
            database: fields.optional("duckdb").unwrap_or_default(),
            drift: fields.optional("drift").unwrap_or_default(),
            audit: fields.optional("audit").unwrap_or_default(),
        };
        fields.finish();
        Some(profile)
    }
}
