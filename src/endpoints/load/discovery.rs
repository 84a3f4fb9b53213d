//! The search for definition files: recursive, in an order that is the same on every machine. No file is opened here.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::ProjectFolders;
use crate::endpoints::model::Kind;

/// Folders inside each other beyond this depth are a loop.
const MAXIMUM_DEPTH: usize = 32;

/// Something that the search came across.
#[derive(Debug)]
pub(super) enum Found {
    /// A file that may hold a definition, and the kinds of the folders that it lies in.
    File { path: PathBuf, kinds: Vec<Kind> },
    /// A folder or file that cannot be read.
    Unreadable { path: PathBuf, reason: String },
    /// A link to a folder, which is not followed.
    LinkedFolder { path: PathBuf },
}

/// Searches the three folders: tools, resources, prompts, each by path. A file that lies in two of them is found once. A folder
/// that does not exist is an empty one.
pub(super) fn search(folders: &ProjectFolders<'_>) -> Vec<Found> {
    let roots = [
        (Kind::Tool, folders.tools),
        (Kind::Resource, folders.resources),
        (Kind::Prompt, folders.prompts),
    ];
    let mut found: Vec<Found> = Vec::new();
    let mut files: BTreeMap<PathBuf, usize> = BTreeMap::new();
    for (kind, root) in roots {
        let mut here = Vec::new();
        if !is_absent(root) {
            walk(root, kind, 0, &mut here);
        }
        for item in here {
            let known = match &item {
                Found::File { path, .. } => files.get(path).copied(),
                Found::Unreadable { .. } | Found::LinkedFolder { .. } => None,
            };
            if let Some(Found::File { kinds, .. }) = known.and_then(|position| found.get_mut(position)) {
                kinds.push(kind);
                continue;
            }
            if let Found::File { path, .. } = &item {
                files.insert(path.clone(), found.len());
            }
            found.push(item);
        }
    }
    found
}

/// A folder that cannot be looked at, or a link that leads nowhere, is not absent: its definitions would be missing in silence.
fn is_absent(folder: &Path) -> bool {
    fs::symlink_metadata(folder).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

fn walk(folder: &Path, kind: Kind, depth: usize, found: &mut Vec<Found>) {
    let unreadable = |reason: String| Found::Unreadable {
        path: folder.to_owned(),
        reason,
    };
    if depth > MAXIMUM_DEPTH {
        found.push(unreadable(format!(
            "is nested deeper than {MAXIMUM_DEPTH} folders"
        )));
        return;
    }
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let mut entries = match entries {
        Ok(entries) => entries,
        Err(error) => {
            found.push(unreadable(format!("cannot be read: {error}")));
            return;
        }
    };
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        // Mounted configuration keeps its versions in hidden folders beside links to their files.
        if !entry.file_name().to_string_lossy().starts_with('.') {
            visit(&entry, kind, depth, found);
        }
    }
}

fn visit(entry: &fs::DirEntry, kind: Kind, depth: usize, found: &mut Vec<Found>) {
    let path = entry.path();
    let file_type = match entry.file_type() {
        Ok(file_type) => file_type,
        Err(error) => {
            let reason = format!("cannot be read: {error}");
            found.push(Found::Unreadable { path, reason });
            return;
        }
    };
    if file_type.is_dir() {
        walk(&path, kind, depth + 1, found);
    } else if file_type.is_symlink() && path.is_dir() {
        found.push(Found::LinkedFolder { path });
    } else if path
        .extension()
        .is_some_and(|extension| extension == "yml" || extension == "yaml")
    {
        found.push(file(path, kind));
    }
}

/// Asked before opening, because opening a named pipe waits for its writer.
fn file(path: PathBuf, kind: Kind) -> Found {
    let reason = match fs::metadata(&path) {
        Ok(metadata) if metadata.is_file() => {
            let kinds = vec![kind];
            return Found::File { path, kinds };
        }
        Ok(_) => "is not a regular file".to_owned(),
        Err(error) => format!("cannot be read: {error}"),
    };
    Found::Unreadable { path, reason }
}
