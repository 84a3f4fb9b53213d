//! `profiles.<name>.audit`: the record of who did what.

use std::path::PathBuf;

use crate::config::surroundings::Surroundings;
use crate::config::values::located_text;
use crate::yaml::{FromYaml, Item, Located, Problems};

const DEFAULT_MAXIMUM_FILE_SIZE: u64 = 52_428_800;

/// The section as written.
#[derive(Default)]
pub(in crate::config) struct AuditFile {
    enabled: Option<bool>,
    path: Option<Located<String>>,
    max_file_size: Option<u64>,
    overflow: Option<AuditOverflow>,
}

/// The audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    /// Whether anything is recorded. On by default.
    pub enabled: bool,
    /// The name that segment files are derived from: `logs-dev.jsonl` leads to `logs-dev-<time>.jsonl`.
    pub path: PathBuf,
    /// The size in bytes at which a new segment begins.
    pub max_file_size: u64,
    /// What happens when records arrive faster than they can be written.
    pub overflow: AuditOverflow,
}

/// What to do with a call whose record finds the buffer full. Denials and logins are never dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AuditOverflow {
    /// The call goes on, the lost record is counted.
    #[default]
    Count,
    /// The call is refused.
    Refuse,
}

impl FromYaml for AuditFile {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?;
        let file = Self {
            enabled: fields.optional("enabled"),
            path: fields.optional_with("path", located_text),
            max_file_size: fields.optional_with("max_file_size", |size| size.integer_in(1..)),
            overflow: fields.optional("overflow"),
        };
        fields.finish();
        Some(file)
    }
}

impl FromYaml for AuditOverflow {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        item.choice(&[("count", Self::Count), ("refuse", Self::Refuse)])
    }
}

impl AuditFile {
    /// `MXCP_AUDIT_ENABLED` wins over the file.
    pub(in crate::config) fn resolve(
        self,
        default: PathBuf,
        surroundings: Surroundings<'_>,
        problems: &mut Problems,
    ) -> Option<Audit> {
        let from_environment = surroundings.environment.switch("MXCP_AUDIT_ENABLED", problems);
        let path = match self.path {
            None => default,
            Some(written) => surroundings.folders.resolve_or_report(&written, problems)?,
        };
        Some(Audit {
            enabled: from_environment.or(self.enabled).unwrap_or(true),
            path,
            max_file_size: self.max_file_size.unwrap_or(DEFAULT_MAXIMUM_FILE_SIZE),
            overflow: self.overflow.unwrap_or_default(),
        })
    }
}
