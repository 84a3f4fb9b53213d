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
    init_file: Option<Located<String>>,
}

/// The database that endpoints query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Database {
    /// The DuckDB file, or `:memory:`.
    pub path: PathBuf,
    /// Whether it is opened for reading only.
    pub readonly: bool,
    /// A file of SQL statements that run at each start, before anything else uses the database.
    pub init_file: Option<PathBuf>,
}

/// Why a start with both settings is refused.
const INIT_FILE_READONLY: &str = "cannot run on a database that is opened for reading only (duckdb.readonly, --readonly \
     or MXCP_READONLY); take init_file out, or make the database writable";

impl FromYaml for DatabaseFile {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?;
        let file = Self {
            path: fields.optional_with("path", located_text),
            readonly: fields.optional("readonly"),
            init_file: fields.optional_with("init_file", located_text),
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
        if let Some(written) = self.init_file.as_ref().filter(|_| readonly) {
            written.refuse::<()>(problems, INIT_FILE_READONLY);
        }
        let init_file = match self.init_file {
            Some(written) => Some(folders.resolve_or_report(&written, problems)?),
            None => None,
        };
        Some(Database {
            path: path?,
            readonly,
            init_file,
        })
    }
}
