//! `paths`: the project's folders.

use std::path::PathBuf;

use crate::config::folders::Folders;
use crate::config::values::located_text;
use crate::yaml::{FromYaml, Item, Located, Problems};

/// The section as written.
#[derive(Default)]
pub(in crate::config) struct PathsFile {
    tools: Option<Located<String>>,
    resources: Option<Located<String>>,
    prompts: Option<Located<String>>,
    evals: Option<Located<String>>,
    python: Option<Located<String>>,
    plugins: Option<Located<String>>,
    sql: Option<Located<String>>,
    drift: Option<Located<String>>,
    audit: Option<Located<String>>,
    data: Option<Located<String>>,
}

/// The project's folders, absolute if the project root is. Each has the name of its key unless told otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectPaths {
    /// Tool definitions.
    pub tools: PathBuf,
    /// Resource definitions.
    pub resources: PathBuf,
    /// Prompt definitions.
    pub prompts: PathBuf,
    /// Evaluation suites.
    pub evals: PathBuf,
    /// Python modules.
    pub python: PathBuf,
    /// DuckDB plugins.
    pub plugins: PathBuf,
    /// SQL bodies.
    pub sql: PathBuf,
    /// Schema snapshots.
    pub drift: PathBuf,
    /// Audit segments.
    pub audit: PathBuf,
    /// Database files.
    pub data: PathBuf,
}

impl FromYaml for PathsFile {
    fn from_yaml(item: Item<'_>) -> Option<Self> {
        let mut fields = item.fields()?;
        let mut folder = |key| fields.optional_with(key, located_text);
        let file = Self {
            tools: folder("tools"),
            resources: folder("resources"),
            prompts: folder("prompts"),
            evals: folder("evals"),
            python: folder("python"),
            plugins: folder("plugins"),
            sql: folder("sql"),
            drift: folder("drift"),
            audit: folder("audit"),
            data: folder("data"),
        };
        fields.finish();
        Some(file)
    }
}

impl PathsFile {
    pub(in crate::config) fn resolve(
        self,
        folders: &Folders,
        problems: &mut Problems,
    ) -> Option<ProjectPaths> {
        self.warn_of_missing_definitions(folders, problems);
        let mut resolve = |written: Option<Located<String>>, default: &str| match written {
            None => Some(folders.root().join(default)),
            Some(written) => folders.resolve_or_report(&written, problems),
        };
        let tools = resolve(self.tools, "tools");
        let resources = resolve(self.resources, "resources");
        let prompts = resolve(self.prompts, "prompts");
        let evals = resolve(self.evals, "evals");
        let python = resolve(self.python, "python");
        let plugins = resolve(self.plugins, "plugins");
        let sql = resolve(self.sql, "sql");
        let drift = resolve(self.drift, "drift");
        let audit = resolve(self.audit, "audit");
        let data = resolve(self.data, "data");
        Some(ProjectPaths {
            tools: tools?,
            resources: resources?,
            prompts: prompts?,
            evals: evals?,
            python: python?,
            plugins: plugins?,
            sql: sql?,
            drift: drift?,
            audit: audit?,
            data: data?,
        })
    }

    /// The other folders are made when something is written there.
    fn warn_of_missing_definitions(&self, folders: &Folders, problems: &mut Problems) {
        let written = [&self.tools, &self.resources, &self.prompts];
        for written in written.into_iter().flatten() {
            let folder = folders.resolve(&written.value);
            if folder.is_some_and(|folder| matches!(folder.try_exists(), Ok(false))) {
                written.warn(
                    problems,
                    "the folder does not exist, so nothing is loaded from it",
                );
            }
        }
    }
}
