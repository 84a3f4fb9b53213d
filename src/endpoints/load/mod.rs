//! Definition files: which there are, and what they say. The only code of this room that touches the disk.
//!
//! Every file is read, whatever is wrong with others, so that one start shows all mistakes. Nothing is bound or run here.

mod discovery;
mod duplicates;
mod outcome;
mod sql_file;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use self::discovery::Found;
use super::model::{Definition, Kind, Source};
use crate::yaml::{self, FromYaml, Item, KeyPath, Location, Node, Problem, Problems, Resolved, Scalar};

pub use outcome::{DefinitionFile, settle};
pub use sql_file::SqlText;

/// Where a project keeps its definitions.
#[derive(Debug, Clone, Copy)]
pub struct ProjectFolders<'a> {
    /// The folder of `mxcp-site.yml`. No definition may point outside it.
    pub root: &'a Path,
    /// Tools.
    pub tools: &'a Path,
    /// Resources.
    pub resources: &'a Path,
    /// Prompts.
    pub prompts: &'a Path,
    /// Where the three settings stand that say so.
    pub places: FolderPlaces<'a>,
}

/// Where `paths.tools`, `paths.resources` and `paths.prompts` stand; `None` for those that nobody wrote.
#[derive(Debug, Clone, Copy, Default)]
pub struct FolderPlaces<'a> {
    /// `paths.tools`.
    pub tools: Option<&'a Location>,
    /// `paths.resources`.
    pub resources: Option<&'a Location>,
    /// `paths.prompts`.
    pub prompts: Option<&'a Location>,
}

impl ProjectFolders<'_> {
    /// The setting that names this folder and where it stands, if somebody wrote one.
    fn setting_of(&self, folder: &Path) -> Option<(KeyPath, &Location)> {
        let settings = [
            ("tools", self.tools, self.places.tools),
            ("resources", self.resources, self.places.resources),
            ("prompts", self.prompts, self.places.prompts),
        ];
        settings.into_iter().find_map(|(key, named, place)| {
            let place = place.filter(|_| named == folder)?;
            Some((KeyPath::root().key("paths").key(key), place))
        })
    }
}

/// A definition and the SQL that it names, if it runs any.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// What the file says.
    pub definition: Definition,
    /// The SQL text; `None` for prompts, and where callers write it.
    pub sql: Option<SqlText>,
}

/// Everything that was found.
#[derive(Debug, Default)]
pub struct Load {
    /// Every enabled definition file, by kind and path.
    pub files: Vec<DefinitionFile<Loaded>>,
    /// What the owner should know about files that were passed over.
    pub warnings: Vec<Problem>,
}

/// Reads all definitions of a project.
pub fn load(folders: &ProjectFolders<'_>) -> Load {
    let mut load = Load::default();
    for found in discovery::search(folders) {
        match found {
            Found::File { path, kinds } => load.file(folders, path, Some(&kinds)),
            Found::Unreadable { path, reason } => {
                load.files.push(outcome::unreadable(folders, path, &reason));
            }
            Found::LinkedFolder { path } => load.warnings.push(outcome::linked_folder(folders.root, &path)),
        }
    }
    duplicates::mark(&mut load.files);
    load
}

/// Reads one file, wherever it lies in the project. `files` is empty if the definition is disabled.
pub fn load_file(folders: &ProjectFolders<'_>, path: &Path) -> Load {
    let mut load = Load::default();
    load.file(folders, path.to_owned(), None);
    load
}

impl Load {
    /// With the server's own definitions, whose names nobody else may have.
    #[must_use]
    pub fn with(mut self, own: Vec<DefinitionFile<Loaded>>) -> Self {
        self.files.extend(own);
        duplicates::mark(&mut self.files);
        self
    }

    /// As [`Load::with`], without the server's own definitions in the answer.
    #[must_use]
    pub fn beside(self, own: Vec<DefinitionFile<Loaded>>) -> Self {
        let found = self.files.len();
        let mut load = self.with(own);
        load.files.truncate(found);
        load
    }

    /// Reads a file. `expected` are the kinds of the folders that it lies in.
    fn file(&mut self, folders: &ProjectFolders<'_>, path: PathBuf, expected: Option<&[Kind]>) {
        let shown_as = outcome::shown_as(folders.root, &path);
        let mut problems = Problems::new();
        let node = yaml::load(&path, &shown_as, &mut problems);
        let kind = node.as_ref().and_then(Kind::of_node);
        let name = node
            .as_ref()
            .zip(kind)
            .and_then(|(node, kind)| name_of(node, kind));
        if let (Some(kind), Some(expected), Some(node)) = (kind, expected, &node)
            && !expected.contains(&kind)
        {
            let folder = expected.first().map_or("", |kind| kind.key());
            let message = format!("holds a {kind} but lies in a folder of {folder}s: it is not loaded");
            let mut skipped = Problems::new();
            skipped.warning(node.location().clone(), KeyPath::root(), message);
            self.warnings.extend_from_slice(skipped.warnings());
            return;
        }
        if node
            .as_ref()
            .zip(kind)
            .is_some_and(|(node, kind)| is_disabled(node, kind))
        {
            return;
        }
        let loaded = node.and_then(|node| read(&node, folders.root, &path, &mut problems));
        self.files.push(DefinitionFile::new(
            path,
            shown_as,
            (kind, name),
            problems.into_result(loaded),
        ));
    }
}

fn read(node: &Node, root: &Path, path: &Path, problems: &mut Problems) -> Option<Loaded> {
    let definition = Definition::from_yaml(Item::root(node, problems))?;
    let source = match &definition {
        Definition::Tool(tool) => Some(&tool.source),
        Definition::Resource(resource) => Some(&resource.source),
        Definition::Prompt(_) => None,
    };
    let sql = match source {
        Some(Source::Sql(source)) => Some(SqlText::read(source, definition.kind(), root, path, problems)?),
        Some(Source::Caller { .. }) | None => None,
    };
    Some(Loaded { definition, sql })
}

/// What the file is addressed by, even if the rest of it is wrong.
fn name_of(node: &Node, kind: Kind) -> Option<String> {
    let key = match kind {
        Kind::Tool | Kind::Prompt => "name",
        Kind::Resource => "uri",
    };
    let name = node.get(kind.key())?.get(key)?.as_scalar()?;
    (name.resolve() == Resolved::Text).then(|| name.text().to_owned())
}

/// A definition that is switched off is not looked at any further, so that an unfinished one can wait.
fn is_disabled(node: &Node, kind: Kind) -> bool {
    let enabled = node
        .get(kind.key())
        .and_then(|definition| definition.get("enabled"));
    let enabled = enabled.and_then(Node::as_scalar).map(Scalar::text);
    enabled.is_some_and(|text| Resolved::of_plain(text) == Resolved::Boolean(false))
}
