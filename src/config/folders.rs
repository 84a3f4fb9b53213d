//! What a written path means: `~` is the home folder, a relative path starts at the project root, wherever the
//! server was started.

use std::path::{Path, PathBuf};

use crate::yaml::{Located, Problems};

/// The two folders that paths are relative to.
#[derive(Clone, Debug)]
pub(super) struct Folders {
    root: PathBuf,
    home: Option<PathBuf>,
}

impl Folders {
    pub(super) fn new(root: PathBuf, home: Option<PathBuf>) -> Self {
        Self { root, home }
    }

    /// The folder of `mxcp-site.yml`.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The path that was meant. `None` for a `~` without a known home folder.
    pub(super) fn resolve(&self, written: &str) -> Option<PathBuf> {
        let below_home = match written.strip_prefix('~') {
            Some("") => Some(""),
            Some(rest) => rest.strip_prefix('/'),
            None => None,
        };
        match below_home {
            Some(rest) => self.home.as_ref().map(|home| home.join(rest)),
            None => Some(self.root.join(written)),
        }
    }

    /// As [`Folders::resolve`], with a report.
    pub(super) fn resolve_or_report(
        &self,
        written: &Located<String>,
        problems: &mut Problems,
    ) -> Option<PathBuf> {
        self.resolve(&written.value)
            .or_else(|| written.refuse(problems, HOME_IS_UNKNOWN))
    }
}

/// Why a path that starts with `~` has no meaning.
pub(super) const HOME_IS_UNKNOWN: &str = "~ cannot be expanded: the environment variable HOME is not set";
