//! `logging`: the server's own log. The audit log is another thing and has its section in `mxcp-site.yml`.

use std::path::PathBuf;

use crate::config::surroundings::Surroundings;
use crate::config::values::located_text;
use crate::yaml::{FromYaml, Item, Located, Problems};

const DEFAULT_MAXIMUM_BYTES: u64 = 10_485_760;
const DEFAULT_BACKUP_COUNT: u32 = 5;

/// The section as written.
#[derive(Default)]
pub(in crate::config) struct LoggingFile {
    enabled: Option<bool>,
    path: Option<Located<String>>,
    level: Option<LogLevel>,
    max_bytes: Option<u64>,
    backup_count: Option<u32>,
}

/// The server's log. It always goes to standard error, and to a file if one is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logging {
    /// Whether anything is logged.
    pub enabled: bool,
    /// The least important level that is logged.
    pub level: LogLevel,
    /// The log file.
    pub file: Option<LogFile>,
}

/// A log file that is rotated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFile {
    /// The file.
    pub path: PathBuf,
    /// The size in bytes at which the file is rotated.
    pub max_bytes: u64,
    /// How many rotated files are kept.
    pub backup_count: u32,
}

/// How important a log line is, most talkative first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// `DEBUG`
    Debug,
    /// `INFO`
    Info,
    /// `WARNING`
    Warning,
    /// `ERROR`
    Error,
    /// `CRITICAL`
    Critical,
}

impl FromYaml for LoggingFile {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?;
        let file = Self {
            enabled: fields.optional("enabled"),
            path: fields.optional_with("path", located_text),
            level: fields.optional("level"),
            max_bytes: fields.optional_with("max_bytes", |size| size.integer_in(1..)),
            backup_count: fields.optional("backup_count"),
        };
        fields.finish();
        Some(file)
    }
}

impl FromYaml for LogLevel {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        item.choice(&[
            ("DEBUG", Self::Debug),
            ("INFO", Self::Info),
            ("WARNING", Self::Warning),
            ("ERROR", Self::Error),
            ("CRITICAL", Self::Critical),
        ])
    }
}

impl LoggingFile {
    /// `--debug` and `MXCP_DEBUG` win over the file's level.
    pub(in crate::config) fn resolve(
        self,
        surroundings: Surroundings<'_>,
        problems: &mut Problems,
    ) -> Option<Logging> {
        let Surroundings {
            environment,
            flags,
            folders,
        } = surroundings;
        let debug = environment.switch("MXCP_DEBUG", problems).unwrap_or(false) || flags.debug;
        let file = match self.path {
            None => None,
            Some(written) => Some(LogFile {
                path: folders.resolve_or_report(&written, problems)?,
                max_bytes: self.max_bytes.unwrap_or(DEFAULT_MAXIMUM_BYTES),
                backup_count: self.backup_count.unwrap_or(DEFAULT_BACKUP_COUNT),
            }),
        };
        // Logins and calls are logged at INFO and belong to what an operator sees without asking.
        let level = if debug {
            LogLevel::Debug
        } else {
            self.level.unwrap_or(LogLevel::Info)
        };
        Some(Logging {
            enabled: self.enabled.unwrap_or(true),
            level,
            file,
        })
    }
}
