//! Tests of the configuration through `load`, by topic. Files with mistakes and their exact messages are in
//! `tests/fixtures/config/`.

mod auth;
mod auth_server;
mod bad_files;
mod environment;
mod profiles;
mod properties;
mod reference;
mod references;
mod samples;
mod sections;
mod transport;
mod trusted_issuers;
mod warnings;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::{Config, Flags, Inputs, load};
use crate::yaml::{Problem, Problems};

/// The smallest site file.
const SITE: &str = "project: shop\nprofile: dev\n";

/// 32 bytes in URL-safe base64.
const SEALING_KEY: &str = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";

/// A machine: a project folder, a home folder, an environment and a command line.
struct Machine {
    folder: tempfile::TempDir,
    environment: BTreeMap<String, String>,
    flags: Flags,
    working_directory: PathBuf,
}

impl Machine {
    /// A machine with the smallest site file and no user configuration.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let project = folder.path().join("project");
        fs::create_dir_all(&project).unwrap();
        fs::create_dir_all(folder.path().join("home/.mxcp")).unwrap();
        let home = folder.path().join("home").display().to_string();
        let environment = BTreeMap::from([("HOME".to_owned(), home)]);
        let machine = Self {
            folder,
            environment,
            flags: Flags::default(),
            working_directory: project,
        };
        machine.site(SITE)
    }

    /// A machine whose only profile has this `auth` block, given as flow YAML.
    fn with_auth(auth: &str) -> Self {
        Self::new().user(&format!(
            "projects: {{shop: {{profiles: {{dev: {{auth: {auth}}}}}}}}}\n"
        ))
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn write(self, path: &str, text: impl AsRef<[u8]>) -> Self {
        fs::write(self.path(path), text).unwrap();
        self
    }

    fn site(self, text: &str) -> Self {
        self.write("project/mxcp-site.yml", text)
    }

    fn user(self, text: &str) -> Self {
        self.write("home/.mxcp/config.yml", text)
    }

    fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    fn without_env(mut self, name: &str) -> Self {
        self.environment.remove(name);
        self
    }

    fn flags(mut self, flags: Flags) -> Self {
        self.flags = flags;
        self
    }

    fn load(&self) -> Result<Config, Problems> {
        let Self {
            environment,
            flags,
            working_directory,
            ..
        } = self;
        load(&Inputs {
            working_directory,
            environment,
            flags,
        })
    }

    /// The configuration, which is expected to be good.
    fn config(&self) -> Config {
        self.load().unwrap_or_else(|problems| panic!("{problems}"))
    }

    /// The errors, one a line, with paths relative to the machine.
    fn errors(&self) -> String {
        self.relative(
            &self
                .load()
                .expect_err("the configuration was accepted")
                .to_string(),
        )
    }

    /// The warnings of a good configuration, one a line.
    fn warnings(&self) -> String {
        let warnings: Vec<String> = self.config().warnings.iter().map(Problem::to_string).collect();
        self.relative(&warnings.join("\n"))
    }

    fn relative(&self, text: &str) -> String {
        text.replace(&format!("{}/", self.folder.path().display()), "")
    }
}

/// A path of the repository.
fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
