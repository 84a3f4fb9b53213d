//! The SQL text of a definition: what stands in it, or the file that it names, which must lie in the project.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::endpoints::model::{Kind, SqlSource};
use crate::yaml::{KeyPath, Located, Location, Problems};

/// The longest SQL file that is read, in bytes.
const MAXIMUM_BYTES: u64 = 1024 * 1024;

/// The text of one statement, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlText {
    /// The text as written.
    pub text: String,
    /// The file, relative to the project, if it is not part of the definition.
    pub file: Option<String>,
    /// The place in the definition that holds or names it.
    pub location: Location,
    /// The way to that place.
    pub path: KeyPath,
}

impl SqlText {
    /// The text that stands in a definition.
    pub(in crate::endpoints) fn of_code(code: &Located<String>, kind: Kind) -> Self {
        Self {
            text: code.value.clone(),
            file: None,
            location: code.location.clone(),
            path: KeyPath::root().key(kind.key()).key("source").key("code"),
        }
    }

    /// Takes the text from the definition or its file. `None` after reporting why that is not possible.
    pub(super) fn read(
        source: &SqlSource,
        kind: Kind,
        root: &Path,
        definition: &Path,
        problems: &mut Problems,
    ) -> Option<Self> {
        let path = KeyPath::root().key(kind.key()).key("source");
        match source {
            SqlSource::Code(code) => Some(Self::of_code(code, kind)),
            SqlSource::File(file) => match read_file(file, root, definition) {
                Ok((text, shown_as)) => Some(Self {
                    text,
                    file: Some(shown_as),
                    location: file.location.clone(),
                    path: path.key("file"),
                }),
                Err(message) => file.refuse(problems, message),
            },
        }
    }
}

/// The text of the file and its name relative to the project, or why it cannot be read.
fn read_file(written: &Located<String>, root: &Path, definition: &Path) -> Result<(String, String), String> {
    let meant = resolve(&written.value, root, definition);
    let shown = &written.value;
    let unreadable = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            format!("{shown} does not exist; relative to {}", base(&written.value))
        }
        _ => format!("{shown} cannot be read: {error}"),
    };
    let root = root.canonicalize().map_err(unreadable)?;
    let path = meant.canonicalize().map_err(unreadable)?;
    let inside = path
        .strip_prefix(&root)
        .map_err(|_| format!("{shown} lies outside the project; only files of the project are read"))?;
    let bytes = read_bounded(&path).map_err(unreadable)?;
    if bytes.len() as u64 > MAXIMUM_BYTES {
        return Err(format!(
            "{shown} is longer than the {MAXIMUM_BYTES} bytes that are accepted"
        ));
    }
    let text = String::from_utf8(bytes).map_err(|_| format!("{shown} is not UTF-8"))?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(&text).to_owned();
    let shown_as = inside.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/");
    Ok((text, shown_as))
}

/// A leading `/` is the project, anything else the folder of the definition.
fn resolve(written: &str, root: &Path, definition: &Path) -> PathBuf {
    match written.strip_prefix('/') {
        Some(inside) => root.join(inside.trim_start_matches('/')),
        None => definition.parent().unwrap_or(root).join(written),
    }
}

fn base(written: &str) -> &'static str {
    match written.starts_with('/') {
        true => "the project's folder",
        false => "the definition's folder",
    }
}

/// One byte more than allowed is enough to know that a file is too long.
fn read_bounded(path: &Path) -> std::io::Result<Vec<u8>> {
    // Asked before opening, because opening a named pipe waits for its writer.
    if !fs::metadata(path)?.is_file() {
        return Err(std::io::Error::other("it is not a regular file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?
        .take(MAXIMUM_BYTES + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}
