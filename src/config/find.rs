//! Where the two configuration files are.

use std::path::{Path, PathBuf};
use std::{fs, io};

use super::environment::Environment;
use super::folders::HOME_IS_UNKNOWN;
use super::site;
use crate::yaml::{KeyPath, Location, Problems};

/// The project root: the nearest folder with an `mxcp-site.yml`, from the working directory upwards.
pub(super) fn project_root(working_directory: &Path, problems: &mut Problems) -> Option<PathBuf> {
    let found = working_directory
        .ancestors()
        .find(|folder| folder.join(site::FILE_NAME).is_file());
    if found.is_none() {
        let message = format!(
            "not found in {} or any folder above it",
            working_directory.display()
        );
        problems.error(Location::whole(site::FILE_NAME), KeyPath::root(), message);
    }
    found.map(Path::to_path_buf)
}

/// The user configuration: `MXCP_CONFIG`, which must exist, or `~/.mxcp/config.yml`, which may be absent.
///
/// `None` also after a report. A file that is there and cannot be looked at is never taken for an absent one: that
/// would start the server without authentication.
pub(super) fn user_config(
    working_directory: &Path,
    environment: Environment<'_>,
    problems: &mut Problems,
) -> Option<PathBuf> {
    let home = environment.home();
    let Some(named) = environment.setting("MXCP_CONFIG") else {
        let path = home?.join(".mxcp/config.yml");
        return match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Ok(_) | Err(_) => Some(path),
        };
    };
    let path = match (named.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest),
        (Some(_), None) => {
            report(HOME_IS_UNKNOWN.to_owned(), problems);
            return None;
        }
        (None, _) => working_directory.join(named),
    };
    if fs::metadata(&path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
        report(
            format!("MXCP user config not found at {}", path.display()),
            problems,
        );
        return None;
    }
    Some(path)
}

fn report(message: String, problems: &mut Problems) {
    problems.error(
        Location::whole("environment"),
        KeyPath::root().key("MXCP_CONFIG"),
        message,
    );
}
