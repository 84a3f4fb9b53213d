//! What became of each file, and what a start makes of that: stop at the first sign of trouble with all of it told, or go on
//! with the good ones and say which were left out.

use std::path::{Path, PathBuf};

use super::ProjectFolders;
use crate::endpoints::model::Kind;
use crate::yaml::{KeyPath, Location, Problem, Problems};

/// One file and what became of it.
#[derive(Debug, Clone)]
pub struct DefinitionFile<T> {
    /// The file.
    pub path: PathBuf,
    /// Its name in messages, relative to the project.
    pub shown_as: String,
    /// What it holds, as far as it can be told.
    pub kind: Option<Kind>,
    /// The name or URI in it, as far as it can be told.
    pub name: Option<String>,
    /// What it says, or everything that is wrong with it.
    pub content: Result<T, Problems>,
    /// What the owner should know.
    pub warnings: Vec<Problem>,
}

impl<T> DefinitionFile<T> {
    pub(in crate::endpoints) fn new(
        path: PathBuf,
        shown_as: String,
        (kind, name): (Option<Kind>, Option<String>),
        outcome: Result<(T, Vec<Problem>), Problems>,
    ) -> Self {
        let (content, warnings) = match outcome {
            Ok((content, warnings)) => (Ok(content), warnings),
            Err(problems) => {
                let warnings = problems.warnings().to_vec();
                (Err(problems), warnings)
            }
        };
        Self {
            path,
            shown_as,
            kind,
            name,
            content,
            warnings,
        }
    }

    /// Goes on with the content of a good file; what is wrong with a bad one stays.
    pub(crate) fn and_then<U>(self, next: impl FnOnce(T, &mut Problems) -> Option<U>) -> DefinitionFile<U> {
        let Self {
            path,
            shown_as,
            kind,
            name,
            content,
            mut warnings,
        } = self;
        let content = content.and_then(|content| {
            let mut problems = Problems::new();
            let content = next(content, &mut problems);
            let (content, new_warnings) = problems.into_result(content)?;
            warnings.extend(new_warnings);
            Ok(content)
        });
        DefinitionFile {
            path,
            shown_as,
            kind,
            name,
            content,
            warnings,
        }
    }

    /// Why the file cannot be used, as `dotted.path: message`.
    pub fn error(&self) -> Option<String> {
        let problem = self.content.as_ref().err()?.errors().first()?;
        Some(match problem.path.is_root() {
            true => problem.message.clone(),
            false => format!("{}: {}", problem.path, problem.message),
        })
    }
}

/// The good definitions, in the order of the files, and everything that is wrong with the others.
///
/// # Errors
/// What is wrong with any file, unless `ignore_errors` is set; then bad files are left out.
pub fn settle<T>(files: Vec<DefinitionFile<T>>, ignore_errors: bool) -> Result<(Vec<T>, Problems), Problems> {
    let mut good = Vec::with_capacity(files.len());
    let mut problems = Problems::new();
    for file in files {
        match file.content {
            Ok(content) => good.push(content),
            Err(wrong) => problems.append(wrong),
        }
    }
    match problems.is_empty() || ignore_errors {
        true => Ok((good, problems)),
        false => Err(problems),
    }
}

/// The name of a file in messages: relative to the project, with `/` on every system.
pub(super) fn shown_as(root: &Path, path: &Path) -> String {
    let relative = path.strip_prefix(root).unwrap_or(path);
    relative.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/")
}

pub(super) fn unreadable<T>(folders: &ProjectFolders<'_>, path: PathBuf, reason: &str) -> DefinitionFile<T> {
    let shown_as = shown_as(folders.root, &path);
    let mut problems = Problems::new();
    match folders.setting_of(&path) {
        Some((setting, place)) => problems.error(place.clone(), setting, format!("{shown_as} {reason}")),
        None => problems.error(Location::whole(&shown_as), KeyPath::root(), reason),
    }
    DefinitionFile::new(path, shown_as, (None, None), Err(problems))
}

pub(super) fn linked_folder(root: &Path, path: &Path) -> Problem {
    Problem {
        location: Location::whole(&shown_as(root, path)),
        path: KeyPath::root(),
        message: "is a link to a folder; linked folders are not searched".to_owned(),
    }
}
