//! `profiles.<name>.duckdb`: the profile's database file.

use std::path::PathBuf;

use crate::config::surroundings::Surroundings;
use crate::config::values::located_text;
use crate::yaml::{FromYaml, Item, KeyPath, Located, Location, Problems};

/// The section as written.
#[derive(Default)]
pub(in crate::config) struct DatabaseFile {
    path: Option<Located<String>>,
    readonly: Option<bool>,
}

/// The database that endpoints query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Database {
    /// The DuckDB file, or `:memory:`.
    pub path: PathBuf,
    /// Whether it is opened for reading only.
    pub readonly: bool,
}

impl FromYaml for DatabaseFile {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?;
        let file = Self {
            path: fields.optional_with("path", located_text),
            readonly: fields.optional("readonly"),
        };
        fields.finish();
        Some(file)
    }
}

impl DatabaseFile {
    /// `MXCP_DUCKDB_PATH` wins over the file; `--readonly` and `MXCP_READONLY` can only add the restriction.
    pub(in crate::config) fn resolve(
        self,
        default: PathBuf,
        surroundings: Surroundings<'_>,
        problems: &mut Problems,
    ) -> Option<Database> {
        let Surroundings {
            environment,
            flags,
            folders,
        } = surroundings;
        let from_environment = environment.setting("MXCP_DUCKDB_PATH").map(|path| Located {
            value: path.to_owned(),
            location: Location::whole("environment"),
            path: KeyPath::root().key("MXCP_DUCKDB_PATH"),
        });
        let path = match from_environment.or(self.path) {
            None => Some(default),
            // DuckDB's name for a database without a file.
            Some(written) if written.value == ":memory:" => Some(PathBuf::from(written.value)),
            Some(written) => folders.resolve_or_report(&written, problems),
        };
        let readonly_variable = environment.switch("MXCP_READONLY", problems).unwrap_or(false);
        let readonly = flags.readonly || readonly_variable || self.readonly.unwrap_or(false);
        Some(Database {
            path: path?,
            readonly,
        })
    }
}
